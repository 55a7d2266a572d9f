//! Making keys. Source: KMS `CreateKey`, `../shared/api/kms.md` 1.

use catalog::{KeyId, KeyRecord, KeyState, KeyVersionId, KeyVersionRecord, Rotation, Scope, Tag, Write};
use ram::{KeyPolicy, Permit};

use crate::error::{KmsError, Result};
use crate::key_ref::AliasName;
use crate::keys::check_description;
use crate::kms::Kms;
use crate::permission;
use crate::rotation_interval::RotationInterval;
use crate::spec::{KeySpec, KeyUsage, Origin, ProtectionLevel};
use crate::tags::{check_tags, tagged};

/// What a new key is like. The default is an enabled AES-256 key.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Kind and size.
    pub spec: KeySpec,
    /// What it may do; `None`: what its kind is mostly for.
    pub usage: Option<KeyUsage>,
    /// Where its material comes from. An external key waits for its material.
    pub origin: Origin,
    /// What keeps its material.
    pub protection_level: ProtectionLevel,
    /// Text for people, at most 8,192 characters.
    pub description: String,
    /// A name, made in the same step: both are there or neither.
    pub alias: Option<AliasName>,
    /// How often it gets a new version; `None`: never by itself.
    pub rotation: Option<RotationInterval>,
    /// Who may use it, beside what RAM says.
    pub policy: Option<KeyPolicy>,
    /// At most 20.
    pub tags: Vec<Tag>,
}

impl Default for NewKey {
    fn default() -> Self {
        Self {
            spec: KeySpec::Aes256,
            usage: None,
            origin: Origin::AliyunKms,
            protection_level: ProtectionLevel::Software,
            description: String::new(),
            alias: None,
            rotation: None,
            policy: None,
            tags: Vec::new(),
        }
    }
}

impl NewKey {
    fn usage(&self) -> KeyUsage {
        self.usage.unwrap_or_else(|| self.spec.default_usage())
    }

    /// What cannot be made, said before anything is.
    fn check(&self) -> Result<()> {
        check_description("Description", &self.description)?;
        if let Some(alias) = &self.alias {
            alias.check_not_reserved()?;
        }
        if !self.spec.allows(self.usage()) {
            let reason = format!("a key of the spec {} cannot be used for {}", self.spec, self.usage());
            return Err(KmsError::Unsupported { reason });
        }
        if self.protection_level == ProtectionLevel::Hsm {
            return Err(KmsError::NoHsm);
        }
        let external = self.origin == Origin::External;
        if external && !self.spec.is_symmetric() {
            return Err(KmsError::UnsupportedOrigin { reason: "material can be imported for symmetric keys only" });
        }
        if self.rotation.is_some() && (external || !self.spec.is_symmetric()) {
            let reason = "keys with imported material and key pairs are not rotated by themselves".to_owned();
            return Err(KmsError::Unsupported { reason });
        }
        check_tags(&self.tags)
    }
}

impl Kms {
    /// Makes a key with its first version. An external key is `PendingImport` until its material is there.
    ///
    /// Errors: `InvalidParameter`, `Unsupported`, `UnsupportedOrigin`, `NoHsm`, `LimitExceeded`, `AliasExists`, `MalformedAlias` for a
    /// reserved name, `NotPermitted`.
    pub async fn create_key(&self, new: &NewKey, permit: &Permit, scope: &Scope) -> Result<KeyRecord> {
        permission::check(ram::Action::new("kms:CreateKey"), "key", permit, scope)?;
        new.check()?;
        // Asked again below: this spares an account that is full the price of an RSA key.
        self.check_room_for_key(&mut self.catalog.read(), scope).await?;
        let (key, version) = self.make_key(new, "", scope).await?;
        let mut write = self.catalog.write().await?;
        let done = async {
            self.check_room_for_key(&mut write.read(), scope).await?;
            write.key_insert(&key).await?;
            self.insert_version(&mut write, version).await?;
            self.insert_names(&mut write, new, key.id, scope).await?;
            Ok(key)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Adds the key of a service: outside of the limits, and without a policy of its own.
    pub(crate) async fn insert_service_key(&self, write: &mut Write, service: &str, scope: &Scope) -> Result<KeyId> {
        let new = NewKey { description: "Default Service CMK".to_owned(), ..NewKey::default() };
        let (key, version) = self.make_key(&new, service, scope).await?;
        write.key_insert(&key).await?;
        self.insert_version(write, version).await?;
        Ok(key.id)
    }

    async fn insert_names(&self, write: &mut Write, new: &NewKey, key: KeyId, scope: &Scope) -> Result<()> {
        if let Some(alias) = &new.alias {
            self.check_room_for_alias(&mut write.read(), scope).await?;
            self.insert_alias(write, alias, key, scope).await?;
        }
        for tag in &new.tags {
            write.tag_put(tag, &tagged(key, scope)).await?;
        }
        Ok(())
    }

    /// The records of a new key. Its material is made before the catalog is locked: an RSA key takes a while.
    async fn make_key(&self, new: &NewKey, service: &str, scope: &Scope) -> Result<(KeyRecord, KeyVersionRecord)> {
        let now = self.clock.now();
        let id = self.new_key_id();
        let external = new.origin == Origin::External;
        let version = if external {
            empty_version(self.new_key_version_id(), id, now)
        } else {
            self.make_version(id, new.spec).await?
        };
        let rotation = new.rotation.map_or_else(Rotation::default, |interval| Rotation {
            enabled: true,
            interval_s: Some(interval.seconds()),
            rotated_at: None,
            rotate_at: Some(interval.next_after(now)),
        });
        let key = KeyRecord {
            id,
            scope: scope.clone(),
            service: service.to_owned(),
            creator: if service.is_empty() { scope.account.to_string() } else { service.to_owned() },
            state: if external { KeyState::PendingImport } else { KeyState::Enabled },
            spec: new.spec.to_string(),
            usage: new.usage().to_string(),
            origin: new.origin.to_string(),
            protection_level: new.protection_level.to_string(),
            description: new.description.clone(),
            deletion_protection: false,
            deletion_protection_description: String::new(),
            policy: new.policy.as_ref().map(ToString::to_string),
            created_at: now,
            delete_at: None,
            destroyed_at: None,
            material_expires_at: None,
            rotation,
            primary_version: version.id,
        };
        Ok((key, version))
    }
}

/// A version that waits for its material.
fn empty_version(id: KeyVersionId, key_id: KeyId, created_at: catalog::Timestamp) -> KeyVersionRecord {
    KeyVersionRecord { id, key_id, material: None, public_key: None, fingerprint: None, created_at }
}
