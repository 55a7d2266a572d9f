//! The one place where what `kms` refuses gets its code.

use catalog::CatalogError;
use crypto::CryptoError;
use kms::{KeyState, KmsError};
use ram::RamError;

use crate::errors::{self, ErrorRow, Refusal};

/// The row for an error of `kms`, with its text, which names key, state, region and what to do. What is the server's fault goes to the
/// log instead.
pub(super) fn refusal(error: &KmsError, request_id: &str) -> Refusal {
    let row = match error {
        KmsError::MalformedKey { why, .. } => return invalid("KeyId", why),
        KmsError::MalformedAlias { why, .. } => return invalid("AliasName", why),
        KmsError::InvalidParameter { name, allowed, .. } | KmsError::InvalidWord { name, allowed, .. } => {
            return invalid(name, &format!("allowed is {allowed}"));
        }
        KmsError::InvalidTags { why } => return invalid("Tags", why),
        KmsError::InvalidContext { why } => return invalid("EncryptionContext", why),
        KmsError::Crypto(error) => return of_crypto(error, request_id),
        KmsError::NotAuthentic => &errors::KMS_NOT_AUTHENTIC,
        KmsError::KeyNotFound { .. } | KmsError::KeyInOtherRegion { .. } | KmsError::KeyDestroyed { .. } => {
            &errors::KMS_KEY_NOT_FOUND
        }
        KmsError::KeyVersionNotFound { .. } => &errors::KMS_KEY_VERSION_NOT_FOUND,
        KmsError::AliasNotFound { .. } => &errors::KMS_ALIAS_NOT_FOUND,
        KmsError::AliasExists { .. } => &errors::KMS_ALIAS_EXISTS,
        KmsError::KeyNotUsable { state, .. } => not_usable(*state),
        KmsError::StateModified { .. } | KmsError::KeyInUse { .. } | KmsError::DeletionProtected { .. } => {
            &errors::KMS_STATE_MODIFIED_FAILED
        }
        KmsError::ServiceKey { .. } | KmsError::Unsupported { .. } => &errors::KMS_UNSUPPORTED_OPERATION,
        KmsError::UnsupportedAlias { .. } => &errors::KMS_UNSUPPORTED_ALIAS,
        KmsError::UnsupportedOrigin { .. } => &errors::KMS_UNSUPPORTED_ORIGIN,
        KmsError::NoHsm => &errors::KMS_UNSUPPORTED_PROTECTION_LEVEL,
        KmsError::NotPermitted { .. } => &errors::KMS_NOT_PERMITTED,
        KmsError::LimitExceeded { .. } => &errors::KMS_LIMIT_EXCEEDED,
        KmsError::InDebt { .. } => &errors::KMS_IN_DEBT,
        KmsError::InvalidImportToken { .. } => &errors::KMS_INVALID_IMPORT_TOKEN,
        KmsError::ExpiredImportToken { .. } => &errors::KMS_EXPIRED_IMPORT_TOKEN,
        KmsError::InvalidKeyMaterial => &errors::KMS_INVALID_KEY_MATERIAL,
        // Nothing was done: it ended before the catalog was changed.
        KmsError::Interrupted | KmsError::Catalog(CatalogError::Busy { .. }) => {
            tracing::error!(request.id = request_id, error = %error, "a call to KMS could not begin");
            return Refusal::new(&errors::KMS_SERVICE_UNAVAILABLE, &[]);
        }
        // A token that went away comes back.
        KmsError::Root(root) if root.is_temporary() => {
            tracing::error!(request.id = request_id, error = %error, "the root of trust does not answer");
            return Refusal::new(&errors::KMS_SERVICE_UNAVAILABLE, &[]);
        }
        KmsError::MaterialDamaged { .. }
        | KmsError::PolicyDamaged { .. }
        | KmsError::SecretDamaged { .. }
        | KmsError::Root(_)
        | KmsError::Catalog(_) => return internal(&error.to_string(), request_id),
    };
    Refusal::new(row, &[&error.to_string()])
}

/// The row for an error of `ram`, asked whether an account has KMS.
pub(super) fn of_ram(error: &RamError, request_id: &str) -> Refusal {
    if error.is_temporary() {
        tracing::error!(request.id = request_id, error = %error, "a call to KMS could not begin");
        return Refusal::new(&errors::KMS_SERVICE_UNAVAILABLE, &[]);
    }
    internal(&error.to_string(), request_id)
}

/// A fault of the server: the log says which, the client learns that there is one.
pub(super) fn internal(why: &str, request_id: &str) -> Refusal {
    tracing::error!(request.id = request_id, error = why, "a call to KMS failed");
    Refusal::new(&errors::KMS_INTERNAL_FAILURE, &[])
}

fn invalid(name: &str, why: &str) -> Refusal {
    Refusal::new(&errors::KMS_INVALID_PARAMETER, &[name, why.trim_end()])
}

