//! Digest of one leaf: GMAC, then a pseudorandom function.
//!
//! ```text
//!   leaf = BLAKE3(key 2, GMAC(key 1, nonce 0, data))
//! ```
//! GMAC is AES-256-GCM over associated data alone. Its core, GHASH, is an almost universal hash: for
//! two different leaves of 64 KiB, chosen without knowing key 1, the results are equal with
//! probability below 2^-115. What GMAC adds under a fixed nonce is a constant, so it changes nothing there.
//! The outer function hides the results, from which key 1 could be computed. Together this is a
//! pseudorandom function (universal hash, then PRF): deterministic, no nonce to manage, and with
//! 2^24 leaves (1 TiB) someone without the keys finds two equal ones with probability below 2^-67.
//!
//! Chosen by measurement (`examples/speed.rs`): over four times as fast as keyed BLAKE3 over the data
//! and eighteen times as fast as HMAC-SHA-256. The price: who *has* the data key can make two leaves
//! with one digest, which a collision-resistant hash would not let him. A tree does not protect an
//! image from the holders of its key.

use crate::gcm::{Gcm, NONCE_BYTES};
use crate::secret::Secret;

use super::Digest;
use super::tree::{TreeKey, keyed};

/// Digests leaves. One per thread.
pub struct LeafHasher {
    universal: Gcm,
    outer: Secret,
}

impl LeafHasher {
    /// A hasher for the leaves of one tree.
    #[must_use]
    pub fn new(key: &TreeKey) -> Self {
        Self { universal: Gcm::new(&key.universal), outer: key.leaf.duplicate() }
    }

    /// Digest of a leaf's bytes, of any number; leaves of different lengths have different digests.
    ///
    /// For leaves of zeros see [`super::ZERO_LEAF`].
    #[must_use]
    pub fn leaf(&mut self, data: &[u8]) -> Digest {
        let tag = self.universal.seal([0; NONCE_BYTES], data, &mut []);
        keyed(&self.outer, &tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{TreeKind, ZERO_LEAF};

    fn hasher(kind: TreeKind, salt: &[u8]) -> LeafHasher {
        LeafHasher::new(&TreeKey::derive(&Secret::copy_of(&[1; 32]), kind, salt))
    }

    /// Every bit, every length, the kind of tree and its salt change the digest.
    #[test]
    fn a_leaf_digest_depends_on_everything() {
        let mut file = hasher(TreeKind::File, b"");
        let data: Vec<u8> = (0..4096_u32).map(|i| ((i * i) >> 4) as u8).collect();
        let digest = file.leaf(&data);
        let mut seen = vec![ZERO_LEAF, digest];
        for bit in (0..data.len() * 8).step_by(97) {
            let mut changed = data.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            seen.push(file.leaf(&changed));
        }
        seen.extend([0, 1, 15, 16, 17, 4095].map(|len| file.leaf(&data[..len])));
        seen.extend([2, 16, 4096].map(|len| file.leaf(&vec![0; len])));
        seen.push(hasher(TreeKind::Guest, b"").leaf(&data));
        seen.push(hasher(TreeKind::File, b"x").leaf(&data));
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count, "two inputs have the same digest");
        assert_eq!(hasher(TreeKind::File, b"").leaf(&data), digest, "the digest is deterministic");
    }
}
