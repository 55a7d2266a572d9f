//! Names of keys. Source: `../shared/api/kms.md` 4.

use catalog::{AliasRecord, KeyId, KeyRecord, Page, PageRequest, Scope, Write};
use ram::Permit;

use crate::action::Action;
use crate::error::{KmsError, Result};
use crate::key_ref::{AliasName, KeyRef};
use crate::keys::find_for;
use crate::kms::Kms;
use crate::permission;

const LIST_ALIASES: ram::Action = ram::Action::new("kms:ListAliases");

impl Kms {
    /// Gives a key of the account a name. `key` is no alias.
    ///
    /// Errors: `MalformedAlias` for a reserved name, `AliasExists`, `UnsupportedAlias`, those of [`Kms::describe_key`],
    /// `ServiceKey`, `StateModified`.
    pub async fn create_alias(&self, alias: &AliasName, key: &KeyRef, permit: &Permit, scope: &Scope) -> Result<()> {
        alias.check_not_reserved()?;
        permission::check(ram::Action::new("kms:CreateAlias"), alias.as_str(), permit, scope)?;
        key.id_for(Action::CreateAlias)?;
        let mut write = self.catalog.write().await?;
        let done = async {
            let key = find_for(Action::CreateAlias, &mut write.read(), key, permit, scope, self.clock.now()).await?;
            check_own(&key, scope)?;
            self.check_room_for_alias(&mut write.read(), scope).await?;
            self.insert_alias(&mut write, alias, key.id, scope).await
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Points a name at another key. `key` is no alias.
    ///
    /// Errors: as [`Kms::create_alias`], with `AliasNotFound` for `AliasExists` and `KeyNotUsable` for `StateModified`.
    pub async fn update_alias(&self, alias: &AliasName, key: &KeyRef, permit: &Permit, scope: &Scope) -> Result<()> {
        alias.check_not_reserved()?;
        permission::check(ram::Action::new("kms:UpdateAlias"), alias.as_str(), permit, scope)?;
        key.id_for(Action::UpdateAlias)?;
        let mut write = self.catalog.write().await?;
        let done = async {
            let key = find_for(Action::UpdateAlias, &mut write.read(), key, permit, scope, self.clock.now()).await?;
            check_own(&key, scope)?;
            let is_there = write.alias_update(alias.as_str(), key.id, scope).await?;
            if is_there { Ok(()) } else { Err(not_found(alias, scope)) }
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Removes a name, whatever the state of its key. Needs the right on both.
    ///
    /// Errors: `MalformedAlias` for a reserved name, `AliasNotFound`, `NotPermitted`.
    pub async fn delete_alias(&self, alias: &AliasName, permit: &Permit, scope: &Scope) -> Result<()> {
        alias.check_not_reserved()?;
        permission::check(ram::Action::new("kms:DeleteAlias"), alias.as_str(), permit, scope)?;
        let mut write = self.catalog.write().await?;
        let done = async {
            let key = KeyRef::Alias(alias.clone());
            find_for(Action::DeleteAlias, &mut write.read(), &key, permit, scope, self.clock.now()).await?;
            let is_there = write.alias_delete(alias.as_str(), scope).await?;
            if is_there { Ok(()) } else { Err(not_found(alias, scope)) }
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Names of an account in a region, in the order of their bytes, those of services among them.
    ///
    /// Errors: `NotPermitted`.
    pub async fn list_aliases(&self, page: PageRequest, permit: &Permit, scope: &Scope) -> Result<Page<AliasRecord>> {
        permission::check(LIST_ALIASES, "alias", permit, scope)?;
        Ok(self.catalog.read().aliases_page(scope, page).await?)
    }

    /// The first name of each of these keys that has one. `keys`: at most 100.
    ///
    /// Errors: `NotPermitted`.
    pub async fn first_aliases(
        &self,
        keys: &[KeyId],
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<AliasRecord>> {
        permission::check(LIST_ALIASES, "alias", permit, scope)?;
        let ids: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        Ok(page.of(self.catalog.read().first_aliases(&ids, scope).await?))
    }

    /// Names of one key.
    ///
    /// Errors: those of [`Kms::describe_key`].
    pub async fn list_aliases_by_key(
        &self,
        key: &KeyRef,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<AliasRecord>> {
        let mut read = self.catalog.read();
        let key = find_for(Action::ListAliasesByKeyId, &mut read, key, permit, scope, self.clock.now()).await?;
        Ok(read.aliases_page_of_key(key.id, page).await?)
    }

    pub(crate) async fn insert_alias(
        &self,
        write: &mut Write,
        alias: &AliasName,
        key_id: KeyId,
        scope: &Scope,
    ) -> Result<()> {
        let name = alias.as_str().to_owned();
        let record = AliasRecord { scope: scope.clone(), name, key_id, created_at: self.clock.now() };
        if write.alias_insert(&record).await? {
            return Ok(());
        }
        let taken = write.read().alias_by_name(alias.as_str(), scope).await?;
        let key = taken.map_or(key_id, |taken| taken.key_id);
        Err(KmsError::AliasExists { alias: alias.to_string(), key })
    }
}

/// A name is looked up in one account, so it stands for a key of that account.
fn check_own(key: &KeyRecord, scope: &Scope) -> Result<()> {
    if key.scope.account == scope.account {
        return Ok(());
    }
    Err(KmsError::KeyNotFound { key: key.id.to_string(), region: scope.region.clone() })
}

fn not_found(alias: &AliasName, scope: &Scope) -> KmsError {
    KmsError::AliasNotFound { alias: alias.to_string(), region: scope.region.clone() }
}