fn not_usable(state: KeyState) -> &'static ErrorRow {
    match state {
        KeyState::Enabled => &errors::KMS_ENABLED,
        KeyState::Disabled => &errors::KMS_DISABLED,
        KeyState::PendingDeletion => &errors::KMS_PENDING_DELETION,
        KeyState::PendingImport => &errors::KMS_PENDING_IMPORT,
    }
}

/// What a caller can put right is told; the rest is about keys of ours.
fn of_crypto(error: &CryptoError, request_id: &str) -> Refusal {
    let name = match error {
        CryptoError::AlgorithmForKey { .. } => "Algorithm",
        CryptoError::PlaintextLength { .. } => "Plaintext",
        CryptoError::PublicKey => "PublicKeyBlob",
        CryptoError::KeyLength { .. }
        | CryptoError::EqualKeyHalves
        | CryptoError::SectorSize { .. }
        | CryptoError::PartialSector { .. }
        | CryptoError::SectorNumber { .. }
        | CryptoError::UnsupportedCipher { .. }
        | CryptoError::UnsupportedHash { .. }
        | CryptoError::UnsupportedKdf { .. }
        | CryptoError::KdfCost { .. }
        | CryptoError::KdfMemory { .. }
        | CryptoError::StoredPassword
        | CryptoError::KeyMaterialLength { .. }
        | CryptoError::Context { .. }
        | CryptoError::KeyGeneration { .. }
        | CryptoError::PrivateKey { .. }
        | CryptoError::Encryption
        | CryptoError::Signing => return internal(&error.to_string(), request_id),
    };
    invalid(name, &error.to_string())
}

#[cfg(test)]
mod tests {
    use kms::{KeyId, KeyVersionId, Region};

    use super::*;

    /// The rows bear the codes that `kms` itself gives its errors, and its text.
    #[test]
    fn rows_have_the_codes_of_kms() {
        let (region, at) = (Region::default(), jiff::Timestamp::UNIX_EPOCH);
        let (key, version) = (KeyId::new(at, [1; 10]), KeyVersionId::new(at, [2; 10]));
        let errors = [
            KmsError::MalformedKey { text: "x".to_owned(), why: "why" },
            KmsError::KeyNotFound { key: key.to_string(), region: region.clone() },
            KmsError::KeyInOtherRegion { key, found: region.clone(), wanted: region.clone() },
            KmsError::KeyDestroyed { key, at },
            KmsError::KeyNotUsable { key, state: KeyState::Enabled, action: kms::Action::Encrypt },
            KmsError::KeyNotUsable { key, state: KeyState::Disabled, action: kms::Action::Encrypt },
            KmsError::KeyNotUsable { key, state: KeyState::PendingDeletion, action: kms::Action::Encrypt },
            KmsError::KeyNotUsable { key, state: KeyState::PendingImport, action: kms::Action::Encrypt },
            KmsError::StateModified { key, state: KeyState::Enabled, action: kms::Action::EnableKey },
            KmsError::ServiceKey { key, service: "ecs".to_owned(), action: kms::Action::DisableKey },
            KmsError::UnsupportedAlias { alias: "alias/a".to_owned(), action: kms::Action::DisableKey },
            KmsError::MalformedAlias { text: "x".to_owned(), why: "why" },
            KmsError::AliasNotFound { alias: "alias/a".to_owned(), region: region.clone() },
            KmsError::AliasExists { alias: "alias/a".to_owned(), key },
            KmsError::KeyInUse { key, action: kms::Action::DisableKey, users: Vec::new(), total_count: 1 },
            KmsError::DeletionProtected { key },
            KmsError::InvalidParameter { name: "Plaintext", found: 1, allowed: "less" },
            KmsError::InvalidWord { name: "KeySpec", found: "x".to_owned(), allowed: "y " },
            KmsError::InvalidTags { why: "why".to_owned() },
            KmsError::Unsupported { reason: "why".to_owned() },
            KmsError::UnsupportedOrigin { reason: "why" },
            KmsError::NoHsm,
            KmsError::LimitExceeded { what: "keys", most: 1, region },
            KmsError::InDebt { account: catalog::Account::default() },
            KmsError::InvalidImportToken { key },
            KmsError::ExpiredImportToken { key, at },
            KmsError::InvalidKeyMaterial,
            KmsError::Crypto(CryptoError::PublicKey),
            KmsError::PolicyDamaged { key },
            KmsError::SecretDamaged { purpose: "tests".to_owned() },
            KmsError::Interrupted,
            KmsError::InvalidContext { why: "why".to_owned() },
            KmsError::NotAuthentic,
            KmsError::KeyVersionNotFound { version },
            KmsError::MaterialDamaged { key, version },
        ];
        for error in errors {
            let refusal = refusal(&error, "id");
            assert_eq!(refusal.row().code, error.code(), "{error}");
            let is_told = refusal.row().status < 500 && error.code() != "InvalidParameter";
            assert!(!is_told || refusal.message().contains(&error.to_string()), "{refusal}");
        }
    }
}
