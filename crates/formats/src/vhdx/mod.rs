//! VHDX, of Hyper-V: read only.
//!
//! ```text
//!   0        file identifier
//!   64 KiB   header, and another one at 128 KiB: the valid one with the higher sequence counts
//!   192 KiB  region table, and its copy at 256 KiB: where metadata and BAT lie
//!   …        log, metadata (block size, disk size, sector size), BAT, blocks: all on whole MiB
//! ```
//!
//! All numbers are little endian. A log that was not replayed and a parent are reasons to refuse.
//! Opening takes two reads: [`Head`] from the first bytes says where the metadata lie, [`Image`]
//! is made of both. Source: MS-VHDX; traps of ../shared/formats.md 5.

mod guid;
mod head;
mod map;
mod metadata;
mod region;

pub use head::{HEAD_BYTES, Head};
pub use map::Mapper;
pub use metadata::{BLOCK_BYTES_MAX, Image, VIRTUAL_SIZE_MAX};
pub use region::Region;

pub(crate) const FORMAT: &str = "vhdx";

/// All regions and blocks begin at multiples of this.
pub(crate) const ALIGN_BYTES: u64 = 1 << 20;

/// CRC-32C of a structure whose checksum, four bytes at offset 4, counts as zero.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    let before = bytes.get(..4).unwrap_or_default();
    let after = bytes.get(8..).unwrap_or_default();
    [&[0; 4], after].iter().fold(crc32c::crc32c(before), |crc, part| crc32c::crc32c_append(crc, part))
}
