//! Public keys, ours and those that callers bring.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256K1_SHA256_ASN1, EcdsaVerificationAlgorithm, ParsedPublicKey,
};

use super::pem;
use crate::error::CryptoError;

/// Shortest RSA modulus that is taken from outside. NIST SP 800-131A allows no less.
pub const RSA_BITS_MIN: usize = 2048;

/// Longest RSA modulus that is taken from outside: a limit of this program, so that nobody buys seconds of
/// our time with one request.
pub const RSA_BITS_MAX: usize = 8192;

/// Longest DER or PEM form that is looked at: more than twice the text of an RSA key of 8192 bits.
pub const PUBLIC_KEY_BYTES_MAX: usize = 4096;

/// The SPKI of an uncompressed point of P-256, up to the coordinates.
const P256_SPKI_PREFIX: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04";

/// The same for secp256k1.
const P256K_SPKI_PREFIX: &[u8] = b"\x30\x56\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x05\x2b\x81\x04\x00\x0a\x03\x42\x00\x04";

/// Bytes of the two coordinates of a point, on both curves.
const POINT_BYTES: usize = 64;

/// What a public key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicKeyKind {
    /// RSA.
    Rsa {
        /// Bits of the modulus, 2048 to 8192.
        bits: usize,
    },
    /// NIST P-256.
    EcP256,
    /// secp256k1.
    EcP256k,
}

/// A valid public key: the point is on its curve, the RSA modulus and exponent have sane sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: PublicKeyKind,
    spki: Vec<u8>,
}

impl PublicKey {
    /// Reads an X.509 `SubjectPublicKeyInfo`.
    ///
    /// Taken is the one DER form of a key that every tool writes: RSA of 2048 to 8192 bits with an odd exponent
    /// from 3 to 33 bits (AWS-LC's limits), P-256 or secp256k1 with an uncompressed point. A second form of
    /// the same key would be a second fingerprint.
    ///
    /// Errors: `PublicKey` for all else: RSA keys marked for PSS alone (they must not encrypt), bytes behind the key,
    /// more than [`PUBLIC_KEY_BYTES_MAX`].
    pub fn from_spki(spki: &[u8]) -> Result<Self, CryptoError> {
        if spki.len() > PUBLIC_KEY_BYTES_MAX {
            return Err(CryptoError::PublicKey);
        }
        let kind = kind_of(spki).ok_or(CryptoError::PublicKey)?;
        Ok(Self { kind, spki: spki.to_vec() })
    }

    /// Reads the PEM text of an X.509 `SubjectPublicKeyInfo` (`BEGIN PUBLIC KEY`).
    ///
    /// Errors: `PublicKey`, as [`PublicKey::from_spki`].
    pub fn from_pem(text: &str) -> Result<Self, CryptoError> {
        if text.len() > PUBLIC_KEY_BYTES_MAX {
            return Err(CryptoError::PublicKey);
        }
        Self::from_spki(&pem::decode(text).ok_or(CryptoError::PublicKey)?)
    }

    /// What the key is for.
    #[must_use]
    pub fn kind(&self) -> PublicKeyKind {
        self.kind
    }

    /// X.509 `SubjectPublicKeyInfo`, DER.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The PEM text of [`PublicKey::spki`], as `GetPublicKey` answers it.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode(pem::PUBLIC_KEY, &self.spki).to_string()
    }
}

fn kind_of(spki: &[u8]) -> Option<PublicKeyKind> {
    if is_point(spki, P256_SPKI_PREFIX, &ECDSA_P256_SHA256_ASN1) {
        return Some(PublicKeyKind::EcP256);
    }
    if is_point(spki, P256K_SPKI_PREFIX, &ECDSA_P256K1_SHA256_ASN1) {
        return Some(PublicKeyKind::EcP256k);
    }
    rsa_bits(spki).map(|bits| PublicKeyKind::Rsa { bits })
}

fn is_point(spki: &[u8], prefix: &[u8], algorithm: &'static EcdsaVerificationAlgorithm) -> bool {
    spki.strip_prefix(prefix).is_some_and(|point| point.len() == POINT_BYTES)
        && ParsedPublicKey::new(algorithm, spki).is_ok()
}

/// Bits of the modulus, if `spki` is exactly what AWS-LC writes for the RSA key that it reads from it.
fn rsa_bits(spki: &[u8]) -> Option<usize> {
    let key = PublicEncryptingKey::from_der(spki).ok()?;
    (key.as_der().ok()?.as_ref() == spki).then_some(())?;
    Some(key.key_size_bits()).filter(|bits| (RSA_BITS_MIN..=RSA_BITS_MAX).contains(bits))
}
