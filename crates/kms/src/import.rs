//! Key material of the owner's own (BYOK). Source: `../shared/api/kms.md` 6.
//!
//! ```text
//! GetParametersForImport   an RSA key of ours and a token, good for 24 hours, for this key and account
//!   owner wraps its material under the public half
//! ImportKeyMaterial        unwrap, compare with the material of before, keep it wrapped under the root key
//! DeleteKeyMaterial, or its expiry   destroys it; the same bytes may come again, others never
//! ```
//!
//! Of deleted material a keyed fingerprint stays, under a secret of the service: whoever reads the catalog cannot try guesses against it.

use std::time::Duration;

use catalog::{ImportToken, KeyId, KeyRecord, KeyState, KeyVersionRecord, Scope, Timestamp, Write};
use crypto::asymmetric::{Unwrapped, UnwrappingKey, WrappingAlgorithm};
use crypto::{Secret, mac};
use ram::Permit;

use crate::action::Action;
use crate::blocking::blocking;
use crate::error::{KmsError, Result};
use crate::key_ref::KeyRef;
use crate::keys::find_for;
use crate::kms::Kms;
use crate::root::{import_context, material_context};
use crate::spec::{KeySpec, Origin};

/// How long parameters are good. Source: `../shared/api/kms.md` 6.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long an expired token is told from an unknown one.
const TOKEN_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

const TOKEN_BYTES: usize = 32;

/// Largest ciphertext of a wrapping key, with room for whatever tools put around it.
const WRAPPED_BYTES_MAX: usize = 1024;

/// Specs of wrapping keys that are made.
const WRAPPING_SPECS: &[KeySpec] = &[KeySpec::Rsa2048, KeySpec::Rsa3072];

/// What an owner needs to wrap its material.
/// Has no `Debug`: whoever holds the token can bring material.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportParameters {
    /// The key that the material is for.
    pub key_id: KeyId,
    /// X.509 SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// To be given back with the wrapped material.
    pub import_token: Vec<u8>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Wrapped material.
pub struct Material<'a> {
    /// Encrypted under the public key, with the algorithm that was asked for.
    pub encrypted: &'a [u8],
    /// The token that came with it.
    pub import_token: &'a [u8],
    /// When it is to be destroyed; `None`: never.
    pub expires_at: Option<Timestamp>,
}

