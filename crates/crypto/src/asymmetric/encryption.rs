//! RSA encryption: OAEP for callers' data, OAEP or PKCS#1 v1.5 for keys that travel.

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};

use super::{Family, KeySpec, PublicKey, PublicKeyKind, public_key};
use crate::error::CryptoError;
use crate::secret::Secret;

/// Least padding of PKCS#1 v1.5: `00 02`, eight random bytes, `00`.
pub(super) const PKCS1_OVERHEAD_BYTES: usize = 11;

/// RSAES-OAEP, with the same hash in MGF1 and an empty label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oaep {
    /// `RSAES_OAEP_SHA_1`. Collisions of SHA-1 do not matter to OAEP.
    Sha1,
    /// `RSAES_OAEP_SHA_256`.
    Sha256,
}

impl Oaep {
    /// The name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "RSAES_OAEP_SHA_1",
            Self::Sha256 => "RSAES_OAEP_SHA_256",
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256].into_iter().find(|oaep| oaep.name() == name)
    }

    fn algorithm(self) -> &'static OaepAlgorithm {
        match self {
            Self::Sha1 => &OAEP_SHA1_MGF1SHA1,
            Self::Sha256 => &OAEP_SHA256_MGF1SHA256,
        }
    }

    /// Bytes of a ciphertext that are not plaintext: two hashes and two bytes.
    fn overhead_bytes(self) -> usize {
        match self {
            Self::Sha1 => 42,
            Self::Sha256 => 66,
        }
    }
}

/// How a key is encrypted to a public key, when it is imported or exported.
///
/// PKCS#1 v1.5 is here and not in [`Oaep`], so that nothing can decrypt it but [`super::UnwrappingKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrappingAlgorithm {
    /// `RSAES_PKCS1_V1_5`.
    Pkcs1V15,
    /// OAEP.
    Oaep(Oaep),
}

impl WrappingAlgorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pkcs1V15, Self::Oaep(Oaep::Sha1), Self::Oaep(Oaep::Sha256)];

    /// The name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pkcs1V15 => "RSAES_PKCS1_V1_5",
            Self::Oaep(oaep) => oaep.name(),
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    fn overhead_bytes(self) -> usize {
        match self {
            Self::Pkcs1V15 => PKCS1_OVERHEAD_BYTES,
            Self::Oaep(oaep) => oaep.overhead_bytes(),
        }
    }
}

impl From<Oaep> for WrappingAlgorithm {
    fn from(oaep: Oaep) -> Self {
        Self::Oaep(oaep)
    }
}

/// The ciphertext was made for another key or algorithm, or it was changed: one case on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ciphertext does not belong to this key and algorithm, or it was changed")]
pub struct NotDecrypted;

/// A private RSA key that decrypts OAEP.
pub struct DecryptionKey {
    private: OaepPrivateDecryptingKey,
    public: PublicKey,
}

impl DecryptionKey {
    /// Opens the PKCS#8 form of an RSA key.
    ///
    /// Errors: `PrivateKey` if it is not a key of `spec`, or if that is not RSA.
    pub fn from_pkcs8(spec: KeySpec, private: &Secret) -> Result<Self, CryptoError> {
        let open = |bytes: usize| {
            let key = PrivateDecryptingKey::from_pkcs8(private.expose()).ok()?;
            let public = public_key(&key.public_key())?;
            let private = OaepPrivateDecryptingKey::new(key).ok().filter(|key| key.key_size_bytes() == bytes)?;
            Some(Self { private, public })
        };
        match spec.family() {
            Family::Rsa { size } => open(size.len()),
            Family::Ec { .. } => None,
        }
        .ok_or(CryptoError::PrivateKey { spec: spec.name() })
    }

    /// The key that encrypts.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Decrypts what [`PublicKey::encrypt`] or anyone encrypted. AWS-LC checks the padding in constant time.
    ///
    /// `ciphertext`: as long as the modulus.
    /// Errors: [`NotDecrypted`], for whatever is wrong.
    pub fn decrypt(&self, oaep: Oaep, ciphertext: &[u8]) -> Result<Secret, NotDecrypted> {
        let mut len = 0;
        let block = Secret::try_from_fn(self.private.min_output_size(), |out| {
            len = self.private.decrypt(oaep.algorithm(), ciphertext, out, None).map_err(|_| NotDecrypted)?.len();
            Ok(())
        })?;
        Ok(block.shortened(len))
    }
}

impl PublicKey {
    /// Most bytes that [`PublicKey::encrypt`] takes; `None` if the key is not RSA.
    #[must_use]
    pub fn plaintext_bytes_max(&self, algorithm: impl Into<WrappingAlgorithm>) -> Option<usize> {
        match self.kind() {
            PublicKeyKind::Rsa { bits } => Some(bits.div_ceil(8).saturating_sub(algorithm.into().overhead_bytes())),
            PublicKeyKind::EcP256 | PublicKeyKind::EcP256k => None,
        }
    }

    /// Encrypts a short plaintext or a key to the holder of the private key. Returns as many bytes as the modulus has.
    ///
    /// Errors: `AlgorithmForKey` if the key is not RSA; `PlaintextLength` above
    /// [`PublicKey::plaintext_bytes_max`]; `Encryption` when AWS-LC refuses, for lack of memory.
    pub fn encrypt(&self, algorithm: impl Into<WrappingAlgorithm>, plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let algorithm = algorithm.into();
        let max =
            self.plaintext_bytes_max(algorithm).ok_or(CryptoError::AlgorithmForKey { algorithm: algorithm.name() })?;
        if plaintext.len() > max {
            return Err(CryptoError::PlaintextLength { max, found: plaintext.len() });
        }
        rsa_encrypt(self.spki(), algorithm, plaintext).ok_or(CryptoError::Encryption)
    }
}

fn rsa_encrypt(spki: &[u8], algorithm: WrappingAlgorithm, plaintext: &[u8]) -> Option<Vec<u8>> {
    let key = PublicEncryptingKey::from_der(spki).ok()?;
    let mut ciphertext = vec![0; key.key_size_bytes()];
    match algorithm {
        WrappingAlgorithm::Pkcs1V15 => {
            Pkcs1PublicEncryptingKey::new(key).ok()?.encrypt(plaintext, &mut ciphertext).ok()?;
        }
        WrappingAlgorithm::Oaep(oaep) => {
            let key = OaepPublicEncryptingKey::new(key).ok()?;
            key.encrypt(oaep.algorithm(), plaintext, &mut ciphertext, None).ok()?;
        }
    }
    Some(ciphertext)
}
