//! Shell room: where image bytes live. For now local files.
//!
//! ```text
//!   SourceFile   opened read-only, never changed, read at any offset by any thread
//!   PartialFile  TARGET.partial, locked, written at any offset ── commit ──▶ TARGET
//!   PageBuffer   page-aligned memory, fit for O_DIRECT
//! ```
//!
//! A target appears under its name only when it is complete: the bytes are
//! flushed, the name is changed, the directory is flushed. Nothing here knows
//! what an image is.

#![forbid(unsafe_code)]

mod buffer;
mod error;
mod partial;
mod source;

pub use buffer::{PAGE_BYTES, PageBuffer};
pub use error::{BlobError, Result};
pub use partial::{Durability, Overwrite, PartialFile, fsync_directory_of, partial_path};
pub use source::{Identity, SourceFile};
