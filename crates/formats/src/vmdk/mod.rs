//! VMDK, of VMware: hosted sparse disks in one file.
//!
//! ```text
//!   monolithicSparse   header ── descriptor ── grain directory ── grain tables ── grains
//!   streamOptimized    header ── descriptor ── marked, compressed grains … ── directory ── footer
//!                                                                (QEMU puts the directory in front)
//! ```
//!
//! All numbers are little endian, offsets count sectors. Disks that name other files (flat and
//! split ones, snapshots) and ESX's own formats are refused; names are not even kept. Source:
//! VMware's Virtual Disk Format 5.0; traps of ../shared/formats.md 6.

mod descriptor;
mod header;
mod map;
mod open;

pub use descriptor::Descriptor;
pub use header::{GRAIN_BYTES_MAX, Header, VIRTUAL_SIZE_MAX};
pub use map::Mapper;
pub use open::{Image, open};

pub(crate) const FORMAT: &str = "vmdk";

/// Everything is counted in sectors of this many bytes.
pub(crate) const SECTOR_BYTES: u64 = 512;
