//! What system policies allow, in Chinese: the API describes them in English, and the same for everybody.

use serde_json::Value;

use crate::language::Language;
use crate::shown::text;

const CHINESE: &[(&str, &str)] = &[
    ("AdministratorAccess", "管理所有资源。"),
    ("ReadOnlyAccess", "只读访问所有资源。"),
    ("AliyunECSFullAccess", "管理云服务器（ECS）。"),
    ("AliyunECSReadOnlyAccess", "只读访问云服务器（ECS）。"),
    ("AliyunECSNetworkInterfaceManagementAccess", "管理云服务器（ECS）的弹性网卡。"),
    ("AliyunKMSFullAccess", "管理并使用密钥管理服务（KMS）。"),
    ("AliyunKMSReadOnlyAccess", "只读访问密钥管理服务（KMS）。"),
    ("AliyunKMSCryptoAccess", "使用 KMS 密钥，但不能管理。"),
    ("AliyunKMSCryptoAdminAccess", "管理 KMS 密钥，但不能使用。"),
    ("AliyunKMSSecretAdminAccess", "管理 KMS 凭据。"),
    ("AliyunRAMFullAccess", "管理访问控制（RAM）。"),
    ("AliyunRAMReadOnlyAccess", "只读查看访问控制（RAM）。"),
    ("AliyunSTSAssumeRoleAccess", "扮演角色。"),
    ("AliyunECSDiskEncryptRolePolicy", "允许 ECS 使用标记为用于磁盘加密的密钥。"),
    ("AliyunECSImageImportRolePolicy", "允许 ECS 读取要导入的镜像文件。"),
    ("AliyunECSImageExportRolePolicy", "允许 ECS 写入导出的镜像文件。"),
];

/// Description of a policy, as the API writes policies.
pub(super) fn description(policy: &Value, language: Language) -> String {
    let known = CHINESE.iter().find(|(name, _)| policy["PolicyName"] == *name);
    match known {
        Some((_, words)) if language == Language::Chinese && policy["PolicyType"] == "System" => (*words).to_owned(),
        _ => text(policy, "Description"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Every system policy has Chinese words; a policy of the account keeps its own in both languages.
    #[test]
    fn system_policies_are_described_in_chinese() {
        for policy in ram::system::SYSTEM_POLICIES {
            let of = |kind| json!({ "PolicyName": policy.name, "PolicyType": kind, "Description": "own" });
            assert_ne!(description(&of("System"), Language::Chinese), "own", "{}", policy.name);
            assert_eq!(description(&of("System"), Language::English), "own");
            assert_eq!(description(&of("Custom"), Language::Chinese), "own");
        }
    }
}
