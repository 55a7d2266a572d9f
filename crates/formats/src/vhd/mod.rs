//! VHD, of Virtual PC, Hyper-V and Azure; QEMU calls it `vpc`.
//!
//! ```text
//!   fixed     disk ── footer
//!   dynamic   footer copy ── dynamic header ── BAT ── blocks ── footer
//!                                               │       └── sector bitmap, data
//!                                               └── sector number of each block
//! ```
//!
//! All numbers are big endian. Differencing disks are refused and what they say about their
//! parent is not even looked at. Source: the VHD Image Format Specification, October 2006;
//! traps of ../shared/formats.md 4.

mod dynamic;
mod footer;
mod geometry;
mod layout;
mod map;
mod open;

pub use dynamic::{BLOCK_BYTES_MAX, BLOCK_BYTES_MIN, DYNAMIC_HEADER_BYTES, DynamicHeader};
pub use footer::{CREATOR, Footer, Kind, TIME_ZERO_UNIX_SECS};
pub use geometry::Geometry;
pub use layout::{BLOCK_BYTES_DEFAULT, Layout, azure_ready};
pub use map::Mapper;
pub use open::{Image, open};

pub(crate) const FORMAT: &str = "vhd";

/// Bytes of a footer, and of its copy at the start.
pub const FOOTER_BYTES: usize = 512;

/// Largest disk: 2040 GiB. Source: the specification, Hyper-V and QEMU.
pub const VIRTUAL_SIZE_MAX: u64 = 2040 << 30;

/// Disks are counted in sectors of this many bytes.
pub(crate) const SECTOR_BYTES: u64 = 512;

/// A BAT entry of a block that is not in the file.
pub(crate) const BAT_UNUSED: u32 = u32::MAX;

/// The one's complement of the sum of all bytes; the checksum field counts as zero.
pub(crate) fn checksum(bytes: &[u8], field: usize) -> u32 {
    let end = field.saturating_add(4);
    let counted = bytes.iter().enumerate().filter(|(at, _)| !(field..end).contains(at));
    !counted.fold(0u32, |sum, (_, byte)| sum.wrapping_add(u32::from(*byte)))
}
