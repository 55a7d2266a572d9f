//! Hashes, and the keyed digest tree over a file or a disk.
//!
//! ```text
//!                 root        binds the length in bytes and the number of leaves
//!              ┌───┴───┐
//!            node     node    up to 128 children: 4 KiB of digests
//!           ┌──┴──┐
//!         leaf   leaf         64 KiB of data, usually; ZERO_LEAF for data that is all zeros
//! ```
//!
//! **Leaves do not know their position.** It is bound by the tree: a node hashes its children in
//! order, the root binds the number of leaves and with it the shape, so equal roots mean equal
//! sequences of leaves. Because of that, a run of zero leaves of any length has one digest per
//! level, and a hole of a terabyte costs as much as one of a megabyte.

mod leaf;
mod tree;

use aws_lc_rs::digest;

pub use leaf::LeafHasher;
pub use tree::{TreeBuilder, TreeKey, TreeKind};

/// Bytes of a digest.
pub const DIGEST_BYTES: usize = 32;

/// A SHA-256 hash, or a keyed digest of the same length.
pub type Digest = [u8; DIGEST_BYTES];

/// Digest of a leaf that is all zeros, whatever its length: no computation, and a hole in a file of
/// digests. A leaf with data has this digest with probability 2^-256.
///
/// Callers use it for every zero leaf or for none: the two give different roots.
pub const ZERO_LEAF: Digest = [0; DIGEST_BYTES];

/// SHA-256 of what comes piece by piece.
pub struct Sha256(digest::Context);

impl Sha256 {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Adds a piece.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The hash of all pieces.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::try_from(self.0.finish().as_ref()).expect("SHA-256 has 32 bytes")
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

/// SHA-256.
#[must_use]
pub fn sha256(data: &[u8]) -> Digest {
    Digest::try_from(digest::digest(&digest::SHA256, data).as_ref()).expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash does not depend on where the pieces are cut.
    #[test]
    fn pieces_have_the_hash_of_the_whole() {
        let whole = [7; 300];
        for cut in [0, 1, 64, 299, 300] {
            let mut pieces = Sha256::new();
            pieces.update(&whole[..cut]);
            pieces.update(&whole[cut..]);
            assert_eq!(pieces.finish(), sha256(&whole), "{cut}");
        }
    }
}
