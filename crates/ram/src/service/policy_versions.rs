//! Versions of policies: up to five texts, of which the default one counts. Source: ram.md 2.

use std::fmt;
use std::str::FromStr;

use catalog::{PolicyRecord, PolicyVersionRecord, Read, Timestamp, Write};

use super::change::{owner, require};
use super::error::{Conflict, Exceeded, RamError, Result};
use super::limits;
use super::policies::{PolicyRef, find_policy};
use super::ram::Ram;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn, PolicyName};
use crate::policy::{Action, IdentityPolicy};

const CREATE_POLICY_VERSION: Action = Action::new("ram:CreatePolicyVersion");
const GET_POLICY_VERSION: Action = Action::new("ram:GetPolicyVersion");
const LIST_POLICY_VERSIONS: Action = Action::new("ram:ListPolicyVersions");
const SET_DEFAULT_POLICY_VERSION: Action = Action::new("ram:SetDefaultPolicyVersion");
const DELETE_POLICY_VERSION: Action = Action::new("ram:DeletePolicyVersion");

/// `VersionId`: `v1`, `v2` and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(u32);

/// Text that is not the id of a policy version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the version of a policy is written like v1")]
pub struct InvalidVersionId;

/// What a new version is like.
#[derive(Debug, Clone)]
pub struct NewPolicyVersion {
    /// The custom policy.
    pub policy: PolicyName,
    /// An [`IdentityPolicy`] as text; kept as it was written.
    pub document: String,
    /// Whether it counts from now on.
    pub set_as_default: bool,
    /// What to do about a sixth version.
    pub rotate: RotateStrategy,
}

/// `RotateStrategy` of CreatePolicyVersion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RotateStrategy {
    /// Refuse it.
    #[default]
    None,
    /// Delete the oldest version that is not the default one.
    DeleteOldestNonDefaultVersionWhenLimitExceeded,
}

/// One text of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersionInfo {
    /// Which.
    pub id: VersionId,
    /// Whether it counts.
    pub is_default: bool,
    /// As it was written.
    pub document: String,
    /// When it was made; system policies came with the program.
    pub created_at: Option<Timestamp>,
}

impl VersionId {
    /// `v1`.
    pub const FIRST: Self = Self(1);

    pub(super) fn of_number(number: u32) -> Self {
        Self(number)
    }

    pub(super) fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl FromStr for VersionId {
    type Err = InvalidVersionId;

    fn from_str(text: &str) -> std::result::Result<Self, InvalidVersionId> {
        let digits = text.strip_prefix('v').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.filter(|digits| !digits.starts_with('0')).and_then(|digits| digits.parse().ok());
        number.map(Self).ok_or(InvalidVersionId)
    }
}

impl PolicyVersionInfo {
    fn of(record: PolicyVersionRecord, default_version: u32) -> Self {
        Self {
            id: VersionId(record.version),
            is_default: record.version == default_version,
            document: record.document,
            created_at: Some(record.created_at),
        }
    }
}

impl Ram {
    /// Adds a version to a custom policy. Asks for `policy/<name>`.
    ///
    /// Errors: `MalformedPolicy`, `PolicyNotFound`, `LimitExceeded` for a sixth version.
    pub async fn create_policy_version(&self, permit: &Permit, new: &NewPolicyVersion) -> Result<PolicyVersionInfo> {
        require(permit, CREATE_POLICY_VERSION, &Arn::of_custom_policy(permit.account(), &new.policy))?;
        new.document.parse::<IdentityPolicy>()?;
        let mut change = self.begin().await?;
        let outcome = self.insert_policy_version(&mut change.write, new, permit.account()).await;
        change.finish(outcome).await
    }

    /// One version. Asks for `policy/<name>`.
    ///
    /// Errors: `PolicyNotFound`, `PolicyVersionNotFound`.
    pub async fn policy_version(
        &self,
        permit: &Permit,
        policy: &PolicyRef,
        version: VersionId,
    ) -> Result<PolicyVersionInfo> {
        require(permit, GET_POLICY_VERSION, &policy.arn(permit.account()))?;
        find_policy_version(&mut self.catalog.read(), policy, version, permit.account()).await
    }

    /// The versions of a policy, oldest first. Asks for `policy/<name>`.
    ///
    /// Errors: `PolicyNotFound`.
    pub async fn list_policy_versions(&self, permit: &Permit, policy: &PolicyRef) -> Result<Vec<PolicyVersionInfo>> {
        require(permit, LIST_POLICY_VERSIONS, &policy.arn(permit.account()))?;
        let mut read = self.catalog.read();
        let PolicyRef::Custom(name) = policy else {
            return Ok(vec![find_policy_version(&mut read, policy, VersionId::FIRST, permit.account()).await?]);
        };
        let default_version = find_policy(&mut read, name, permit.account()).await?.default_version;
        let versions = read.policy_versions_of_policy(name.as_str(), &owner(permit.account())).await?;
        Ok(versions.into_iter().map(|version| PolicyVersionInfo::of(version, default_version)).collect())
    }

