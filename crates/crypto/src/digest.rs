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

/// SHA-256.
#[must_use]
pub fn sha256(data: &[u8]) -> Digest {
    Digest::try_from(digest::digest(&digest::SHA256, data).as_ref()).expect("SHA-256 has 32 bytes")
}
