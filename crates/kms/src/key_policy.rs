//! Who may use a key, beside what RAM says. Source: `../shared/api/kms.md` 7.

use catalog::{KeyRecord, Read, Scope, Tag};
use ram::{AccountId, KeyPolicy, Permit};

use crate::action::Action;
use crate::error::{KmsError, Result};
use crate::key_ref::KeyRef;
use crate::keys::find_for;
use crate::kms::Kms;
use crate::tags::tagged;

/// What decides about a right on a key.
#[derive(Debug, Clone)]
pub struct KeyFacts {
    /// The key.
    pub key: KeyRecord,
    /// Its policy.
    pub policy: KeyPolicy,
    /// Its tags, for conditions.
    pub tags: Vec<Tag>,
}

impl KeyFacts {
    pub(crate) async fn read(read: &mut Read<'_>, key: KeyRecord) -> Result<Self> {
        let tags = read.tags_of_resource(&tagged(key.id, &key.scope)).await?;
        Ok(Self { policy: policy_of(&key)?, key, tags })
    }
}

impl Kms {
    /// The policy of a key.
    ///
    /// Errors: those of [`Kms::describe_key`]; `PolicyDamaged`.
    pub async fn key_policy(&self, key: &KeyRef, permit: &Permit, scope: &Scope) -> Result<KeyPolicy> {
        let mut read = self.catalog.read();
        policy_of(&find_for(Action::GetKeyPolicy, &mut read, key, permit, scope, self.clock.now()).await?)
    }

    /// Replaces the policy of a key.
    ///
    /// Errors: those of [`Kms::describe_key`]; `ServiceKey`, `KeyNotUsable`.
    pub async fn set_key_policy(&self, key: &KeyRef, policy: &KeyPolicy, permit: &Permit, scope: &Scope) -> Result<()> {
        let mut write = self.change_keys().await?;
        let done = async {
            let now = self.clock.now();
            let mut key = find_for(Action::SetKeyPolicy, &mut write.read(), key, permit, scope, now).await?;
            key.policy = Some(policy.to_string());
            Ok(write.key_update(&key).await?)
        };
        let done = done.await;
        write.finish(done).await
    }
}

/// The key's own policy, or the one that every key begins with: the account decides.
fn policy_of(key: &KeyRecord) -> Result<KeyPolicy> {
    let damaged = || KmsError::PolicyDamaged { key: key.id };
    match &key.policy {
        Some(text) => text.parse().map_err(|_| damaged()),
        None => {
            let account: AccountId = key.scope.account.as_str().parse().map_err(|_| damaged())?;
            Ok(KeyPolicy::of_account(account))
        }
    }
}
