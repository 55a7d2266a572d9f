//! Versions of a key. Source: `../shared/api/kms.md` 3.

use catalog::{KeyId, KeyRecord, KeyState, KeyVersionId, KeyVersionRecord, Page, PageRequest, Scope, Timestamp, Write};
use crypto::Secret;
use crypto::asymmetric::{self, KeyPair};
use ram::Permit;

use crate::action::Action;
use crate::blocking::blocking;
use crate::error::{KmsError, Result};
use crate::key_ref::KeyRef;
use crate::keys::find_for;
use crate::kms::Kms;
use crate::root::material_context;
use crate::rotation_interval::RotationInterval;
use crate::spec::{KeySpec, Origin};

impl Kms {
    /// Adds a version with fresh material. It becomes the primary one of a symmetric key: new ciphertexts are made with it. Those of
    /// earlier versions still open.
    ///
    /// Errors: those of [`Kms::describe_key`]; `ServiceKey`, `KeyNotUsable`, `LimitExceeded`; `Unsupported` for imported material.
    pub async fn create_key_version(&self, key: &KeyRef, permit: &Permit, scope: &Scope) -> Result<KeyVersionRecord> {
        let found =
            find_for(Action::CreateKeyVersion, &mut self.catalog.read(), key, permit, scope, self.clock.now()).await?;
        check_has_own_material(&found)?;
        let version = self.make_version(found.id, found.spec.parse()?).await?;
        let mut write = self.change_keys().await?;
        let done = async {
            let now = self.clock.now();
            let key = KeyRef::Arn(found.id, found.scope.clone());
            let mut key = find_for(Action::CreateKeyVersion, &mut write.read(), &key, permit, scope, now).await?;
            self.check_room_for_version(&mut write.read(), &key.scope).await?;
            let version = self.insert_version(&mut write, version).await?;
            if key.spec.parse::<KeySpec>()?.is_symmetric() {
                make_primary(&mut key, &version)?;
                write.key_update(&key).await?;
            }
            Ok(version)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Versions of a key, oldest first.
    ///
    /// Errors: those of [`Kms::describe_key`].
    pub async fn list_key_versions(
        &self,
        key: &KeyRef,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<KeyVersionRecord>> {
        let mut read = self.catalog.read();
        let key = find_for(Action::ListKeyVersions, &mut read, key, permit, scope, self.clock.now()).await?;
        Ok(read.key_versions_page(key.id, page).await?)
    }

    /// One version of a key.
    ///
    /// Errors: those of [`Kms::describe_key`]; `KeyVersionNotFound`.
    pub async fn describe_key_version(
        &self,
        key: &KeyRef,
        version: KeyVersionId,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<KeyVersionRecord> {
        let mut read = self.catalog.read();
        let key = find_for(Action::DescribeKeyVersion, &mut read, key, permit, scope, self.clock.now()).await?;
        version_of(read.key_version_by_id(version).await?, key.id, version)
    }

    /// Decides how often the key gets a new version; `None`: never by itself.
    ///
    /// Errors: those of [`Kms::describe_key`]; `ServiceKey`, `KeyNotUsable`; `Unsupported` for imported material and key pairs.
    pub async fn update_rotation_policy(
        &self,
        key: &KeyRef,
        interval: Option<RotationInterval>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<KeyRecord> {
        let mut write = self.change_keys().await?;
        let done = async {
            let now = self.clock.now();
            let mut key = find_for(Action::UpdateRotationPolicy, &mut write.read(), key, permit, scope, now).await?;
            check_has_own_material(&key)?;
            if !key.spec.parse::<KeySpec>()?.is_symmetric() {
                return Err(KmsError::Unsupported { reason: "key pairs are not rotated by themselves".to_owned() });
            }
            key.rotation.enabled = interval.is_some();
            key.rotation.interval_s = interval.map(RotationInterval::seconds).or(key.rotation.interval_s);
            let last = key.rotation.rotated_at.unwrap_or(key.created_at);
            // What is overdue is due at once.
            key.rotation.rotate_at = interval.map(|interval| interval.next_after(last).max(now));
            write.key_update(&key).await?;
            Ok(key)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Adds a version to every enabled key whose time has come, each in a change of its own. Returns the keys, at most 1,000; the next
    /// call does the rest. A rotation is not refused for a limit: it comes at most once in seven days.
    ///
    /// Errors: `Catalog`; what was rotated before stays so.
    pub async fn rotate_due_keys(&self) -> Result<Vec<KeyId>> {
        let due = self.catalog.read().keys_to_rotate(self.clock.now()).await?;
        let mut rotated = Vec::new();
        for id in due {
            if self.rotate(id).await? {
                rotated.push(id);
            }
        }
        Ok(rotated)
    }

    async fn rotate(&self, id: KeyId) -> Result<bool> {
        let mut write = self.change_keys().await?;
        let done = async {
            let now = self.clock.now();
            // Another process may have rotated it, or somebody disabled it meanwhile.
            let key = write.read().key_by_id(id).await?.filter(|key| is_due(key, now));
            let Some(mut key) = key else { return Ok(false) };
            // Takes no time under the lock of the catalog: only symmetric keys have a rotation.
            let version = self.make_version(id, key.spec.parse()?).await?;
            let version = self.insert_version(&mut write, version).await?;
            make_primary(&mut key, &version)?;
            write.key_update(&key).await?;
            Ok(true)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// A version with fresh material, not yet in the catalog.
    pub(crate) async fn make_version(&self, key_id: KeyId, spec: KeySpec) -> Result<KeyVersionRecord> {
        let id = self.new_key_version_id();
        let (material, public_key) = match (spec.material_bytes(), spec.asymmetric()) {
            (Some(len), _) => (Secret::random(len, &*self.random), None),
            (None, Some(spec)) => {
                let KeyPair { private, public } = self.generate_pair(spec).await?;
                (private, Some(public.spki().to_vec()))
            }
            (None, None) => {
                return Err(KmsError::Unsupported { reason: format!("no material can be made for {spec}") });
            }
        };
        let material = Some(self.wrap(&material_context(key_id, id), &material).await?);
        Ok(KeyVersionRecord { id, key_id, material, public_key, fingerprint: None, created_at: self.clock.now() })
    }

    /// Adds a version to the catalog, under the root key that is in force.
    pub(crate) async fn insert_version(
        &self,
        write: &mut Write,
        mut version: KeyVersionRecord,
    ) -> Result<KeyVersionRecord> {
        if let Some(wrapped) = version.material.take() {
            let context = material_context(version.key_id, version.id);
            version.material = Some(self.wrapped_for(write, &context, wrapped).await?);
        }
        write.key_version_insert(&version).await?;
        Ok(version)
    }

    /// A new key pair. RSA keys take up to a second of one core.
    pub(crate) async fn generate_pair(&self, spec: asymmetric::KeySpec) -> Result<KeyPair> {
        let random = self.random.clone();
        blocking(move || Ok(asymmetric::generate(spec, &*random)?)).await
    }
}

fn make_primary(key: &mut KeyRecord, version: &KeyVersionRecord) -> Result<()> {
    key.primary_version = version.id;
    key.rotation.rotated_at = Some(version.created_at);
    if key.rotation.enabled {
        let interval =
            key.rotation.interval_s.map(|seconds| RotationInterval::from_seconds(seconds.into())).transpose()?;
        key.rotation.rotate_at = interval.map(|interval| interval.next_after(version.created_at));
    }
    Ok(())
}

fn is_due(key: &KeyRecord, now: Timestamp) -> bool {
    let rotation = key.rotation;
    rotation.enabled && key.state == KeyState::Enabled && rotation.rotate_at.is_some_and(|at| at <= now)
}

fn check_has_own_material(key: &KeyRecord) -> Result<()> {
    if key.origin == Origin::External.as_str() {
        let reason = format!("key {} has imported material, and no other: make a new key for new material", key.id);
        return Err(KmsError::Unsupported { reason });
    }
    Ok(())
}

/// The version, if it is one of this key.
pub(crate) fn version_of(
    found: Option<KeyVersionRecord>,
    key: KeyId,
    version: KeyVersionId,
) -> Result<KeyVersionRecord> {
    found.filter(|found| found.key_id == key).ok_or(KmsError::KeyVersionNotFound { version })
}
