//! System policies. Names: ram.md 8.
//!
//! Their texts are not published in our sources. Known is that `…FullAccess` is `<service>:*` on everything and `…ReadOnlyAccess`
//! is `List*`, `Describe*` and `Get*`; the others are ours, made from their names and the actions that Reseal has.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::policy::IdentityPolicy;

/// A policy that every account may attach and none may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemPolicy {
    /// `PolicyName`.
    pub name: &'static str,
    /// `Description`.
    pub description: &'static str,
    /// `PolicyDocument`: an [`IdentityPolicy`](crate::IdentityPolicy).
    pub document: &'static str,
}

impl SystemPolicy {
    /// The system policy of this name. Names are exact.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Self> {
        SYSTEM_POLICIES.iter().find(|policy| policy.name == name)
    }

    /// The document of the system policy of this name, read once for all who have the policy.
    pub(crate) fn document_of(name: &str) -> Option<Arc<IdentityPolicy>> {
        static DOCUMENTS: LazyLock<BTreeMap<&str, Arc<IdentityPolicy>>> = LazyLock::new(|| {
            let read = |text: &str| text.parse().expect("a test reads every system policy");
            SYSTEM_POLICIES.iter().map(|policy| (policy.name, Arc::new(read(policy.document)))).collect()
        });
        DOCUMENTS.get(name).cloned()
    }
}

/// One statement that allows these actions, written as JSON, on everything.
macro_rules! allow {
    ($actions:literal) => {
        concat!(r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"#, $actions, r#","Resource":"*"}]}"#)
    };
}

const fn policy(name: &'static str, description: &'static str, document: &'static str) -> SystemPolicy {
    SystemPolicy { name, description, document }
}

/// All system policies.
pub const SYSTEM_POLICIES: &[SystemPolicy] = &[
    policy("AdministratorAccess", "Manages everything.", allow!(r#""*""#)),
    policy("ReadOnlyAccess", "Reads everything.", allow!(r#"["*:List*","*:Describe*","*:Get*"]"#)),
    policy("AliyunECSFullAccess", "Manages ECS.", allow!(r#""ecs:*""#)),
    policy("AliyunECSReadOnlyAccess", "Reads ECS.", allow!(r#"["ecs:List*","ecs:Describe*","ecs:Get*"]"#)),
    policy(
        "AliyunECSNetworkInterfaceManagementAccess",
        "Manages network interfaces of ECS.",
        allow!(r#""ecs:*NetworkInterface*""#),
    ),
    policy("AliyunKMSFullAccess", "Manages and uses KMS.", allow!(r#""kms:*""#)),
    policy("AliyunKMSReadOnlyAccess", "Reads KMS.", allow!(r#"["kms:List*","kms:Describe*","kms:Get*"]"#)),
    policy("AliyunKMSCryptoAccess", "Uses keys of KMS, and does not manage them.", CRYPTO),
    policy("AliyunKMSCryptoAdminAccess", "Manages keys of KMS, and does not use them.", CRYPTO_ADMIN),
    // Reseal has no secrets of KMS. The policy is there because scripts attach it.
    policy(
        "AliyunKMSSecretAdminAccess",
        "Manages secrets of KMS.",
        allow!(r#"["kms:*Secret*","kms:GetRandomPassword"]"#),
    ),
    policy("AliyunRAMFullAccess", "Manages RAM.", allow!(r#""ram:*""#)),
    policy("AliyunRAMReadOnlyAccess", "Reads RAM.", allow!(r#"["ram:List*","ram:Describe*","ram:Get*"]"#)),
    policy("AliyunSTSAssumeRoleAccess", "Assumes roles.", allow!(r#""sts:AssumeRole""#)),
    policy(
        "AliyunECSDiskEncryptRolePolicy",
        "Lets ECS use the keys that are tagged for disk encryption.",
        DISK_ENCRYPT,
    ),
    policy(
        "AliyunECSImageImportRolePolicy",
        "Lets ECS read the objects that images are imported from.",
        allow!(r#"["oss:GetObject","oss:GetBucketLocation","oss:GetBucketInfo"]"#),
    ),
    policy(
        "AliyunECSImageExportRolePolicy",
        "Lets ECS write the objects that images are exported to.",
        allow!(
            r#"["oss:GetObject","oss:PutObject","oss:DeleteObject","oss:GetBucketLocation","oss:GetBucketInfo","oss:AbortMultipartUpload","oss:ListMultipartUploads","oss:ListParts"]"#
        ),
    ),
];

const CRYPTO: &str = allow!(
    r#"["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey","kms:GenerateDataKeyWithoutPlaintext","kms:ExportDataKey","kms:GenerateAndExportDataKey","kms:AsymmetricEncrypt","kms:AsymmetricDecrypt","kms:AsymmetricSign","kms:AsymmetricVerify","kms:GetPublicKey","kms:DescribeKey","kms:ListKeys"]"#
);

const CRYPTO_ADMIN: &str = allow!(
    r#"["kms:CreateKey","kms:EnableKey","kms:DisableKey","kms:UpdateKeyDescription","kms:ScheduleKeyDeletion","kms:CancelKeyDeletion","kms:SetDeletionProtection","kms:CreateKeyVersion","kms:UpdateRotationPolicy","kms:CreateAlias","kms:UpdateAlias","kms:DeleteAlias","kms:GetParametersForImport","kms:ImportKeyMaterial","kms:DeleteKeyMaterial","kms:TagResource","kms:UntagResource","kms:TagResources","kms:UntagResources","kms:GetKeyPolicy","kms:SetKeyPolicy","kms:GetPublicKey","kms:List*","kms:Describe*"]"#
);

/// The text is unknown; this follows the sister policies that ram.md 6 describes. Without the tag, the role may not use a key.
const DISK_ENCRYPT: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["kms:List*","kms:DescribeKey","kms:TagResource","kms:UntagResource"],"Resource":"acs:kms:*:*:*"},{"Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt","kms:GenerateDataKey"],"Resource":"acs:kms:*:*:*","Condition":{"StringEqualsIgnoreCase":{"kms:tag/acs:ecs:disk-encryption":"true"}}}]}"#;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names of ram.md 8 are all there, once, with documents that the parser takes.
    #[test]
    fn every_system_policy_is_a_policy() {
        let names: BTreeSet<&str> = SYSTEM_POLICIES.iter().map(|policy| policy.name).collect();
        assert_eq!((SYSTEM_POLICIES.len(), names.len()), (16, 16));
        for policy in SYSTEM_POLICIES {
            let parsed = policy.document.parse::<IdentityPolicy>();
            assert!(parsed.is_ok(), "{}: {}", policy.name, parsed.unwrap_err());
            assert!(policy.name.parse::<crate::PolicyName>().is_ok());
            assert_eq!(SystemPolicy::of(policy.name), Some(policy));
            assert_eq!(SystemPolicy::document_of(policy.name).as_deref(), parsed.ok().as_ref());
        }
        assert_eq!(SystemPolicy::of("administratoraccess"), None);
        assert_eq!(SystemPolicy::document_of("administratoraccess"), None);
    }
}
