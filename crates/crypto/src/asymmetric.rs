//! Asymmetric keys of the KMS: RSA and ECDSA, and RSA as the envelope of imported and exported keys.
//!
//! ```text
//!   generate(KeySpec) ──▶ KeyPair { private: PKCS#8 in a Secret, public: SubjectPublicKeyInfo }
//!                            │                                      │
//!     SigningKey ◀───────────┤  one use a key: SIGN/VERIFY          ├──▶ verify
//!     DecryptionKey ◀────────┤  or ENCRYPT/DECRYPT (OAEP)           └──▶ encrypt, also to keys of others
//!     UnwrappingKey ◀────────┘  of a key import: PKCS#1 v1.5 too
//! ```
//!
//! Signatures are over a SHA-256 digest that the caller of the KMS computed: nobody here knows whether it
//! is the digest of anything.
//!
//! Private scalars of curves come from [`Random`]. RSA primes, blinding, padding and the secret numbers of
//! ECDSA come from AWS-LC's own generator, which takes 23 ms at its first use in a process: nothing else in this
//! crate starts it. Private keys in use lie in AWS-LC's heap: wiped when freed, not locked.

mod encryption;
mod pem;
mod public_key;
mod raw_rsa;
mod signing;
mod ssh;
mod unwrap;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256K1_SHA256_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    KeyPair as _, RsaKeyPair,
};

use crate::error::CryptoError;
use crate::random::Random;
use crate::secret::Secret;

pub use encryption::{DecryptionKey, NotDecrypted, Oaep, WrappingAlgorithm};
pub use public_key::{PUBLIC_KEY_BYTES_MAX, PublicKey, PublicKeyKind, RSA_BITS_MAX, RSA_BITS_MIN};
pub use signing::{SignatureAlgorithm, SigningKey};
pub use ssh::{NotAnSshKey, SSH_PUBLIC_KEY_CHARS_MAX, SshPublicKey, rsa_private_pem};
pub use unwrap::{InvalidKeyMaterial, Unwrapped, UnwrappingKey};

/// Bytes of a private scalar of both curves.
const SCALAR_BYTES: usize = 32;

/// Draws of a scalar before a random source counts as broken. A good one fails once with probability
/// 2^-32 (P-256) or 2^-127 (secp256k1).
const SCALAR_DRAWS_MAX: usize = 8;

/// PKCS#8 `PrivateKeyInfo` around an RFC 5915 `ECPrivateKey` of P-256 without the public key, up to the scalar.
const P256_PKCS8_PREFIX: &[u8] = b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x04\x27\x30\x25\x02\x01\x01\x04\x20";

/// The same for secp256k1.
const P256K_PKCS8_PREFIX: &[u8] = b"\x30\x3e\x02\x01\x00\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x05\x2b\x81\x04\x00\x0a\x04\x27\x30\x25\x02\x01\x01\x04\x20";

/// An asymmetric `KeySpec` of the KMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySpec {
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// NIST P-256 (secp256r1).
    EcP256,
    /// secp256k1.
    EcP256k,
}

impl KeySpec {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rsa2048, Self::Rsa3072, Self::EcP256, Self::EcP256k];

    /// The name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::EcP256 => "EC_P256",
            Self::EcP256k => "EC_P256K",
        }
    }

    /// The spec of this name; `None` for symmetric and unknown ones.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|spec| spec.name() == name)
    }

    /// How AWS-LC handles keys of this spec.
    fn family(self) -> Family {
        match self {
            Self::Rsa2048 => Family::Rsa { size: KeySize::Rsa2048 },
            Self::Rsa3072 => Family::Rsa { size: KeySize::Rsa3072 },
            Self::EcP256 => Family::Ec { algorithm: &ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8_prefix: P256_PKCS8_PREFIX },
            Self::EcP256k => {
                Family::Ec { algorithm: &ECDSA_P256K1_SHA256_ASN1_SIGNING, pkcs8_prefix: P256K_PKCS8_PREFIX }
            }
        }
    }
}

enum Family {
    Rsa { size: KeySize },
    Ec { algorithm: &'static EcdsaSigningAlgorithm, pkcs8_prefix: &'static [u8] },
}

/// A new key in the forms in which it is kept.
pub struct KeyPair {
    /// PKCS#8 DER. For [`SigningKey`], [`DecryptionKey`] or [`UnwrappingKey`].
    pub private: Secret,
    /// May be shown to anyone.
    pub public: PublicKey,
}