impl Kms {
    /// Makes a wrapping key and a token for one import, or several of the same material, within 24 hours.
    ///
    /// Errors: those of [`Kms::describe_key`]; `ServiceKey`, `UnsupportedOrigin`, `InvalidWord` for a wrapping key that is not made.
    pub async fn parameters_for_import(
        &self,
        key: &KeyRef,
        algorithm: WrappingAlgorithm,
        wrapping_spec: KeySpec,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<ImportParameters> {
        let action = Action::GetParametersForImport;
        key.id_for(action)?;
        let now = self.clock.now();
        let found = find_for(action, &mut self.catalog.read(), key, permit, scope, now).await?;
        check_external(&found)?;
        let spec = wrapping_spec.asymmetric().filter(|_| WRAPPING_SPECS.contains(&wrapping_spec));
        let spec = spec.ok_or_else(|| KmsError::InvalidWord {
            name: "WrappingKeySpec",
            found: wrapping_spec.to_string(),
            allowed: "one of RSA_2048 RSA_3072",
        })?;
        let pair = self.generate_pair(spec).await?;
        let import_token: [u8; TOKEN_BYTES] = self.random_bytes();
        let id = token_id(&import_token);
        let context = import_context(found.id, &id);
        let mut token = ImportToken {
            private_key: self.wrap(&context, &pair.private).await?,
            id,
            key_id: found.id,
            account: scope.account.clone(),
            wrapping_algorithm: algorithm.name().to_owned(),
            wrapping_key_spec: wrapping_spec.to_string(),
            expires_at: later(now, TOKEN_LIFE),
        };
        let mut write = self.change_keys().await?;
        let done = async {
            // A key that was destroyed meanwhile gets no wrapping key any more.
            find_for(action, &mut write.read(), key, permit, scope, self.clock.now()).await?;
            write.import_tokens_purge(earlier(now, TOKEN_MEMORY)).await?;
            token.private_key = self.wrapped_for(&mut write, &context, token.private_key).await?;
            write.import_token_insert(&token).await?;
            Ok(ImportParameters {
                key_id: found.id,
                public_key: pair.public.spki().to_vec(),
                import_token: import_token.to_vec(),
                expires_at: token.expires_at,
            })
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Brings material to an external key. A key that waited for it is enabled; a disabled one stays disabled: who may import need not
    /// be who may enable.
    ///
    /// Errors: those of [`Kms::describe_key`]; `ServiceKey`, `StateModified`, `UnsupportedOrigin`, `InvalidImportToken`, `ExpiredImportToken`;
    /// `InvalidKeyMaterial` for whatever is wrong with the material, one case on purpose; `InvalidParameter` for an expiry in the past.
    pub async fn import_key_material(
        &self,
        key: &KeyRef,
        material: Material<'_>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<()> {
        let action = Action::ImportKeyMaterial;
        key.id_for(action)?;
        let now = self.clock.now();
        let found = find_for(action, &mut self.catalog.read(), key, permit, scope, now).await?;
        check_external(&found)?;
        check_expiry(material.expires_at, now)?;
        let token = self.find_token(material.import_token, found.id, scope, now).await?;
        // Before the catalog is locked: RSA takes its time. Whether it is the right material is decided under the lock.
        let unwrapped = self.unwrap_material(token, &found, material.encrypted).await?;
        let secret = self.secret("fingerprints").await?;
        let mut write = self.change_keys().await?;
        let done = async {
            let mut key = find_for(action, &mut write.read(), key, permit, scope, self.clock.now()).await?;
            let mut version = self.primary_version(&mut write, &key).await?;
            let earlier = version.fingerprint;
            let fingerprint = |candidate: &Secret| mac::mac(&secret, "key material", candidate.expose());
            let belongs = |candidate: &Secret| {
                let found = fingerprint(candidate);
                earlier.is_none_or(|earlier| mac::equal(&found, &earlier))
            };
            let accepted = unwrapped.accept(belongs).map_err(|_| KmsError::InvalidKeyMaterial)?;
            version.fingerprint = Some(fingerprint(&accepted));
            let context = material_context(key.id, version.id);
            let wrapped = self.wrap(&context, &accepted).await?;
            version.material = Some(self.wrapped_for(&mut write, &context, wrapped).await?);
            write.key_version_update(&version).await?;
            if key.state == KeyState::PendingImport {
                key.state = KeyState::Enabled;
            }
            key.material_expires_at = material.expires_at;
            Ok(write.key_update(&key).await?)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Destroys the material of an external key. The key waits for the same material again.
    ///
    /// Errors: those of [`Kms::describe_key`]; `ServiceKey`, `UnsupportedOrigin`.
    pub async fn delete_key_material(&self, key: &KeyRef, permit: &Permit, scope: &Scope) -> Result<()> {
        let action = Action::DeleteKeyMaterial;
        key.id_for(action)?;
        let mut write = self.change_keys().await?;
        let done = async {
            let now = self.clock.now();
            let mut key = find_for(action, &mut write.read(), key, permit, scope, now).await?;
            check_external(&key)?;
            self.take_material(&mut write, &mut key).await
        };
        let done = done.await;
        write.finish(done).await?;
        // No copy of it stays in the log of the catalog.
        self.catalog.settle().await?;
        Ok(())
    }

    /// Destroys all imported material whose time is over. Returns the keys.
    ///
    /// Errors: `Catalog`.
    pub async fn expire_due_material(&self) -> Result<Vec<KeyId>> {
        if self.catalog.read().keys_to_expire(self.clock.now()).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut write = self.change_keys().await?;
        let done = async {
            let due = write.read().keys_to_expire(self.clock.now()).await?;
            for &id in &due {
                if let Some(mut key) = write.read().key_by_id(id).await? {
                    self.take_material(&mut write, &mut key).await?;
                }
            }
            Ok::<_, KmsError>(due)
        };
        let done = done.await;
        let expired = write.finish(done).await?;
        self.catalog.settle().await?;
        Ok(expired)
    }

    async fn take_material(&self, write: &mut Write, key: &mut KeyRecord) -> Result<()> {
        let mut version = self.primary_version(write, key).await?;
        version.material = None;
        write.key_version_update(&version).await?;
        write.unsettle().await?;
        // A deletion that is under way goes on, on its date.
        if key.state != KeyState::PendingDeletion {
            key.state = KeyState::PendingImport;
        }
        key.material_expires_at = None;
        Ok(write.key_update(key).await?)
    }

    async fn primary_version(&self, write: &mut Write, key: &KeyRecord) -> Result<KeyVersionRecord> {
        let version = key.primary_version;
        write.read().key_version_by_id(version).await?.ok_or(KmsError::MaterialDamaged { key: key.id, version })
    }

    async fn find_token(&self, token: &[u8], key: KeyId, scope: &Scope, now: Timestamp) -> Result<ImportToken> {
        let found = self.catalog.read().import_token_by_id(&token_id(token)).await?;
        let found = found.filter(|found| found.key_id == key && found.account == scope.account);
        let found = found.ok_or(KmsError::InvalidImportToken { key })?;
        if found.expires_at <= now {
            return Err(KmsError::ExpiredImportToken { key, at: found.expires_at });
        }
        Ok(found)
    }

    /// What the wrapping key of `token` makes of `encrypted`, right or wrong.
    async fn unwrap_material(&self, token: ImportToken, key: &KeyRecord, encrypted: &[u8]) -> Result<Unwrapped> {
        if encrypted.len() > WRAPPED_BYTES_MAX {
            return Err(KmsError::InvalidKeyMaterial);
        }
        let damaged = || KmsError::MaterialDamaged { key: key.id, version: key.primary_version };
        let spec = crypto::asymmetric::KeySpec::from_name(&token.wrapping_key_spec).ok_or_else(damaged)?;
        let algorithm = WrappingAlgorithm::from_name(&token.wrapping_algorithm).ok_or_else(damaged)?;
        let len = key.spec.parse::<KeySpec>()?.material_bytes().ok_or_else(damaged)?;
        let private = self.unwrap(&import_context(key.id, &token.id), &token.private_key).await?.ok_or_else(damaged)?;
        let encrypted = encrypted.to_vec();
        blocking(move || Ok(UnwrappingKey::from_pkcs8(spec, algorithm, &private)?.unwrap(&encrypted, len))).await
    }
}

/// The catalog knows tokens by their digest, so that reading it does not give one.
fn token_id(token: &[u8]) -> String {
    hex::encode(crypto::digest::sha256(token))
}

fn check_external(key: &KeyRecord) -> Result<()> {
    if key.origin == Origin::External.as_str() {
        return Ok(());
    }
    Err(KmsError::UnsupportedOrigin { reason: "its material was made here; make a key with Origin EXTERNAL" })
}

fn check_expiry(expires_at: Option<Timestamp>, now: Timestamp) -> Result<()> {
    match expires_at {
        Some(at) if at <= now => Err(KmsError::InvalidParameter {
            name: "KeyMaterialExpireUnix",
            found: at.as_second().unsigned_abs(),
            allowed: "a time to come, in seconds since 1970, or 0 for never",
        }),
        _ => Ok(()),
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.saturating_add(by).expect("a duration has no calendar units")
}

fn earlier(now: Timestamp, by: Duration) -> Timestamp {
    now.saturating_sub(by).expect("a duration has no calendar units")
}
