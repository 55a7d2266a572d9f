//! Data keys and small ciphertexts.
//!
//! ```text
//! ciphertext blob:  byte 0..36  key version id, ASCII        which material opens it
//!                   byte 36..   sealed value (`crypto::seal`) under that material
//! ```
//! The seal is bound to key id, version id and the caller's encryption context, so that a blob cannot be moved to another key, and a
//! changed version id does not open. The context is not in the blob.

use std::sync::Arc;

use catalog::{KeyId, KeyRecord, KeyState, KeyVersionId, KeyVersionRecord, Scope};
use crypto::seal::{self, Aead};
use crypto::{Context, Secret};
use ram::Permit;

use crate::action::Action;
use crate::context::EncryptionContext;
use crate::error::{KmsError, Result};
use crate::key_ref::KeyRef;
use crate::keys::{admit, check_region};
use crate::kms::Kms;
use crate::root::material_context;

/// Longest text that `Encrypt` takes. Source: `../shared/api/kms.md` 5.
const PLAINTEXT_BYTES_MAX: usize = 6144;

/// Lengths of data keys. Source: `../shared/api/kms.md` 5, NumberOfBytes.
const DATA_KEY_BYTES: std::ops::RangeInclusive<usize> = 1..=1024;

/// Length of a UUID as text.
const VERSION_ID_BYTES: usize = 36;

/// A fresh data key and its wrapped form.
pub struct NewDataKey {
    /// The key.
    pub plaintext: Secret,
    /// The same, wrapped.
    pub ciphertext: Ciphertext,
}

/// Something sealed under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ciphertext {
    /// To be kept; [`Kms::decrypt`] takes it.
    pub blob: Vec<u8>,
    /// The key.
    pub key_id: KeyId,
    /// Its version.
    pub key_version_id: KeyVersionId,
}

/// What was in a blob.
pub struct Opened {
    /// The text or data key.
    pub plaintext: Secret,
    /// The key that opened it.
    pub key_id: KeyId,
    /// Its version.
    pub key_version_id: KeyVersionId,
}

/// What opened a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedBy {
    /// The key.
    pub key_id: KeyId,
    /// Its version.
    pub key_version_id: KeyVersionId,
}

