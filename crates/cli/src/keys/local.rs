//! Keys in the data directory.

use anyhow::Result;
use crypto::asymmetric::WrappingAlgorithm;
use kms::{
    AliasName, IfInUse, KeyFilter, KeyRecord, KeyRef, KeySpec, KeyVersionRecord, Material, NewKey, Page, PageRequest,
    RotationInterval,
};

use super::{ImageView, KeyView, Keys, VersionView, WrappedMaterial, WrappingParameters};
use crate::args::InRegion;
use crate::output;
use crate::store::{OpenStore, ServerLock, Store};

/// Rows that are asked for at once.
const PAGE_ROWS: u32 = 100;

/// The embedded service, with no server beside it.
pub(super) struct LocalKeys {
    store: OpenStore,
    _lock: ServerLock,
}

impl LocalKeys {
    pub(super) fn open(store: &Store, region: &InRegion) -> Result<Self> {
        let scope = store.scope(region)?;
        let (store, lock) = store.open_alone()?;
        Ok(Self { store: OpenStore { scope, ..store }, _lock: lock })
    }

    fn view(&self, key: &KeyRecord) -> Result<KeyView> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        let by_key = KeyRef::Id(key.id);
        let aliases = pages(|page| self.store.wait(kms.list_aliases_by_key(&by_key, page, permit, scope)))?;
        Ok(KeyView {
            key_id: key.id.to_string(),
            arn: kms::key_arn(key),
            key_state: key.state.to_string(),
            key_spec: key.spec.clone(),
            key_usage: key.usage.clone(),
            origin: key.origin.clone(),
            aliases: aliases.into_iter().map(|alias| alias.name).collect(),
            description: key.description.clone(),
            service: key.service.clone(),
            creation_date: output::time(key.created_at),
            delete_date: key.delete_at.map(output::time),
            material_expire_time: key.material_expires_at.map(output::time),
            rotation_interval: key
                .rotation
                .interval_s
                .filter(|_| key.rotation.enabled)
                .map(|seconds| format!("{seconds}s")),
        })
    }
}

impl Keys for LocalKeys {
    fn create(&self, new: &NewKey) -> Result<KeyView> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        self.view(&self.store.wait(kms.create_key(new, permit, scope))?)
    }

    fn list(&self) -> Result<Vec<KeyView>> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        let keys = pages(|page| self.store.wait(kms.list_keys(&KeyFilter::default(), page, permit, scope)))?;
        keys.iter().map(|key| self.view(key)).collect()
    }

    fn show(&self, key: &KeyRef) -> Result<KeyView> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        self.view(&self.store.wait(kms.describe_key(key, permit, scope))?)
    }

    fn enable(&self, key: &KeyRef) -> Result<KeyView> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        self.view(&self.store.wait(kms.enable_key(key, permit, scope))?)
    }

    fn disable(&self, key: &KeyRef, if_in_use: IfInUse) -> Result<KeyView> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        self.view(&self.store.wait(kms.disable_key(key, if_in_use, permit, scope))?)
    }

    fn schedule_deletion(&self, key: &KeyRef, days: u16, if_in_use: IfInUse) -> Result<KeyView> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        self.view(&self.store.wait(kms.schedule_key_deletion(key, days, if_in_use, permit, scope))?)
    }

    fn cancel_deletion(&self, key: &KeyRef) -> Result<KeyView> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        self.view(&self.store.wait(kms.cancel_key_deletion(key, permit, scope))?)
    }

    fn destroy_due(&self) -> Result<Vec<String>> {
        let destroyed = self.store.wait(self.store.kms.destroy_due_keys())?;
        Ok(destroyed.iter().map(ToString::to_string).collect())
    }

    fn set_rotation(&self, key: &KeyRef, interval: Option<RotationInterval>) -> Result<KeyView> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        self.store.wait(kms.update_rotation_policy(key, interval, permit, scope))?;
        self.show(key)
    }

    fn create_version(&self, key: &KeyRef) -> Result<VersionView> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        Ok(version_view(&self.store.wait(kms.create_key_version(key, permit, scope))?))
    }

    fn versions(&self, key: &KeyRef) -> Result<Vec<VersionView>> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        let versions = pages(|page| self.store.wait(kms.list_key_versions(key, page, permit, scope)))?;
        Ok(versions.iter().map(version_view).collect())
    }

    fn create_alias(&self, alias: &AliasName, key: &KeyRef) -> Result<()> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        Ok(self.store.wait(kms.create_alias(alias, key, permit, scope))?)
    }

    fn update_alias(&self, alias: &AliasName, key: &KeyRef) -> Result<()> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        Ok(self.store.wait(kms.update_alias(alias, key, permit, scope))?)
    }

    fn delete_alias(&self, alias: &AliasName) -> Result<()> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        Ok(self.store.wait(kms.delete_alias(alias, permit, scope))?)
    }

    fn aliases(&self) -> Result<Vec<[String; 2]>> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        let aliases = pages(|page| self.store.wait(kms.list_aliases(page, permit, scope)))?;
        Ok(aliases.into_iter().map(|alias| [alias.name, alias.key_id.to_string()]).collect())
    }

    fn usage(&self, key: &KeyRef) -> Result<Vec<ImageView>> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        let images = pages(|page| self.store.wait(kms.key_usage(key, page, permit, scope)))?;
        let view = |record: kms::SealedImageRecord| ImageView {
            image: record.image.image_id,
            path: record.image.path,
            mode: record.image.mode,
            sealed_at: output::time(record.sealed_at),
        };
        Ok(images.into_iter().map(view).collect())
    }

    fn import_parameters(
        &self,
        key: &KeyRef,
        algorithm: WrappingAlgorithm,
        wrapping_spec: KeySpec,
    ) -> Result<WrappingParameters> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        let made = self.store.wait(kms.parameters_for_import(key, algorithm, wrapping_spec, permit, scope))?;
        Ok(WrappingParameters { public_key: made.public_key, import_token: made.import_token })
    }

    fn import(&self, key: &KeyRef, wrapped: &WrappedMaterial) -> Result<KeyView> {
        let OpenStore { kms, permit, scope, .. } = &self.store;
        let material = Material {
            encrypted: &wrapped.encrypted,
            import_token: &wrapped.import_token,
            expires_at: wrapped.expires_at,
        };
        self.store.wait(kms.import_key_material(key, material, permit, scope))?;
        self.show(key)
    }
}

fn version_view(version: &KeyVersionRecord) -> VersionView {
    VersionView {
        key_id: version.key_id.to_string(),
        key_version_id: version.id.to_string(),
        creation_date: output::time(version.created_at),
    }
}

/// All rows of a list, page by page.
fn pages<T>(mut page: impl FnMut(PageRequest) -> kms::Result<Page<T>>) -> kms::Result<Vec<T>> {
    let mut request = PageRequest::new(1, PAGE_ROWS).unwrap_or_else(PageRequest::first);
    let mut rows = Vec::new();
    loop {
        let found = page(request)?;
        let last = found.items.is_empty();
        rows.extend(found.items);
        if last || rows.len() as u64 >= found.total_count {
            return Ok(rows);
        }
        request = request.next();
    }
}
