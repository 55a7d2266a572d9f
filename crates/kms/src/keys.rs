//! Making, showing and ending keys.

use std::borrow::Borrow;

use catalog::{KeyFilter, KeyId, KeyRecord, KeyState, Page, PageRequest, Read, Scope, Timestamp};
use ram::Permit;

use crate::error::{KmsError, Result};
use crate::key_ref::{AliasName, KeyRef};
use crate::kms::Kms;
use crate::permission;
use crate::state::{Action, check};

/// Most characters of a description. Source: `../shared/api/kms.md` 1.
const DESCRIPTION_CHARS_MAX: usize = 8192;

/// Waiting time of a deletion, in days. Source: `../shared/api/kms.md` 1.
const WINDOW_DAYS: std::ops::RangeInclusive<u16> = 7..=366;

/// What to do when images are under a key that is to be disabled or destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfInUse {
    /// Refuse and list them.
    Refuse,
    /// Go on: the user knows.
    Proceed,
}

impl Kms {
    /// One key. Source: KMS `DescribeKey`.
    ///
    /// Errors: `KeyNotFound`, `KeyInOtherRegion`, `KeyDestroyed`, `AliasNotFound`.
    pub async fn describe_key(&self, key: &KeyRef, permit: &Permit, scope: &Scope) -> Result<KeyRecord> {
        find_for(Action::DescribeKey, &mut self.catalog.read(), key, permit, scope, self.clock.now()).await
    }

