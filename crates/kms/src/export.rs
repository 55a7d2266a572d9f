//! Data keys for somebody else: wrapped under a public key of theirs. Source: `../shared/api/kms.md` 5.

use catalog::Scope;
use crypto::asymmetric::{PublicKey, WrappingAlgorithm};
use ram::Permit;

use crate::action::Action;
use crate::asymmetric::Answered;
use crate::context::EncryptionContext;
use crate::data_keys::Ciphertext;
use crate::error::Result;
use crate::key_ref::KeyRef;
use crate::kms::Kms;

/// Whom a data key is for.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Their public key.
    pub public_key: PublicKey,
    /// How it is wrapped.
    pub algorithm: WrappingAlgorithm,
}

/// A data key that was made and exported.
pub struct ExportedDataKey {
    /// Wrapped under the key of the KMS, to be kept.
    pub ciphertext: Ciphertext,
    /// Wrapped under the receiver's key.
    pub exported: Vec<u8>,
}

impl Kms {
    /// Opens a data key and wraps it for the receiver.
    ///
    /// Errors: as [`Kms::decrypt`]; `Crypto` when the receiver's key cannot take that many bytes.
    pub async fn export_data_key(
        &self,
        blob: &[u8],
        context: &EncryptionContext,
        receiver: &Receiver,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Answered<Vec<u8>>> {
        let opened = self.open_blob(Action::ExportDataKey, blob, context, permit, scope).await?;
        let value = receiver.public_key.encrypt(receiver.algorithm, opened.plaintext.expose())?;
        Ok(Answered { value, key_id: opened.key_id, key_version_id: opened.key_version_id })
    }

    /// Makes a data key, wraps it under the key and for the receiver.
    ///
    /// Errors: as [`Kms::generate_data_key`] and [`Kms::export_data_key`].
    pub async fn generate_and_export_data_key(
        &self,
        key: &KeyRef,
        context: &EncryptionContext,
        len_bytes: usize,
        receiver: &Receiver,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<ExportedDataKey> {
        let made = self.new_data_key(Action::GenerateAndExportDataKey, key, context, len_bytes, permit, scope).await?;
        let exported = receiver.public_key.encrypt(receiver.algorithm, made.plaintext.expose())?;
        Ok(ExportedDataKey { ciphertext: made.ciphertext, exported })
    }
}
