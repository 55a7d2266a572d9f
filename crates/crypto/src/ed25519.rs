//! Ed25519 (RFC 8032), for what others must be able to check without a secret: checkpoints of the audit log.
//!
//! For what only the signer checks, as tokens are, [`crate::mac`] is smaller and faster.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::kdf::hkdf;
use crate::secret::Secret;

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// Bytes of a public key.
pub const PUBLIC_KEY_BYTES: usize = 32;

/// Bytes of the seed of a private key.
const SEED_BYTES: usize = 32;

/// A private key. Signing needs no randomness: equal data has equal signatures.
pub struct Ed25519Key(Ed25519KeyPair);

impl Ed25519Key {
    /// The key for `purpose` below a root secret, always the same one: there is nothing to store.
    ///
    /// The seed is HKDF-SHA-256 of the root with `"reseal ed25519 v1\0"` and the purpose as info. Different
    /// purposes have unrelated keys, and none tells anything about the root.
    #[must_use]
    pub fn derive(root: &Secret, purpose: &str) -> Self {
        let seed = hkdf(root.expose(), b"", &[b"reseal ed25519 v1\0", purpose.as_bytes()], SEED_BYTES)
            .expect("32 bytes are within HKDF's limit");
        Self(Ed25519KeyPair::from_seed_unchecked(seed.expose()).expect("every seed of 32 bytes is a key"))
    }

    /// The key that verifies.
    #[must_use]
    pub fn public_key(&self) -> Ed25519PublicKey {
        let bytes = self.0.public_key().as_ref();
        Ed25519PublicKey(bytes.try_into().expect("a public key has 32 bytes"))
    }

    /// Signs `data`.
    #[must_use]
    pub fn sign(&self, data: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(data).as_ref().try_into().expect("a signature has 64 bytes")
    }
}

/// A public key, as RFC 8032 encodes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ed25519PublicKey(pub [u8; PUBLIC_KEY_BYTES]);

impl Ed25519PublicKey {
    /// Whether `signature` is one of this key over `data`. `false` for bytes that are no key or no signature.
    #[must_use]
    pub fn verify(&self, data: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(data, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(purpose: &str) -> Ed25519Key {
        Ed25519Key::derive(&Secret::copy_of(&[1; 32]), purpose)
    }

    /// The key of a purpose stays the same for all versions of this program, or old checkpoints could not be
    /// checked. The answer was computed with Python's `cryptography`, from the text at `derive`.
    #[test]
    fn the_derived_key_is_that_of_the_reference() {
        assert_eq!(
            hex::encode(key("audit").public_key().0),
            "7723240ace33345c96f5698b16457a297393f5fdd1730cb375edcdd02ed28519"
        );
        assert_eq!(
            hex::encode(key("audit").sign(b"checkpoint 1")),
            "66e07d0de27dff6961330efc145bb3e20eed52d232e46c4c7ffa26c61b4cddfb4694760bd65117be91885d5765df9f2580c2f5a93010b603ed3d96404ba3150d"
        );
    }

    /// A signature verifies over its own data, under the key of its own purpose and root, and whole.
    #[test]
    fn signatures_are_bound_to_data_purpose_and_root() {
        let (audit, signature) = (key("audit").public_key(), key("audit").sign(b"x"));
        assert!(audit.verify(b"x", &signature));
        assert!(!audit.verify(b"y", &signature));
        assert!(!key("other").public_key().verify(b"x", &signature));
        let other_root = Ed25519Key::derive(&Secret::copy_of(&[2; 32]), "audit");
        assert!(!other_root.public_key().verify(b"x", &signature));
        for len in 0..SIGNATURE_BYTES {
            assert!(!audit.verify(b"x", &signature[..len]));
        }
        for bit in 0..SIGNATURE_BYTES * 8 {
            let mut changed = signature;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!audit.verify(b"x", &changed), "bit {bit}");
        }
    }

    /// Bytes that are no point verify nothing and do not panic.
    #[test]
    fn a_public_key_that_is_no_point_verifies_nothing() {
        for bytes in [[0; 32], [0xff; 32], [2; 32]] {
            assert!(!Ed25519PublicKey(bytes).verify(b"x", &key("audit").sign(b"x")));
        }
    }
}
