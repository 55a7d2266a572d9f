//! Signing, and encryption under public keys. Source: `../shared/api/kms.md` 5.

use catalog::{KeyId, KeyRecord, KeyVersionId, Scope};
use crypto::Secret;
use crypto::asymmetric::{DecryptionKey, KeySpec, Oaep, PublicKey, SignatureAlgorithm, SigningKey};
use crypto::digest::Digest;
use ram::Permit;

use crate::error::{KmsError, Result};
use crate::key_ref::KeyRef;
use crate::keys::find_for;
use crate::kms::Kms;
use crate::spec::KeyUsage;
use crate::state::Action;
use crate::versions::version_of;

/// One version of a key pair, as a caller names it.
#[derive(Debug, Clone, Copy)]
pub struct PairRef<'a> {
    /// The key.
    pub key: &'a KeyRef,
    /// Its version.
    pub version: KeyVersionId,
}

/// The key that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered<T> {
    /// What was asked for.
    pub value: T,
    /// The key.
    pub key_id: KeyId,
    /// Its version.
    pub key_version_id: KeyVersionId,
}

impl Kms {
    /// Signs a SHA-256 digest. Returns the signature: DER of ECDSA, as long as the modulus of RSA.
    ///
    /// Errors: those of [`Kms::describe_key`], `KeyNotUsable`, `KeyVersionNotFound`; `Unsupported` for a key that does not sign, or not so.
    pub async fn asymmetric_sign(
        &self,
        pair: PairRef<'_>,
        algorithm: SignatureAlgorithm,
        digest: Digest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Answered<Vec<u8>>> {
        let key = self.pair_for(Action::AsymmetricSign, KeyUsage::SignVerify, pair, permit, scope).await?;
        let private = self.material(&key.record, pair.version).await?;
        let spec = key.spec;
        let signed = blocking(move || SigningKey::from_pkcs8(spec, &private)?.sign(algorithm, &digest)).await?;
        Ok(key.answer(signed?))
    }

    /// Whether `signature` is one of this key over a SHA-256 digest.
    ///
    /// Errors: as [`Kms::asymmetric_sign`].
    pub async fn asymmetric_verify(
        &self,
        pair: PairRef<'_>,
        algorithm: SignatureAlgorithm,
        digest: Digest,
        signature: &[u8],
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Answered<bool>> {
        let key = self.pair_for(Action::AsymmetricVerify, KeyUsage::SignVerify, pair, permit, scope).await?;
        let valid = key.public.verify(algorithm, &digest, signature)?;
        Ok(key.answer(valid))
    }

    /// Encrypts a short text under a public key of ours.
    ///
    /// Errors: those of [`Kms::describe_key`], `KeyNotUsable`, `KeyVersionNotFound`, `Crypto` for too long a text; `Unsupported` for a key
    /// that does not encrypt.
    pub async fn asymmetric_encrypt(
        &self,
        pair: PairRef<'_>,
        algorithm: Oaep,
        plaintext: &[u8],
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Answered<Vec<u8>>> {
        let key = self.pair_for(Action::AsymmetricEncrypt, KeyUsage::EncryptDecrypt, pair, permit, scope).await?;
        let sealed = key.public.encrypt(algorithm, plaintext)?;
        Ok(key.answer(sealed))
    }

    /// Opens what was encrypted under the public key.
    ///
    /// Errors: as [`Kms::asymmetric_encrypt`]; `NotAuthentic` for whatever is wrong with the ciphertext.
    pub async fn asymmetric_decrypt(
        &self,
        pair: PairRef<'_>,
        algorithm: Oaep,
        ciphertext: Vec<u8>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Answered<Secret>> {
        let key = self.pair_for(Action::AsymmetricDecrypt, KeyUsage::EncryptDecrypt, pair, permit, scope).await?;
        let private = self.material(&key.record, pair.version).await?;
        let spec = key.spec;
        let opened = blocking(move || {
            let private = DecryptionKey::from_pkcs8(spec, &private)?;
            Ok::<_, KmsError>(private.decrypt(algorithm, &ciphertext).map_err(|_| KmsError::NotAuthentic))
        });
        Ok(key.answer(opened.await???))
    }

    /// The public half of a version.
    ///
    /// Errors: those of [`Kms::describe_key`], `KeyNotUsable`, `KeyVersionNotFound`; `Unsupported` for a symmetric key.
    pub async fn public_key(&self, pair: PairRef<'_>, permit: &Permit, scope: &Scope) -> Result<Answered<PublicKey>> {
        let key = self.load_pair(Action::GetPublicKey, pair, permit, scope).await?;
        let public = key.public.clone();
        Ok(key.answer(public))
    }

    async fn pair_for(
        &self,
        action: Action,
        usage: KeyUsage,
        pair: PairRef<'_>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Pair> {
        let key = self.load_pair(action, pair, permit, scope).await?;
        if key.record.usage == usage.as_str() {
            return Ok(key);
        }
        let reason = format!("key {} was made for {}, so {action} is refused", key.record.id, key.record.usage);
        Err(KmsError::Unsupported { reason })
    }

    async fn load_pair(&self, action: Action, pair: PairRef<'_>, permit: &Permit, scope: &Scope) -> Result<Pair> {
        let mut read = self.catalog.read();
        let record = find_for(action, &mut read, pair.key, permit, scope, self.clock.now()).await?;
        let Some(spec) = KeySpec::from_name(&record.spec) else {
            let reason = format!("key {} of the spec {} is no key pair", record.id, record.spec);
            return Err(KmsError::Unsupported { reason });
        };
        let version = version_of(read.key_version_by_id(pair.version).await?, record.id, pair.version)?;
        let damaged = || KmsError::MaterialDamaged { key: record.id, version: pair.version };
        let public = PublicKey::from_spki(&version.public_key.ok_or_else(damaged)?).map_err(|_| damaged())?;
        Ok(Pair { version: pair.version, spec, public, record })
    }
}

struct Pair {
    record: KeyRecord,
    version: KeyVersionId,
    spec: KeySpec,
    public: PublicKey,
}

impl Pair {
    fn answer<T>(&self, value: T) -> Answered<T> {
        Answered { value, key_id: self.record.id, key_version_id: self.version }
    }
}

/// A private operation of RSA takes a millisecond: on a thread that may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| KmsError::Interrupted)
}
