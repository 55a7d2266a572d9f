//! What disks are encrypted under where a call does not say so: kept for each account and region. Source: ecs-images.md 8.

use catalog::{DiskEncryptionDefault, KeyId, Scope};
use kms::KeyRef;
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

const ENABLE: Action = Action::new("ecs:EnableDiskEncryptionByDefault");
const DISABLE: Action = Action::new("ecs:DisableDiskEncryptionByDefault");
const DESCRIBE_STATUS: Action = Action::new("ecs:DescribeDiskEncryptionByDefaultStatus");
const MODIFY_KEY: Action = Action::new("ecs:ModifyDiskDefaultKMSKeyId");
const DESCRIBE_KEY: Action = Action::new("ecs:DescribeDiskDefaultKMSKeyId");
const RESET_KEY: Action = Action::new("ecs:ResetDiskDefaultKMSKeyId");

impl Ecs {
    /// Switches the default on: with the service key, or the key that was chosen when it was on before.
    ///
    /// Asks for `ecs:EnableDiskEncryptionByDefault` on everything. Errors: `RegionNotFound`, `KmsNotOpened`, `DefaultIsOn`.
    pub async fn enable_default_encryption(&self, permit: &Permit, scope: &Scope) -> Result<()> {
        self.permit_default(permit, ENABLE, scope)?;
        self.require_kms_opened(scope).await?;
        // Made before: it stays useful if what follows fails.
        self.rooms.kms.service_key(scope).await?;
        self.change_default(scope, |default| match default.is_enabled {
            true => Err(EcsError::DefaultIsOn { region: scope.region.clone() }),
            false => Ok(DiskEncryptionDefault { is_enabled: true, ..default }),
        })
        .await
    }

    /// Switches the default off. Disks that are there stay as they are.
    ///
    /// Asks for `ecs:DisableDiskEncryptionByDefault` on everything. Errors: `RegionNotFound`, `DefaultIsOff`.
    pub async fn disable_default_encryption(&self, permit: &Permit, scope: &Scope) -> Result<()> {
        self.permit_default(permit, DISABLE, scope)?;
        self.change_enabled(scope, |default| DiskEncryptionDefault { is_enabled: false, ..default }).await
    }

    /// Whether the default is on.
    ///
    /// Asks for `ecs:DescribeDiskEncryptionByDefaultStatus` on everything. Errors: `RegionNotFound`.
    pub async fn default_encryption(&self, permit: &Permit, scope: &Scope) -> Result<bool> {
        self.permit_default(permit, DESCRIBE_STATUS, scope)?;
        Ok(self.catalog.read().disk_encryption_default(scope).await?.is_enabled)
    }

    /// Chooses a key of the region for the default.
    ///
    /// Asks for `ecs:ModifyDiskDefaultKMSKeyId` on everything. Errors: `RegionNotFound`, `DefaultIsOff`, and those of a key that
    /// images cannot be put under.
    pub async fn choose_default_key(&self, key: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        self.permit_default(permit, MODIFY_KEY, scope)?;
        let key: KeyRef = key.parse()?;
        let facts = self.usable_key(&key, scope).await?;
        let key_id = Some(facts.key.id);
        self.change_enabled(scope, |default| DiskEncryptionDefault { key_id, ..default }).await
    }

    /// The key of the default: the one that was chosen, or the service key. `None` while the default is off.
    ///
    /// Asks for `ecs:DescribeDiskDefaultKMSKeyId` on everything. Errors: `RegionNotFound`.
    pub async fn default_key(&self, permit: &Permit, scope: &Scope) -> Result<Option<KeyId>> {
        self.permit_default(permit, DESCRIBE_KEY, scope)?;
        let default = self.catalog.read().disk_encryption_default(scope).await?;
        match default.key_id {
            _ if !default.is_enabled => Ok(None),
            Some(key) => Ok(Some(key)),
            None => Ok(Some(self.rooms.kms.service_key(scope).await?)),
        }
    }

    /// Goes back to the service key.
    ///
    /// Asks for `ecs:ResetDiskDefaultKMSKeyId` on everything. Errors: `RegionNotFound`, `DefaultIsOff`.
    pub async fn reset_default_key(&self, permit: &Permit, scope: &Scope) -> Result<()> {
        self.permit_default(permit, RESET_KEY, scope)?;
        self.change_enabled(scope, |default| DiskEncryptionDefault { key_id: None, ..default }).await
    }

    fn permit_default(&self, permit: &Permit, action: Action, scope: &Scope) -> Result<()> {
        self.store(&scope.region)?;
        require(permit, action, scope, "*")
    }

    async fn change_enabled(
        &self,
        scope: &Scope,
        change: impl Fn(DiskEncryptionDefault) -> DiskEncryptionDefault,
    ) -> Result<()> {
        self.change_default(scope, |default| match default.is_enabled {
            true => Ok(change(default)),
            false => Err(EcsError::DefaultIsOff { region: scope.region.clone() }),
        })
        .await
    }

    async fn change_default(
        &self,
        scope: &Scope,
        change: impl Fn(DiskEncryptionDefault) -> Result<DiskEncryptionDefault>,
    ) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            let default = change(write.read().disk_encryption_default(scope).await?)?;
            Ok(write.disk_encryption_default_put(default, scope).await?)
        };
        let done = done.await;
        write.finish(done).await
    }
}
