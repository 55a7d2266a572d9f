//! Shell room: where image bytes live: files while they are read and written, then blobs in a store.
//!
//! ```text
//!   SourceFile   opened read-only, never changed, read at any offset by any thread
//!   PartialFile  TARGET.partial, locked, written at any offset ── commit ──▶ TARGET
//!   open_own …   files of ours beside a target, where others may write too
//!   HeldFile     opened below a directory that nothing leads out of
//!   PageBuffer   page-aligned memory, fit for O_DIRECT
//!   BlobStore    immutable blobs in a directory, a bucket or memory: work file ── put ──▶ blob ── open ──▶ path
//! ```
//!
//! A target and a blob appear under their names only when they are complete: the bytes are
//! flushed, the name is given, the directory is flushed. Nothing here knows
//! what an image is, or who uses a blob.

#![forbid(unsafe_code)]

mod beneath;
mod buffer;
mod error;
mod own;
mod partial;
mod source;
mod store;

pub use beneath::HeldFile;
pub use buffer::{PAGE_BYTES, PageBuffer};
pub use error::{BlobError, Result};
pub use own::{open_or_make_own, open_own, remove_own, set_len};
pub use partial::{Durability, Overwrite, PartialFile, fsync_directory_of, partial_path};
pub use source::{Identity, SourceFile};
pub use store::{
    Begun, BlobEntry, BlobId, BlobStore, BlobUpload, Cause, LocalConfig, LocalStore, MemoryStore, NotABlobId,
    ObjectBucket, OpenBlob, PutAhead, S3Config, S3Store, StoreConfig, StoreError, StoreResult, WorkFile,
};
