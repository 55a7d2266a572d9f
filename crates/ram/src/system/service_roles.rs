//! Roles of services: what a service may do in an account that lets it. Source: ram.md 6.
//!
//! The two roles for shared encrypted images are not here: they trust another account, which is known only when they are made,
//! and Reseal refuses to share encrypted images.

/// A role that a service assumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceRole {
    /// `RoleName`.
    pub name: &'static str,
    /// `Description`.
    pub description: &'static str,
    /// `AssumeRolePolicyDocument`: a [`TrustPolicy`](crate::TrustPolicy).
    pub trust: &'static str,
    /// The one system policy that is attached to it.
    pub policy: &'static str,
}

impl ServiceRole {
    /// The service role of this name. Names are exact.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Self> {
        SERVICE_ROLES.iter().find(|role| role.name == name)
    }
}

const TRUSTS_ECS: &str = r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["ecs.aliyuncs.com"]}}],"Version":"1"}"#;

/// The role that must exist before ECS may use a key of a user.
pub const DISK_ENCRYPT_ROLE: ServiceRole = ServiceRole {
    name: "AliyunECSDiskEncryptDefaultRole",
    description: "ECS will use this role to access your resources in other services.",
    trust: TRUSTS_ECS,
    policy: "AliyunECSDiskEncryptRolePolicy",
};

/// All roles of services.
pub const SERVICE_ROLES: &[ServiceRole] = &[
    DISK_ENCRYPT_ROLE,
    ServiceRole {
        name: "AliyunECSImageImportDefaultRole",
        description: "ECS will use this role to read the objects that images are imported from.",
        trust: TRUSTS_ECS,
        policy: "AliyunECSImageImportRolePolicy",
    },
    ServiceRole {
        name: "AliyunECSImageExportDefaultRole",
        description: "ECS will use this role to write the objects that images are exported to.",
        trust: TRUSTS_ECS,
        policy: "AliyunECSImageExportRolePolicy",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemPolicy;
    use crate::{RoleName, TrustPolicy};

    /// Every role has a name, a trust policy and a system policy that exist.
    #[test]
    fn every_service_role_is_complete() {
        for role in SERVICE_ROLES {
            assert!(role.name.parse::<RoleName>().is_ok());
            assert!(role.trust.parse::<TrustPolicy>().is_ok(), "{}", role.name);
            assert!(SystemPolicy::of(role.policy).is_some(), "{}", role.policy);
            assert_eq!(ServiceRole::of(role.name), Some(role));
        }
    }
}
