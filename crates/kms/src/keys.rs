//! Showing keys, turning them on and off, and finding the key of a call.

use std::borrow::Borrow;

use catalog::{KeyFilter, KeyId, KeyRecord, KeyState, Page, PageRequest, Read, Scope, Timestamp};
use ram::Permit;

use crate::action::Action;
use crate::error::{KmsError, Result};
use crate::key_ref::{AliasName, KeyRef};
use crate::kms::Kms;
use crate::permission;
use crate::state::check;

/// Most characters of a description. Source: `../shared/api/kms.md` 1.
const DESCRIPTION_CHARS_MAX: usize = 8192;

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

    /// Several keys, in the order of their names here. Ours: what shows a list asks once.
    ///
    /// Errors: those of [`Kms::describe_key`], of the first that is refused.
    pub async fn describe_keys(&self, keys: &[KeyRef], permit: &Permit, scope: &Scope) -> Result<Vec<KeyRecord>> {
        let mut described = Vec::with_capacity(keys.len());
        for key in keys {
            described.push(self.find_to_use(Action::DescribeKey, key, permit, scope).await?);
        }
        Ok(described)
    }

    /// Keys of an account in a region, oldest first. Source: KMS `ListKeys`.
    ///
    /// A key whose imported material has expired is listed, and found by a filter, in its earlier state until
    /// [`Kms::expire_due_material`] has been there; every other call knows it at once.
    ///
    /// Errors: `NotPermitted`.
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
        check_description("Description", description)?;
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

    /// The key, if it can make data keys now.
    ///
    /// Errors: those of [`Kms::describe_key`]; `KeyNotUsable`.
    pub async fn require_usable(&self, key: &KeyRef, permit: &Permit, scope: &Scope) -> Result<KeyRecord> {
        find_for(Action::GenerateDataKey, &mut self.catalog.read(), key, permit, scope, self.clock.now()).await
    }

    /// Load, decide, apply: one change of one key, named by its id.
    pub(crate) async fn change(
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
            let now = self.clock.now();
            let mut key = find_for(action, &mut write.read(), key, permit, scope, now).await?;
            if action == Action::ScheduleKeyDeletion && key.deletion_protection {
                return Err(KmsError::DeletionProtected { key: key.id });
            }
            if if_in_use == IfInUse::Refuse {
                check_not_in_use(action, &mut write.read(), key.id).await?;
            }
            apply(&mut key);
            write.key_update(&key).await?;
            if action == Action::ScheduleKeyDeletion {
                // From now on it costs nothing.
                write.key_wait_begin(key.id, now).await?;
            }
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

/// `key`, if the permit covers `action` on it, and its state at `now` allows `action`.
pub(crate) fn admit(
    action: Action,
    mut key: KeyRecord,
    permit: &Permit,
    scope: &Scope,
    now: Timestamp,
) -> Result<KeyRecord> {
    permission::check_key(action, &key, permit, scope)?;
    if is_expired(&key, now) && key.state != KeyState::PendingDeletion {
        key.state = KeyState::PendingImport;
    }
    check(action, &key)?;
    Ok(key)
}

/// Whether the time of imported material is over: it is gone then, also before it is destroyed.
pub(crate) fn is_expired(key: &KeyRecord, now: Timestamp) -> bool {
    key.material_expires_at.is_some_and(|at| at <= now)
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
    let at = &found.borrow().scope;
    // Keys of other accounts are named by ARN only. An ARN that names another region than the key's is wrong wherever the key is.
    if at.account != owner.account || matches!(key, KeyRef::Arn(..)) && at != owner {
        return Err(not_found());
    }
    check_region(found.borrow(), scope)?;
    Ok(found)
}

/// Whether `key` is in the region of `scope`. Of a key of another account it is not told where it is.
///
/// Errors: `KeyInOtherRegion`, `KeyNotFound`.
pub(crate) fn check_region(key: &KeyRecord, scope: &Scope) -> Result<()> {
    let wanted = scope.region.clone();
    if key.scope.region == wanted {
        return Ok(());
    }
    if key.scope.account != scope.account {
        return Err(KmsError::KeyNotFound { key: key.id.to_string(), region: wanted });
    }
    Err(KmsError::KeyInOtherRegion { key: key.id, found: key.scope.region.clone(), wanted })
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

/// `name`: of the parameter.
pub(crate) fn check_description(name: &'static str, text: &str) -> Result<()> {
    let chars = text.chars().count();
    if chars > DESCRIPTION_CHARS_MAX {
        return Err(KmsError::InvalidParameter { name, found: chars as u64, allowed: "at most 8192 characters" });
    }
    Ok(())
}
