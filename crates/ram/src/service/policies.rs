//! Policies: those of the system, and those that an account wrote. Source: ram.md 2.

use std::fmt;

use catalog::{PolicyRecord, PolicyType, PolicyVersionRecord, Read, Timestamp, Write};

use super::change::{damaged, owner, require};
use super::error::{Conflict, Exceeded, RamError, Result};
use super::limits;
use super::policy_versions::{PolicyVersionInfo, VersionId, find_policy_version};
use super::ram::Ram;
use super::text::TextField;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn, PolicyName, ResourceKind};
use crate::policy::{Action, IdentityPolicy};
use crate::system::SystemPolicy;

const CREATE_POLICY: Action = Action::new("ram:CreatePolicy");
const GET_POLICY: Action = Action::new("ram:GetPolicy");
const DELETE_POLICY: Action = Action::new("ram:DeletePolicy");

/// A policy by its type and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyRef {
    /// `System`: part of the program.
    System(&'static SystemPolicy),
    /// `Custom`: of the caller's account. It need not exist.
    Custom(PolicyName),
}

/// What a new custom policy is like.
#[derive(Debug, Clone)]
pub struct NewPolicy {
    /// Its name.
    pub name: PolicyName,
    /// At most 1,024 characters.
    pub description: String,
    /// An [`IdentityPolicy`] as text; kept as it was written.
    pub document: String,
}

/// A policy without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInfo {
    /// Which.
    pub policy: PolicyRef,
    /// Text for people.
    pub description: String,
    /// The version that counts.
    pub default_version: VersionId,
    /// Number of users, groups and roles of the account that have it.
    pub attachment_count: u64,
    /// When it was made; system policies came with the program.
    pub created_at: Option<Timestamp>,
    /// When its description or default version was last changed.
    pub updated_at: Option<Timestamp>,
}

impl PolicyRef {
    /// The system policy of this name.
    ///
    /// Errors: `SystemPolicyNotFound`.
    pub fn system(name: &PolicyName) -> Result<Self> {
        let found = SystemPolicy::of(name.as_str());
        found.map(Self::System).ok_or_else(|| RamError::SystemPolicyNotFound(name.clone()))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::System(policy) => policy.name,
            Self::Custom(name) => name.as_str(),
        }
    }

    /// `PolicyType` of the API.
    #[must_use]
    pub fn policy_type(&self) -> PolicyType {
        match self {
            Self::System(_) => PolicyType::System,
            Self::Custom(_) => PolicyType::Custom,
        }
    }

    /// What calls about this policy ask for: `acs:ram::<account or system>:policy/<name>`.
    #[must_use]
    pub fn arn(&self, account: AccountId) -> Arn {
        match self {
            Self::System(policy) => Arn::of_system_policy(policy),
            Self::Custom(name) => Arn::of_custom_policy(account, name),
        }
    }

    pub(super) fn stored(&self) -> catalog::PolicyName {
        catalog::PolicyName { policy_type: self.policy_type(), name: self.name().to_owned() }
    }

    /// `None` for a system policy that this version of the program does not have.
    pub(super) fn of_stored(stored: &catalog::PolicyName) -> Result<Option<Self>> {
        match stored.policy_type {
            PolicyType::System => Ok(SystemPolicy::of(&stored.name).map(Self::System)),
            PolicyType::Custom => {
                let name = stored.name.parse().map_err(|_| damaged("policy_name", &stored.name))?;
                Ok(Some(Self::Custom(name)))
            }
        }
    }
}

impl fmt::Display for PolicyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(policy) => write!(f, "system policy {}", policy.name),
            Self::Custom(name) => write!(f, "custom policy {name}"),
        }
    }
}

impl Ram {
    /// Makes a custom policy with the version v1. It counts for nobody yet. Asks for `policy/*`.
    ///
    /// Errors: `TextTooLong`, `MalformedPolicy`, `PolicyExists`, `LimitExceeded` above 1,500 policies.
    pub async fn create_policy(&self, permit: &Permit, new: &NewPolicy) -> Result<PolicyInfo> {
        require(permit, CREATE_POLICY, &Arn::of_any(permit.account(), ResourceKind::Policy))?;
        TextField::Description.check(&new.description)?;
        new.document.parse::<IdentityPolicy>()?;
        let mut change = self.begin().await?;
        let outcome = self.insert_policy(&mut change.write, new, permit.account()).await;
        change.finish(outcome).await
    }

