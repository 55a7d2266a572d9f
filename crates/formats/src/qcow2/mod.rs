//! qcow2, versions 2 and 3: QEMU's own format.
//!
//! ```text
//!   Header ── L1 table ── L2 tables ── data clusters
//!      │                                (compressed ones share host clusters)
//!      └── extensions: LUKS pointer, KMS envelope, names of other files, bitmaps
//! ```
//!
//! Reading uses only what says where the active state of the disk lies: the header, L1 and L2.
//! Refcounts are not needed for that, so a dirty image (lazy refcounts after a crash) reads
//! safely. Source: QEMU's `docs/interop/qcow2.txt`; limits of ../shared/formats.md 1.

mod encode;
mod extension;
mod feature;
mod header;
mod layout;
mod map;
mod snapshot;

pub use encode::{
    Backing, HeaderFields, L2Entry, encode_header, encode_l1_window, encode_refcount_block, encode_refcount_table,
};
pub use extension::{ENVELOPE_EXTENSION, Extension, LuksPointer};
pub use feature::{Feature, unknown_incompatible};
pub use header::{CryptMethod, Given, Header};
pub use layout::{Layout, Tail};
pub use map::Mapper;
pub use snapshot::{SNAPSHOT_TABLE_READ_MAX, Snapshot, decode_snapshots};

pub(crate) const FORMAT: &str = "qcow2";

/// `QFI\xfb`.
pub const MAGIC: [u8; 4] = *b"QFI\xfb";

/// Smallest cluster: 512 bytes. Source: qcow2.txt.
pub const CLUSTER_BITS_MIN: u32 = 9;

/// Largest cluster that QEMU accepts: 2 MiB (the specification has no limit).
pub const CLUSTER_BITS_MAX: u32 = 21;

/// Largest virtual disk that we read or write: 1 PiB. Ours; far above any disk that
/// exists, and low enough that no offset computed from it overflows.
pub const VIRTUAL_SIZE_MAX: u64 = 1 << 50;