    /// Makes a version count, from the next request on. Asks for `policy/<name>`.
    ///
    /// Errors: `PolicyNotFound`, `PolicyVersionNotFound`.
    pub async fn set_default_policy_version(
        &self,
        permit: &Permit,
        name: &PolicyName,
        version: VersionId,
    ) -> Result<()> {
        require(permit, SET_DEFAULT_POLICY_VERSION, &Arn::of_custom_policy(permit.account(), name))?;
        let mut change = self.begin().await?;
        let outcome = async {
            let policy = find_policy(&mut change.write.read(), name, permit.account()).await?;
            find_version(&mut change.write.read(), &policy, name, version).await?;
            let policy = PolicyRecord { default_version: version.number(), updated_at: self.clock.now(), ..policy };
            change.write.policy_update(&policy).await?;
            Ok(())
        }
        .await;
        change.finish(outcome).await
    }

    /// Deletes a version that is not the default one. Asks for `policy/<name>`.
    ///
    /// Errors: `PolicyNotFound`, `PolicyVersionNotFound`, `DeleteConflict`.
    pub async fn delete_policy_version(&self, permit: &Permit, name: &PolicyName, version: VersionId) -> Result<()> {
        require(permit, DELETE_POLICY_VERSION, &Arn::of_custom_policy(permit.account(), name))?;
        let mut change = self.begin().await?;
        let outcome = async {
            let policy = find_policy(&mut change.write.read(), name, permit.account()).await?;
            find_version(&mut change.write.read(), &policy, name, version).await?;
            if policy.default_version == version.number() {
                let name = format!("{name} {version}");
                return Err(RamError::DeleteConflict { name, conflict: Conflict::DefaultVersion });
            }
            change.write.policy_version_delete(version.number(), name.as_str(), &policy.account).await?;
            Ok(())
        }
        .await;
        change.finish(outcome).await
    }

    async fn insert_policy_version(
        &self,
        write: &mut Write,
        new: &NewPolicyVersion,
        account: AccountId,
    ) -> Result<PolicyVersionInfo> {
        let name = new.policy.as_str();
        let policy = find_policy(&mut write.read(), &new.policy, account).await?;
        let versions = write.read().policy_versions_of_policy(name, &policy.account).await?;
        if let Some(oldest) = version_in_the_way(&versions, policy.default_version, new.rotate)? {
            write.policy_version_delete(oldest, name, &policy.account).await?;
        }
        let now = self.clock.now();
        let last = versions.last().map_or(0, |version| version.version);
        let version = PolicyVersionRecord {
            account: policy.account.clone(),
            policy_name: name.to_owned(),
            version: last.saturating_add(1),
            document: new.document.clone(),
            created_at: now,
        };
        write.policy_version_insert(&version).await?;
        let default_version = if new.set_as_default { version.version } else { policy.default_version };
        write.policy_update(&PolicyRecord { default_version, updated_at: now, ..policy }).await?;
        Ok(PolicyVersionInfo::of(version, default_version))
    }
}

/// One version of a policy; system policies have the first only.
pub(super) async fn find_policy_version(
    read: &mut Read<'_>,
    policy: &PolicyRef,
    version: VersionId,
    account: AccountId,
) -> Result<PolicyVersionInfo> {
    match policy {
        PolicyRef::Custom(name) => {
            let policy = find_policy(read, name, account).await?;
            let found = find_version(read, &policy, name, version).await?;
            Ok(PolicyVersionInfo::of(found, policy.default_version))
        }
        PolicyRef::System(system) if version == VersionId::FIRST => Ok(PolicyVersionInfo {
            id: VersionId::FIRST,
            is_default: true,
            document: system.document.to_owned(),
            created_at: None,
        }),
        PolicyRef::System(_) => Err(RamError::PolicyVersionNotFound { policy: policy.clone(), version }),
    }
}

/// The version that has to go before another one comes.
fn version_in_the_way(
    versions: &[PolicyVersionRecord],
    default_version: u32,
    rotate: RotateStrategy,
) -> Result<Option<u32>> {
    if (versions.len() as u64) < limits::POLICY_VERSIONS {
        return Ok(None);
    }
    match rotate {
        RotateStrategy::None => {
            Err(RamError::LimitExceeded { what: Exceeded::PolicyVersions, max: limits::POLICY_VERSIONS })
        }
        RotateStrategy::DeleteOldestNonDefaultVersionWhenLimitExceeded => {
            Ok(versions.iter().map(|version| version.version).find(|version| *version != default_version))
        }
    }
}

async fn find_version(
    read: &mut Read<'_>,
    policy: &PolicyRecord,
    name: &PolicyName,
    version: VersionId,
) -> Result<PolicyVersionRecord> {
    let found = read.policy_version_by_number(version.number(), name.as_str(), &policy.account).await?;
    found.ok_or_else(|| RamError::PolicyVersionNotFound { policy: PolicyRef::Custom(name.clone()), version })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version ids have one form.
    #[test]
    fn version_ids_are_v_and_a_number() {
        for good in ["v1", "v12", "v4294967295"] {
            assert_eq!(good.parse::<VersionId>().unwrap().to_string(), good);
        }
        for bad in ["", "v", "1", "v0", "v01", "V1", "v-1", "v+1", "v1 ", "v4294967296"] {
            assert_eq!(bad.parse::<VersionId>(), Err(InvalidVersionId), "{bad}");
        }
    }
}