    /// Keys of an account in a region, oldest first. Source: KMS `ListKeys`.
    pub async fn list_keys(
        &self,
        filter: &KeyFilter,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<KeyRecord>> {
        permission::check(ram::Action::new("kms:ListKeys"), "key", permit, scope)?;
        Ok(self.catalog.read().keys_page(filter, scope, page).await?)
    }

    /// Changes the text for people. Takes no alias.
    ///
    /// Errors: those of [`Kms::describe_key`], `UnsupportedAlias`, `ServiceKey`, `KeyNotUsable`, `InvalidParameter`.
    pub async fn update_key_description(
        &self,
        key: &KeyRef,
        description: &str,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<KeyRecord> {
        check_description(description)?;
        self.change(Action::UpdateKeyDescription, key, IfInUse::Proceed, (permit, scope), |key| {
            description.clone_into(&mut key.description);
        })
        .await
    }

    /// Allows the use of a key. Takes no alias. An enabled key stays as it is.
    ///
    /// Errors: those of [`Kms::describe_key`], `UnsupportedAlias`, `ServiceKey`, `StateModified`.
    pub async fn enable_key(&self, key: &KeyRef, permit: &Permit, scope: &Scope) -> Result<KeyRecord> {
        self.change(Action::EnableKey, key, IfInUse::Proceed, (permit, scope), |key| key.state = KeyState::Enabled)
            .await
    }

    /// Forbids the use of a key. Takes no alias. What is open stays open; nothing under the key can be opened from now on.
    ///
    /// Errors: as [`Kms::enable_key`], and `KeyInUse`.
    pub async fn disable_key(
        &self,
        key: &KeyRef,
        if_in_use: IfInUse,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<KeyRecord> {
        self.change(Action::DisableKey, key, if_in_use, (permit, scope), |key| key.state = KeyState::Disabled).await
    }

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
        check_description(why)?;
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
        let window = std::time::Duration::from_secs(u64::from(window_days) * 24 * 60 * 60);
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
            let mut key = find_for(action, &mut write.read(), key, permit, scope, self.clock.now()).await?;
            let version = write.read().key_version_by_id(key.primary_version).await?;
            let has_material = version.is_some_and(|version| version.material.is_some());
            key.state = if has_material { KeyState::Enabled } else { KeyState::PendingImport };
            key.delete_at = None;
            write.key_update(&key).await?;
            Ok(key)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// The key, if it can make data keys now.
    ///
    /// Errors: those of [`Kms::describe_key`]; `KeyNotUsable`.
    pub async fn require_usable(&self, key: &KeyRef, permit: &Permit, scope: &Scope) -> Result<KeyRecord> {
        find_for(Action::GenerateDataKey, &mut self.catalog.read(), key, permit, scope, self.clock.now()).await
    }

    /// Destroys the material of all keys whose waiting time has ended, and removes their aliases. Returns the keys.
    ///
    /// Never happens by itself in this crate: a clock that is wrong for a moment must not destroy keys when somebody lists them.
    pub async fn destroy_due_keys(&self) -> Result<Vec<KeyId>> {
        let now = self.clock.now();
        if self.catalog.read().keys_due(now).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut write = self.change_keys().await?;
        let due = write.read().keys_due(now).await?;
        for &id in &due {
            // A key that vanished between the two queries would be a bug of the catalog; there is nothing left to destroy then.
            let Some(mut key) = write.read().key_by_id(id).await? else { continue };
            key.destroyed_at = Some(now);
            write.key_versions_destroy(id).await?;
            write.aliases_delete_of_key(id).await?;
            write.key_update(&key).await?;
        }
        write.finish(Ok::<_, KmsError>(())).await?;
        self.catalog.settle().await?;
        Ok(due)
    }

    /// Load, decide, apply: one change of one key, named by its id.
    async fn change(
        &self,
        action: Action,
        key: &KeyRef,
        if_in_use: IfInUse,
        (permit, scope): (&Permit, &Scope),
        apply: impl FnOnce(&mut KeyRecord),
    ) -> Result<KeyRecord> {
        key.id_for(action)?;
        let mut write = self.change_keys().await?;
        let done = async {
            let mut key = find_for(action, &mut write.read(), key, permit, scope, self.clock.now()).await?;
            if action == Action::ScheduleKeyDeletion && key.deletion_protection {
                return Err(KmsError::DeletionProtected { key: key.id });
            }
            if if_in_use == IfInUse::Refuse {
                check_not_in_use(action, &mut write.read(), key.id).await?;
            }
            apply(&mut key);
            write.key_update(&key).await?;
            Ok(key)
        };
        let done = done.await;
        write.finish(done).await
    }
}

/// The key that `key` names, if the permit covers `action` on it, it is in `scope`, and its state at `now` allows `action`.
pub(crate) async fn find_for(
    action: Action,
    read: &mut Read<'_>,
    key: &KeyRef,
    permit: &Permit,
    scope: &Scope,
    now: Timestamp,
) -> Result<KeyRecord> {
    admit(action, locate(read, key, scope).await?, permit, scope, now)
}

/// The key, if the permit covers `action` on it and its state at `now` allows it.
pub(crate) fn admit(
    action: Action,
    mut found: KeyRecord,
    permit: &Permit,
    scope: &Scope,
    now: Timestamp,
) -> Result<KeyRecord> {
    permission::check_key(action, &found, permit, scope)?;
    // Material whose time is over is gone, also before it is destroyed.
    if found.material_expires_at.is_some_and(|at| at <= now) && found.state != KeyState::PendingDeletion {
        found.state = KeyState::PendingImport;
    }
    check(action, &found)?;
    Ok(found)
}

/// The key that `key` names, whoever asks and whatever its state.
///
/// Errors: `KeyNotFound`, `KeyInOtherRegion`, `AliasNotFound`.
async fn locate(read: &mut Read<'_>, key: &KeyRef, scope: &Scope) -> Result<KeyRecord> {
    let id = id_named(read, key, scope).await?;
    in_place(read.key_by_id(id).await?, key, scope)
}

/// The id that `key` stands for.
///
/// Errors: `AliasNotFound`.
pub(crate) async fn id_named(read: &mut Read<'_>, key: &KeyRef, scope: &Scope) -> Result<KeyId> {
    match key {
        KeyRef::Id(id) | KeyRef::Arn(id, _) => Ok(*id),
        KeyRef::Alias(alias) => find_alias(read, alias, scope).await,
    }
}

/// What was found under the id of `key`, if it is where `key` says.
///
/// Errors: `KeyNotFound`, `KeyInOtherRegion`.
pub(crate) fn in_place<K: Borrow<KeyRecord>>(found: Option<K>, key: &KeyRef, scope: &Scope) -> Result<K> {
    let not_found = || KmsError::KeyNotFound { key: key.to_string(), region: scope.region.clone() };
    let found = found.ok_or_else(not_found)?;
    let owner = if let KeyRef::Arn(_, owner) = key { owner } else { scope };
    // Keys of other accounts are named by ARN only. An ARN that names another region than the key's is wrong wherever the key is.
    let KeyRecord { id, scope: at, .. } = found.borrow();
    if at.account != owner.account || matches!(key, KeyRef::Arn(..)) && at != owner {
        return Err(not_found());
    }
    if at.region != scope.region {
        let (found, wanted) = (at.region.clone(), scope.region.clone());
        return Err(KmsError::KeyInOtherRegion { key: *id, found, wanted });
    }
    Ok(found)
}

async fn check_not_in_use(action: Action, read: &mut Read<'_>, key: KeyId) -> Result<()> {
    let Page { items: users, total_count } = read.sealed_images_of_key(key, PageRequest::first()).await?;
    if total_count == 0 { Ok(()) } else { Err(KmsError::KeyInUse { key, action, users, total_count }) }
}

async fn find_alias(read: &mut Read<'_>, alias: &AliasName, scope: &Scope) -> Result<KeyId> {
    let found = read.alias_by_name(alias.as_str(), scope).await?;
    let found = found.map(|found| found.key_id);
    found.ok_or_else(|| KmsError::AliasNotFound { alias: alias.to_string(), region: scope.region.clone() })
}

pub(crate) fn check_description(text: &str) -> Result<()> {
    let chars = text.chars().count();
    if chars > DESCRIPTION_CHARS_MAX {
        return Err(KmsError::InvalidParameter {
            name: "Description",
            found: chars as u64,
            allowed: "at most 8192 characters",
        });
    }
    Ok(())
}