/// Makes a key. RSA keeps a core busy, for about 0.1 s (2048 bits) or 0.4 s (3072 bits), with a wide
/// spread: call it where waiting is allowed.
///
/// `random` gives the private scalar of a curve; RSA primes come from AWS-LC (see the module's text).
///
/// Errors: `KeyGeneration` when a source of randomness is broken or memory is short.
pub fn generate(spec: KeySpec, random: &dyn Random) -> Result<KeyPair, CryptoError> {
    match spec.family() {
        Family::Rsa { size } => generate_rsa(size),
        Family::Ec { algorithm, pkcs8_prefix } => generate_ec(algorithm, pkcs8_prefix, random),
    }
    .ok_or(CryptoError::KeyGeneration { spec: spec.name() })
}

fn generate_rsa(size: KeySize) -> Option<KeyPair> {
    let pair = RsaKeyPair::generate(size).ok()?;
    let private = Secret::copy_of(pair.as_der().ok()?.as_ref());
    Some(KeyPair { private, public: public_key(pair.public_key())? })
}

fn generate_ec(algorithm: &'static EcdsaSigningAlgorithm, prefix: &[u8], random: &dyn Random) -> Option<KeyPair> {
    // AWS-LC refuses zero and what is not below the order of the curve; then another number is drawn.
    let pair = (0..SCALAR_DRAWS_MAX).find_map(|_| {
        let scalar = Secret::random(SCALAR_BYTES, random);
        let pkcs8 = Secret::from_fn(prefix.len().saturating_add(SCALAR_BYTES), |out| {
            out.iter_mut().zip(prefix.iter().chain(scalar.expose())).for_each(|(to, from)| *to = *from);
        });
        EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.expose()).ok()
    })?;
    // Kept with its public key, so that opening it does not compute that again.
    let private = Secret::copy_of(pair.to_pkcs8v1().ok()?.as_ref());
    Some(KeyPair { private, public: public_key(pair.public_key())? })
}

/// The public half of a key that AWS-LC holds.
fn public_key(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Option<PublicKey> {
    PublicKey::from_spki(key.as_der().ok()?.as_ref()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{OsRandom, SeededRandom};

    struct Constant(u8);

    impl Random for Constant {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    /// Names go there and back, and no other spec of the KMS is taken for an asymmetric one.
    #[test]
    fn key_specs_have_the_names_of_the_api() {
        for spec in KeySpec::ALL {
            assert_eq!(KeySpec::from_name(spec.name()), Some(spec));
        }
        for name in ["Aliyun_AES_256", "Aliyun_SM4", "EC_SM2", "rsa_2048", "RSA_4096", ""] {
            assert_eq!(KeySpec::from_name(name), None, "{name}");
        }
    }

    /// Private scalars come from the given source and nowhere else: the same source, the same key.
    #[test]
    fn curve_keys_come_from_the_random_source() {
        for spec in [KeySpec::EcP256, KeySpec::EcP256k] {
            let make = |seed: &[u8]| generate(spec, &SeededRandom::new(seed)).expect("a good source");
            let (a, b, other) = (make(b"a"), make(b"a"), make(b"b"));
            assert!(a.private.equals(&b.private) && a.public == b.public);
            assert!(!a.private.equals(&other.private) && a.public != other.public);
        }
    }

    /// A source that gives no valid scalar (zero, or above the order) ends in an error, not in a loop.
    #[test]
    fn a_broken_random_source_is_an_error() {
        for spec in [KeySpec::EcP256, KeySpec::EcP256k] {
            for byte in [0, 0xff] {
                let error = generate(spec, &Constant(byte)).err();
                assert_eq!(error, Some(CryptoError::KeyGeneration { spec: spec.name() }));
            }
        }
    }

    /// Every kind of key opens again from its PKCS#8 form, under its own spec only.
    #[test]
    fn generated_keys_open_under_their_own_spec_only() {
        for made in KeySpec::ALL {
            let pair = generate(made, &OsRandom).expect("a good source");
            for spec in KeySpec::ALL {
                let opened = SigningKey::from_pkcs8(spec, &pair.private);
                assert_eq!(opened.is_ok(), spec == made, "{} as {}", made.name(), spec.name());
                let is_rsa = matches!(made, KeySpec::Rsa2048 | KeySpec::Rsa3072);
                let decrypts = DecryptionKey::from_pkcs8(spec, &pair.private).is_ok();
                assert_eq!(decrypts, is_rsa && spec == made, "{} as {}", made.name(), spec.name());
                for algorithm in WrappingAlgorithm::ALL {
                    let unwraps = UnwrappingKey::from_pkcs8(spec, algorithm, &pair.private).is_ok();
                    assert_eq!(unwraps, is_rsa && spec == made, "{} as {}", made.name(), spec.name());
                }
            }
        }
    }
}