    /// One policy and its default version. Asks for `policy/<name>`.
    ///
    /// Errors: `PolicyNotFound`.
    pub async fn policy(&self, permit: &Permit, policy: &PolicyRef) -> Result<(PolicyInfo, PolicyVersionInfo)> {
        require(permit, GET_POLICY, &policy.arn(permit.account()))?;
        let mut read = self.catalog.read();
        let info = match policy {
            PolicyRef::System(system) => info_of_system(&mut read, system, permit.account()).await?,
            PolicyRef::Custom(name) => {
                let record = find_policy(&mut read, name, permit.account()).await?;
                info_of_custom(&mut read, record).await?
            }
        };
        let version = find_policy_version(&mut read, policy, info.default_version, permit.account()).await?;
        Ok((info, version))
    }

    /// Deletes a custom policy that nobody has and that has only its default version; `cascading` detaches it and deletes its versions
    /// first. Asks for `policy/<name>`.
    ///
    /// Errors: `PolicyNotFound`, `DeleteConflict`.
    pub async fn delete_policy(&self, permit: &Permit, name: &PolicyName, cascading: bool) -> Result<()> {
        require(permit, DELETE_POLICY, &Arn::of_custom_policy(permit.account(), name))?;
        let mut change = self.begin().await?;
        let outcome = remove_policy(&mut change.write, name, permit.account(), cascading).await;
        change.finish(outcome).await
    }

    async fn insert_policy(&self, write: &mut Write, new: &NewPolicy, account: AccountId) -> Result<PolicyInfo> {
        let account = owner(account);
        if write.read().policies_count(&account).await? >= limits::POLICIES {
            return Err(RamError::LimitExceeded { what: Exceeded::Policies, max: limits::POLICIES });
        }
        let now = self.clock.now();
        let record = PolicyRecord {
            account: account.clone(),
            name: new.name.to_string(),
            description: new.description.clone(),
            default_version: VersionId::FIRST.number(),
            created_at: now,
            updated_at: now,
        };
        if !write.policy_insert(&record).await? {
            return Err(RamError::PolicyExists(new.name.clone()));
        }
        let version = PolicyVersionRecord {
            account,
            policy_name: new.name.to_string(),
            version: VersionId::FIRST.number(),
            document: new.document.clone(),
            created_at: now,
        };
        write.policy_version_insert(&version).await?;
        info_of_custom(&mut write.read(), record).await
    }
}

async fn remove_policy(write: &mut Write, name: &PolicyName, account: AccountId, cascading: bool) -> Result<()> {
    let account_name = owner(account);
    find_policy(&mut write.read(), name, account).await?;
    let stored = PolicyRef::Custom(name.clone()).stored();
    let attachments = write.read().attachments_of_policy(&stored, &account_name).await?;
    let versions = write.read().policy_versions_of_policy(name.as_str(), &account_name).await?;
    if !cascading {
        let conflict = |conflict| Err(RamError::DeleteConflict { name: name.to_string(), conflict });
        if let Some(attachment) = attachments.first() {
            return conflict(Conflict::PolicyAttached(attachment.target.kind));
        }
        if versions.len() > 1 {
            return conflict(Conflict::PolicyVersions);
        }
    }
    for attachment in &attachments {
        write.attachment_delete(&stored, &attachment.target).await?;
    }
    write.policy_versions_delete_of_policy(name.as_str(), &account_name).await?;
    write.policy_delete(name.as_str(), &account_name).await?;
    Ok(())
}

/// The custom policy of this name.
pub(super) async fn find_policy(read: &mut Read<'_>, name: &PolicyName, account: AccountId) -> Result<PolicyRecord> {
    let found = read.policy_by_name(name.as_str(), &owner(account)).await?;
    found.ok_or_else(|| RamError::PolicyNotFound(PolicyRef::Custom(name.clone())))
}

pub(super) async fn info_of_custom(read: &mut Read<'_>, record: PolicyRecord) -> Result<PolicyInfo> {
    let name = record.name.parse().map_err(|_| damaged("name", &record.name))?;
    let policy = PolicyRef::Custom(name);
    let attachment_count = read.attachments_of_policy(&policy.stored(), &record.account).await?.len() as u64;
    Ok(PolicyInfo {
        policy,
        description: record.description,
        default_version: VersionId::of_number(record.default_version),
        attachment_count,
        created_at: Some(record.created_at),
        updated_at: Some(record.updated_at),
    })
}

pub(super) async fn info_of_system(
    read: &mut Read<'_>,
    system: &'static SystemPolicy,
    account: AccountId,
) -> Result<PolicyInfo> {
    let policy = PolicyRef::System(system);
    let attachment_count = read.attachments_of_policy(&policy.stored(), &owner(account)).await?.len() as u64;
    Ok(PolicyInfo {
        policy,
        description: system.description.to_owned(),
        default_version: VersionId::FIRST,
        attachment_count,
        created_at: None,
        updated_at: None,
    })
}
