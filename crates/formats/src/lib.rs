//! Pure room: disk image bytes to typed headers, tables and extents, and back.
//!
//! ```text
//!   bytes ──decode──▶ Header, Table …        (slices in, values out)
//!   Header ──walk──▶ Step::Read / Step::Extent (the caller reads, the walker decides)
//!   values ──encode──▶ bytes                  (for the formats that we write)
//! ```
//!
//! This crate does no I/O, sees no keys, reads no clock and never panics on
//! what it is given. An image never opens another file by itself: a backing
//! file or an external data file is reported, and the caller decides.

#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod codec;
pub mod envelope;
mod error;
mod extent;
mod fields;
pub mod luks;
pub mod luks1;
pub mod luks2;
pub mod probe;
pub mod qcow2;
mod tables;
pub mod vhd;
pub mod vhdx;
pub mod vmdk;
mod walk;

pub use error::{ErrorKind, FormatError, Result};
pub use extent::{Codec, Extent, GuestOffset, HostOffset, Mapping};
pub use walk::{READ_LEN_MAX, Step, Walk};
