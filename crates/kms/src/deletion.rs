//! The end of a key. Source: `../shared/api/kms.md` 1 and 2.

use std::time::Duration;

use catalog::{KeyId, KeyRecord, KeyState, Scope, Timestamp, Write};
use ram::Permit;

use crate::action::Action;
use crate::error::{KmsError, Result};
use crate::key_ref::KeyRef;
use crate::keys::{IfInUse, check_description, find_for, is_expired};
use crate::kms::Kms;
use crate::tags::tagged;

/// Waiting time of a deletion, in days. Source: `../shared/api/kms.md` 1.
const WINDOW_DAYS: std::ops::RangeInclusive<u16> = 7..=366;

impl Kms {
    /// Forbids (`true`) or allows to schedule a deletion; `why`: text for people. Takes no alias.
    ///
    /// Errors: as [`Kms::enable_key`].
    pub async fn set_deletion_protection(
        &self,
        key: &KeyRef,
        protected: bool,
        why: &str,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<KeyRecord> {
        check_description("DeletionProtectionDescription", why)?;
        self.change(Action::SetDeletionProtection, key, IfInUse::Proceed, (permit, scope), |key| {
            key.deletion_protection = protected;
            why.clone_into(&mut key.deletion_protection_description);
        })
        .await
    }

    /// Has a key destroyed after `window_days` days (7..=366); until then it cannot be used. Takes no alias.
    ///
    /// Errors: as [`Kms::enable_key`], and `InvalidParameter`, `DeletionProtected`, `KeyInUse`.
    pub async fn schedule_key_deletion(
        &self,
        key: &KeyRef,
        window_days: u16,
        if_in_use: IfInUse,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<KeyRecord> {
        if !WINDOW_DAYS.contains(&window_days) {
            return Err(KmsError::InvalidParameter {
                name: "PendingWindowInDays",
                found: window_days.into(),
                allowed: "7 to 366 days",
            });
        }
        let window = Duration::from_secs(u64::from(window_days) * 24 * 60 * 60);
        let delete_at = self.clock.now().saturating_add(window).expect("a duration has no calendar units");
        self.change(Action::ScheduleKeyDeletion, key, if_in_use, (permit, scope), |key| {
            key.state = KeyState::PendingDeletion;
            key.delete_at = Some(delete_at);
        })
        .await
    }

    /// Calls a deletion off; the key is enabled again, or waits for material that was deleted meanwhile. Works until the material is
    /// destroyed, even after the date. Takes no alias.
    ///
    /// Errors: as [`Kms::enable_key`].
    pub async fn cancel_key_deletion(&self, key: &KeyRef, permit: &Permit, scope: &Scope) -> Result<KeyRecord> {
        let action = Action::CancelKeyDeletion;
        key.id_for(action)?;
        let mut write = self.change_keys().await?;
        let done = async {
            let now = self.clock.now();
            let mut key = find_for(action, &mut write.read(), key, permit, scope, now).await?;
            let version = write.read().key_version_by_id(key.primary_version).await?;
            let has_material = version.is_some_and(|version| version.material.is_some()) && !is_expired(&key, now);
            key.state = if has_material { KeyState::Enabled } else { KeyState::PendingImport };
            key.delete_at = None;
            write.key_update(&key).await?;
            // It costs something again.
            write.key_wait_end(key.id, now).await?;
            Ok(key)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Destroys the material of all keys whose waiting time has ended, all versions, with whatever could unwrap it again, and removes
    /// their aliases and tags. Returns the keys, at most 1,000; the next call does the rest.
    ///
    /// Never happens by itself in this crate: a clock that is wrong for a moment must not destroy keys when somebody lists them.
    ///
    /// Errors: `Catalog`; no key is destroyed then.
    pub async fn destroy_due_keys(&self) -> Result<Vec<KeyId>> {
        let now = self.clock.now();
        if self.catalog.read().keys_due(now).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut write = self.change_keys().await?;
        let done = async {
            let due = write.read().keys_due(now).await?;
            write.unsettle().await?;
            for &id in &due {
                // A key that vanished between the two queries would be a bug of the catalog; there is nothing left to destroy then.
                if let Some(key) = write.read().key_by_id(id).await? {
                    destroy(&mut write, key, now).await?;
                }
            }
            Ok::<_, KmsError>(due)
        };
        let done = done.await;
        let destroyed = write.finish(done).await?;
        self.catalog.settle().await?;
        Ok(destroyed)
    }

    /// Overwrites destroyed material that could not be overwritten at once, because somebody read the log of the catalog for long. Returns
    /// whether nothing is left.
    ///
    /// Errors: `Catalog`.
    pub async fn settle(&self) -> Result<bool> {
        Ok(self.catalog.settle().await?)
    }
}

/// The record stays, so that files under the key can be told why they are lost.
async fn destroy(write: &mut Write, mut key: KeyRecord, now: Timestamp) -> Result<()> {
    write.key_versions_destroy(key.id).await?;
    // Whoever kept the wrapped material could unwrap it with these.
    write.import_tokens_delete_of_key(key.id).await?;
    write.aliases_delete_of_key(key.id).await?;
    write.tags_delete_of_resource(&tagged(key.id, &key.scope)).await?;
    key.destroyed_at = Some(now);
    Ok(write.key_update(&key).await?)
}