impl Kms {
    /// Makes a data key of `len_bytes` random bytes (1..=1024) and wraps it under the primary version of `key`.
    ///
    /// Errors: those of [`Kms::describe_key`], `KeyNotUsable`, `InvalidParameter`, `InvalidContext`, `Unsupported` for a key pair.
    pub async fn generate_data_key(
        &self,
        key: &KeyRef,
        context: &EncryptionContext,
        len_bytes: usize,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<NewDataKey> {
        self.new_data_key(Action::GenerateDataKey, key, context, len_bytes, permit, scope).await
    }

    /// As [`Kms::generate_data_key`], for a caller who may not see the data key: only its wrapped form is answered.
    pub async fn generate_data_key_without_plaintext(
        &self,
        key: &KeyRef,
        context: &EncryptionContext,
        len_bytes: usize,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Ciphertext> {
        let action = Action::GenerateDataKeyWithoutPlaintext;
        Ok(self.new_data_key(action, key, context, len_bytes, permit, scope).await?.ciphertext)
    }

    /// Encrypts up to 6,144 bytes under the primary version of `key`.
    ///
    /// Errors: as [`Kms::generate_data_key`].
    pub async fn encrypt(
        &self,
        key: &KeyRef,
        plaintext: &[u8],
        context: &EncryptionContext,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Ciphertext> {
        if plaintext.len() > PLAINTEXT_BYTES_MAX {
            return Err(KmsError::InvalidParameter {
                name: "Plaintext",
                found: plaintext.len() as u64,
                allowed: "at most 6144 bytes",
            });
        }
        self.seal_blob(Action::Encrypt, key, plaintext, context, permit, scope).await
    }

    /// Opens a blob that [`Kms::generate_data_key`] or [`Kms::encrypt`] made, with the key version named in it.
    ///
    /// Errors: `NotAuthentic` for a wrong context, a wrong key, a changed or a malformed blob; `KeyVersionNotFound`;
    /// `KeyInOtherRegion`, `KeyNotFound`, `KeyNotUsable`, `KeyDestroyed` of the key.
    pub async fn decrypt(
        &self,
        blob: &[u8],
        context: &EncryptionContext,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Opened> {
        self.open_blob(Action::Decrypt, blob, context, permit, scope).await
    }

    /// Opens a blob and seals what was in it under another key, or another context. The plaintext does not leave.
    ///
    /// Returns the new ciphertext, and what opened the old one.
    ///
    /// Errors: as [`Kms::decrypt`] for the source and [`Kms::encrypt`] for the destination.
    pub async fn re_encrypt(
        &self,
        blob: &[u8],
        source: &EncryptionContext,
        destination_key: &KeyRef,
        destination: &EncryptionContext,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<(Ciphertext, OpenedBy)> {
        let opened = self.open_blob(Action::ReEncryptFrom, blob, source, permit, scope).await?;
        let plaintext = opened.plaintext.expose();
        let sealed =
            self.seal_blob(Action::ReEncryptTo, destination_key, plaintext, destination, permit, scope).await?;
        Ok((sealed, OpenedBy { key_id: opened.key_id, key_version_id: opened.key_version_id }))
    }

    /// The key that a blob names, whoever asks and whatever its state: what a caller needs a right on.
    ///
    /// Errors: `NotAuthentic` for what is no blob; `KeyVersionNotFound`.
    pub async fn key_of_blob(&self, blob: &[u8]) -> Result<Arc<KeyRecord>> {
        let (version, _) = split_blob(blob).ok_or(KmsError::NotAuthentic)?;
        Ok(self.version_and_key(version).await?.1)
    }

    pub(crate) async fn new_data_key(
        &self,
        action: Action,
        key: &KeyRef,
        context: &EncryptionContext,
        len_bytes: usize,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<NewDataKey> {
        if !DATA_KEY_BYTES.contains(&len_bytes) {
            return Err(KmsError::InvalidParameter {
                name: "NumberOfBytes",
                found: len_bytes as u64,
                allowed: "1 to 1024",
            });
        }
        let plaintext = Secret::random(len_bytes, &*self.random);
        let ciphertext = self.seal_blob(action, key, plaintext.expose(), context, permit, scope).await?;
        Ok(NewDataKey { plaintext, ciphertext })
    }

    pub(crate) async fn open_blob(
        &self,
        action: Action,
        blob: &[u8],
        context: &EncryptionContext,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Opened> {
        let (version, sealed) = split_blob(blob).ok_or(KmsError::NotAuthentic)?;
        let (version, key) = self.version_and_key(version).await?;
        check_region(&key, scope)?;
        let key = admit(action, KeyRecord::clone(&key), permit, scope, self.clock.now())?;
        let aead = aead_of(&key)?;
        let material = self.material(action, &key, &version).await?;
        let context = blob_context(key.id, version.id, context)?;
        let plaintext = aead.open(&material, &context, sealed).map_err(|_| KmsError::NotAuthentic)?;
        Ok(Opened { plaintext, key_id: key.id, key_version_id: version.id })
    }

    async fn seal_blob(
        &self,
        action: Action,
        key: &KeyRef,
        plaintext: &[u8],
        context: &EncryptionContext,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Ciphertext> {
        let key = self.find_to_use(action, key, permit, scope).await?;
        let aead = aead_of(&key)?;
        let key_version_id = key.primary_version;
        let damaged = KmsError::MaterialDamaged { key: key.id, version: key_version_id };
        let version = self.known_version(key_version_id).await?.ok_or(damaged)?;
        let material = self.material(action, &key, &version).await?;
        let context = blob_context(key.id, key_version_id, context)?;
        let mut blob = key_version_id.to_string().into_bytes();
        blob.extend(aead.seal(&material, &context, plaintext, &*self.random));
        Ok(Ciphertext { blob, key_id: key.id, key_version_id })
    }

    /// The material of one version of a key, in clear.
    ///
    /// Errors: `MaterialDamaged`; `KeyNotUsable` for material that was deleted after the state of the key was read.
    pub(crate) async fn material(&self, action: Action, key: &KeyRecord, version: &KeyVersionRecord) -> Result<Secret> {
        let wrapped = version.material.as_deref().ok_or(KmsError::KeyNotUsable {
            key: key.id,
            state: KeyState::PendingImport,
            action,
        })?;
        let context = material_context(key.id, version.id);
        let opened = match self.unwrap(&context, wrapped).await? {
            Some(opened) => Some(opened),
            None => self.unwrap_anew(&context, version).await?,
        };
        opened.ok_or(KmsError::MaterialDamaged { key: key.id, version: version.id })
    }

    /// As the catalog has the version now: the root key may have been changed more than once since it was read.
    async fn unwrap_anew(&self, context: &Context, read: &KeyVersionRecord) -> Result<Option<Secret>> {
        let found = self.catalog.read().key_version_by_id(read.id).await?;
        match found.and_then(|version| version.material) {
            Some(wrapped) if read.material.as_ref() != Some(&wrapped) => self.unwrap(context, &wrapped).await,
            _ => Ok(None),
        }
    }

    async fn version_and_key(&self, version: KeyVersionId) -> Result<(Arc<KeyVersionRecord>, Arc<KeyRecord>)> {
        let not_found = || KmsError::KeyVersionNotFound { version };
        let found = self.known_version(version).await?.ok_or_else(not_found)?;
        let key = self.known_key(found.key_id).await?.ok_or_else(not_found)?;
        Ok((found, key))
    }
}

/// The cipher of a symmetric key.
///
/// Errors: `Unsupported` for a key pair.
fn aead_of(key: &KeyRecord) -> Result<Aead> {
    Aead::of_key_spec(&key.spec).ok_or_else(|| KmsError::Unsupported {
        reason: format!("key {} of the spec {} is no symmetric key; use the Asymmetric… calls", key.id, key.spec),
    })
}

fn split_blob(blob: &[u8]) -> Option<(KeyVersionId, &[u8])> {
    let (version, sealed) = blob.split_at_checked(VERSION_ID_BYTES)?;
    if sealed.len() > PLAINTEXT_BYTES_MAX + seal::OVERHEAD_BYTES {
        return None;
    }
    let text = std::str::from_utf8(version).ok()?;
    let id: KeyVersionId = text.parse().ok()?;
    // The id is read in either case; a blob is one exact text.
    (id.to_string() == text).then_some((id, sealed))
}

/// The caller's names get a prefix, so that none of them can stand for ours.
fn blob_context(key: KeyId, version: KeyVersionId, context: &EncryptionContext) -> Result<Context> {
    let ours = [("purpose", "data".to_owned()), ("key", key.to_string()), ("version", version.to_string())];
    let ours = ours.into_iter().map(|(name, value)| (name.to_owned(), value));
    let callers = context.pairs().map(|(name, value)| (format!("context:{name}"), value.to_owned()));
    Context::from_pairs(ours.chain(callers)).map_err(|error| KmsError::InvalidContext { why: error.to_string() })
}
