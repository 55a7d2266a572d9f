//! Who has which policy. Source: ram.md 2.

use std::fmt;

use catalog::{
    Attachment, AttachmentTarget, GroupRecord, PolicyType, Read, RoleRecord, TargetKind, Timestamp, UserRecord, Write,
};

use super::change::{owner, require};
use super::error::{Exceeded, RamError, Result};
use super::groups::find_group;
use super::limits;
use super::policies::{PolicyRef, find_policy};
use super::ram::Ram;
use super::roles::find_role;
use super::users::find_user;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn, GroupName, RoleName, UserName};
use crate::policy::Action;

/// What a policy can be attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A user.
    User(UserName),
    /// A group: all its users have it.
    Group(GroupName),
    /// A role.
    Role(RoleName),
}

/// A policy that somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedPolicyInfo {
    /// Which.
    pub policy: PolicyRef,
    /// Text for people.
    pub description: String,
    /// The version that counts: 3 for `v3`.
    pub default_version: super::VersionId,
    /// Since when.
    pub attached_at: Timestamp,
}

/// Somebody who has a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity<T> {
    /// Who.
    pub record: T,
    /// Since when.
    pub attached_at: Timestamp,
}

/// All who have a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entities {
    /// Users that have it themselves.
    pub users: Vec<Entity<UserRecord>>,
    /// Groups.
    pub groups: Vec<Entity<GroupRecord>>,
    /// Roles.
    pub roles: Vec<Entity<RoleRecord>>,
}

impl Target {
    /// What calls about it ask for: `user/<name>`, `group/<name>`, `role/<name>`.
    #[must_use]
    pub fn arn(&self, account: AccountId) -> Arn {
        match self {
            Self::User(name) => Arn::of_user(account, name),
            Self::Group(name) => Arn::of_group(account, name),
            Self::Role(name) => Arn::of_role(account, name),
        }
    }

    fn attach_action(&self) -> Action {
        match self {
            Self::User(_) => const { Action::new("ram:AttachPolicyToUser") },
            Self::Group(_) => const { Action::new("ram:AttachPolicyToGroup") },
            Self::Role(_) => const { Action::new("ram:AttachPolicyToRole") },
        }
    }

    fn detach_action(&self) -> Action {
        match self {
            Self::User(_) => const { Action::new("ram:DetachPolicyFromUser") },
            Self::Group(_) => const { Action::new("ram:DetachPolicyFromGroup") },
            Self::Role(_) => const { Action::new("ram:DetachPolicyFromRole") },
        }
    }

    pub(super) fn list_action(&self) -> Action {
        match self {
            Self::User(_) => const { Action::new("ram:ListPoliciesForUser") },
            Self::Group(_) => const { Action::new("ram:ListPoliciesForGroup") },
            Self::Role(_) => const { Action::new("ram:ListPoliciesForRole") },
        }
    }

    fn kind(&self) -> TargetKind {
        match self {
            Self::User(_) => TargetKind::User,
            Self::Group(_) => TargetKind::Group,
            Self::Role(_) => TargetKind::Role,
        }
    }

    /// Most policies of one type. Source: ram.md 2, "Limits 2021".
    fn attachments_max(&self, policy_type: PolicyType) -> u64 {
        match (policy_type, self) {
            (PolicyType::System, _) => limits::SYSTEM_ATTACHMENTS,
            (PolicyType::Custom, Self::User(_)) => limits::CUSTOM_ATTACHMENTS_USER,
            (PolicyType::Custom, Self::Group(_) | Self::Role(_)) => limits::CUSTOM_ATTACHMENTS,
        }
    }

    pub(super) async fn find(&self, read: &mut Read<'_>, account: AccountId) -> Result<AttachmentTarget> {
        let id = match self {
            Self::User(name) => find_user(read, name, account).await?.id,
            Self::Group(name) => find_group(read, name, account).await?.id,
            Self::Role(name) => find_role(read, name, account).await?.id,
        };
        Ok(AttachmentTarget { account: owner(account), kind: self.kind(), id })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user {name}"),
            Self::Group(name) => write!(f, "group {name}"),
            Self::Role(name) => write!(f, "role {name}"),
        }
    }
}

impl Ram {
    /// Attaches a policy, which counts from the next request on. Asks for the target and the policy.
    ///
    /// Errors: `UserNotFound`, `GroupNotFound`, `RoleNotFound`, `PolicyNotFound`, `AlreadyAttached`, `LimitExceeded`.
    pub async fn attach_policy(&self, permit: &Permit, policy: &PolicyRef, target: &Target) -> Result<()> {
        require(permit, target.attach_action(), &target.arn(permit.account()))?;
        require(permit, target.attach_action(), &policy.arn(permit.account()))?;
        let mut change = self.begin().await?;
        let outcome = self.insert_attachment(&mut change.write, policy, target, permit.account()).await;
        change.finish(outcome).await
    }

    /// Detaches a policy; it counts no more from the next request on. Asks for the target and the policy.
    ///
    /// Errors: `UserNotFound`, `GroupNotFound`, `RoleNotFound`, `NotAttached`.
    pub async fn detach_policy(&self, permit: &Permit, policy: &PolicyRef, target: &Target) -> Result<()> {
        require(permit, target.detach_action(), &target.arn(permit.account()))?;
        require(permit, target.detach_action(), &policy.arn(permit.account()))?;
        let mut change = self.begin().await?;
        let outcome = async {
            let found = target.find(&mut change.write.read(), permit.account()).await?;
            if change.write.attachment_delete(&policy.stored(), &found).await? {
                return Ok(());
            }
            Err(RamError::NotAttached { policy: policy.clone(), target: target.clone() })
        }
        .await;
        change.finish(outcome).await
    }

    async fn insert_attachment(
        &self,
        write: &mut Write,
        policy: &PolicyRef,
        target: &Target,
        account: AccountId,
    ) -> Result<()> {
        let found = target.find(&mut write.read(), account).await?;
        if let PolicyRef::Custom(name) = policy {
            find_policy(&mut write.read(), name, account).await?;
        }
        let stored = policy.stored();
        let attachments = write.read().attachments_of_target(&found).await?;
        if attachments.iter().any(|attachment| attachment.policy == stored) {
            return Err(RamError::AlreadyAttached { policy: policy.clone(), target: target.clone() });
        }
        let of_type = attachments.iter().filter(|attachment| attachment.policy.policy_type == stored.policy_type);
        let max = target.attachments_max(stored.policy_type);
        if of_type.count() as u64 >= max {
            return Err(RamError::LimitExceeded { what: Exceeded::Attachments(found.kind), max });
        }
        let attachment = Attachment { target: found, policy: stored, attached_at: self.clock.now() };
        write.attachment_insert(&attachment).await?;
        Ok(())
    }
}
