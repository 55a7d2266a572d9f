//! Signatures over SHA-256 digests.

use aws_lc_rs::digest::{Digest as AwsDigest, SHA256};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256K1_SHA256_ASN1, EcdsaKeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};

use super::{Family, KeySpec, PublicKey, PublicKeyKind, public_key};
use crate::digest::Digest;
use crate::error::CryptoError;
use crate::secret::Secret;

/// A signature algorithm of the KMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, a salt of 32 bytes.
    RsaPssSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// ECDSA with SHA-256 on the key's curve; DER `SEQUENCE { r, s }`.
    ///
    /// `s` is not made small and need not be: for each signature there is a second one (`n − s`) that anyone can
    /// compute, as in the standard. Whoever needs one signature a message (Bitcoin does) negates it himself.
    EcdsaSha256,
}

impl SignatureAlgorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RsaPssSha256, Self::RsaPkcs1Sha256, Self::EcdsaSha256];

    /// The name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaPssSha256 => "RSA_PSS_SHA_256",
            Self::RsaPkcs1Sha256 => "RSA_PKCS1_SHA_256",
            Self::EcdsaSha256 => "ECDSA_SHA_256",
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// A private key that signs.
pub struct SigningKey(Pair);

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl SigningKey {
    /// Opens the PKCS#8 form of a key.
    ///
    /// Errors: `PrivateKey` if it is not a key of `spec`.
    pub fn from_pkcs8(spec: KeySpec, private: &Secret) -> Result<Self, CryptoError> {
        let pkcs8 = private.expose();
        let pair = match spec.family() {
            Family::Rsa { size } => {
                RsaKeyPair::from_pkcs8(pkcs8).ok().filter(|pair| pair.public_modulus_len() == size.len()).map(Pair::Rsa)
            }
            Family::Ec { algorithm, .. } => EcdsaKeyPair::from_pkcs8(algorithm, pkcs8).ok().map(Pair::Ec),
        };
        pair.map(Self).ok_or(CryptoError::PrivateKey { spec: spec.name() })
    }

    /// The key that verifies.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        match &self.0 {
            Pair::Rsa(pair) => public_key(pair.public_key()),
            Pair::Ec(pair) => public_key(pair.public_key()),
        }
        .expect("AWS-LC writes the public half of a key that it holds, and reads what it wrote")
    }

    /// Signs a digest. RSA signatures are as long as the modulus, ECDSA ones have at most 72 bytes.
    ///
    /// Errors: `AlgorithmForKey` if the algorithm is not one of this kind of key; `Signing` when AWS-LC refuses,
    /// which it does for lack of memory only.
    pub fn sign(&self, algorithm: SignatureAlgorithm, digest: &Digest) -> Result<Vec<u8>, CryptoError> {
        let digest = imported(digest);
        let signature = match (&self.0, algorithm) {
            (Pair::Ec(pair), SignatureAlgorithm::EcdsaSha256) => {
                pair.sign_digest(&digest).ok().map(|signature| signature.as_ref().to_vec())
            }
            (Pair::Rsa(pair), SignatureAlgorithm::RsaPssSha256 | SignatureAlgorithm::RsaPkcs1Sha256) => {
                let padding =
                    if algorithm == SignatureAlgorithm::RsaPssSha256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(padding, &digest, &mut signature).ok().map(|()| signature)
            }
            _ => return Err(CryptoError::AlgorithmForKey { algorithm: algorithm.name() }),
        };
        signature.ok_or(CryptoError::Signing)
    }
}

impl PublicKey {
    /// Whether `signature` is one of this key over `digest`. ECDSA signatures must be DER, with any `s` in range.
    ///
    /// Errors: `AlgorithmForKey` if the algorithm is not one of this kind of key.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &Digest,
        signature: &[u8],
    ) -> Result<bool, CryptoError> {
        let verification: &'static dyn VerificationAlgorithm = match (self.kind(), algorithm) {
            (PublicKeyKind::Rsa { .. }, SignatureAlgorithm::RsaPssSha256) => &RSA_PSS_2048_8192_SHA256,
            (PublicKeyKind::Rsa { .. }, SignatureAlgorithm::RsaPkcs1Sha256) => &RSA_PKCS1_2048_8192_SHA256,
            (PublicKeyKind::EcP256, SignatureAlgorithm::EcdsaSha256) => &ECDSA_P256_SHA256_ASN1,
            (PublicKeyKind::EcP256k, SignatureAlgorithm::EcdsaSha256) => &ECDSA_P256K1_SHA256_ASN1,
            _ => return Err(CryptoError::AlgorithmForKey { algorithm: algorithm.name() }),
        };
        Ok(UnparsedPublicKey::new(verification, self.spki()).verify_digest(&imported(digest), signature).is_ok())
    }
}

/// The digest as AWS-LC's type: whose hash it is, is the caller's word.
fn imported(digest: &Digest) -> AwsDigest {
    AwsDigest::import_less_safe(digest, &SHA256).expect("SHA-256 has 32 bytes")
}
