//! A store of immutable blobs: one trait, and three stores behind it.
//!
//! ```text
//!                  work file ── put ──▶ blob ── open ──▶ a path for the engine
//!   LocalStore     work/…     rename     blobs/ID          blobs/ID
//!   S3Store        work/…     parts      bucket/prefix/ID  cache/ID, while it is used and a while longer; uploads/ID says what came
//!   MemoryStore    work/…     read       memory            cache/ID          (for tests)
//! ```

mod blocking;
mod cache;
mod config;
mod error;
mod id;
mod local;
mod memory;
mod s3;
mod work;

use std::ops::Range;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jiff::Timestamp;

pub use config::{LocalConfig, S3Config, StoreConfig};
pub use error::{Cause, StoreError, StoreResult};
pub use id::{BlobId, NotABlobId};
pub use local::LocalStore;
pub use memory::MemoryStore;
pub use s3::{ObjectBucket, PutAhead, S3Store};
pub use work::WorkFile;

use cache::Pin;

/// Where blobs live. A blob has its bytes from the moment in which it appears until it is deleted; an id never gets other bytes.
///
/// Every method may be repeated after a crash, a failure or a dropped future, and then ends well.
#[async_trait]
pub trait BlobStore: std::fmt::Debug + Send + Sync {
    /// The store in words, for messages: its kind and place, nothing secret.
    fn name(&self) -> &str;

    /// The directory in which files are written before they become blobs. For a local store it lies in the same file system.
    fn work_directory(&self) -> &Path;

    /// Makes a finished file of the work directory the blob `id`. When this returns, the blob is durable and the file is gone.
    ///
    /// A put that was interrupted is repeated with the same arguments: it goes on from the work file where there is one, and
    /// is done where only the blob is left. No moment shows a part of a blob. What came of one that will not be repeated goes with
    /// [`BlobStore::give_up`].
    ///
    /// Errors: [`Cause::NotAWorkFile`]; [`Cause::NoWorkFile`] when neither file nor blob is there; the system's or service's.
    async fn put(&self, id: &BlobId, work_file: &Path) -> StoreResult<()>;

    /// Sends what it can of a work file that is still being written, before its put. `None`: this store takes a finished file at once.
    fn put_ahead(&self, _id: &BlobId, _work_file: &Path) -> Option<PutAhead> {
        None
    }

    /// Removes what came of a blob whose put will never be. What is running is ended before.
    ///
    /// Errors: the system's or service's; then [`BlobStore::uploads_here`] finds it.
    async fn give_up(&self, _id: &BlobId) -> StoreResult<()> {
        Ok(())
    }

    /// Gives the blob as a local file, to be read only, for as long as the handle lives. Whoever deletes blobs knows which are in use.
    ///
    /// Errors: [`Cause::NoSuchBlob`]; [`Cause::WrongLength`] when a download is not what the service announced; the system's or service's.
    async fn open(&self, id: &BlobId) -> StoreResult<OpenBlob>;

    /// Bytes `range` of the blob, in memory: the caller bounds the range.
    ///
    /// Errors: [`Cause::NoSuchBlob`], [`Cause::PastTheEnd`], the system's or service's.
    async fn read_range(&self, id: &BlobId, range: Range<u64>) -> StoreResult<Vec<u8>>;

    /// Length of the blob in bytes.
    ///
    /// Errors: [`Cause::NoSuchBlob`], the system's or service's.
    async fn size(&self, id: &BlobId) -> StoreResult<u64>;

    /// Removes the blob, with every version of it that a bucket keeps. An absent blob is fine.
    async fn delete(&self, id: &BlobId) -> StoreResult<()>;

    /// At most `limit` blobs with ids behind `after`, in the order of ids. An empty page is the end.
    /// Files and objects of others, whose names are not ids, do not appear.
    async fn list(&self, after: Option<&BlobId>, limit: usize) -> StoreResult<Vec<BlobEntry>>;

    /// Uploads of blobs that this store's directory has a record of, and that were neither completed nor given up; without those that run in
    /// this process. The service is not asked. Whoever gives up what is not wanted asks what is wanted afterwards: an upload may begin at any
    /// time, but only of a blob that is wanted by then.
    async fn uploads_here(&self) -> StoreResult<Vec<BlobUpload>> {
        Ok(Vec::new())
    }

    /// The others that the service lists. One that cannot list them has none; there is a limit, behind which the next call goes on once these are
    /// gone.
    async fn uploads_elsewhere(&self) -> StoreResult<Vec<BlobUpload>> {
        Ok(Vec::new())
    }

    /// Gives up an upload, unless it runs in this process by now. One that is not there any more is fine.
    async fn abort_upload(&self, _upload: &BlobUpload) -> StoreResult<()> {
        Ok(())
    }

    /// The files in the work directory: those being written, and those that a crash left.
    async fn work_files(&self) -> StoreResult<Vec<WorkFile>>;
}

/// A blob, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobEntry {
    /// The blob.
    pub id: BlobId,
    /// Its length.
    pub bytes: u64,
    /// When it came. A service may tell when the upload began, which for a large blob is long before it was there: whoever removes
    /// blobs by their age must know from elsewhere which ones are being put.
    pub modified: Timestamp,
}

/// An upload that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobUpload {
    /// The blob that it was to become.
    pub blob: BlobId,
    /// Where it was begun.
    pub begun: Begun,
}

/// Where an upload was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// By a process with this store's directory, which has a record of it.
    Here,
    /// By somebody else, or the record was lost.
    Elsewhere {
        /// When, as the service says. A time that cannot be read is the latest there is.
        at: Timestamp,
        /// The service's id of it.
        upload: String,
    },
}

/// A blob as a local file. A downloaded file stays until its last handle is dropped, even when the blob is deleted meanwhile; a local
/// store gives the blob itself, which goes when it is deleted.
#[derive(Debug)]
pub struct OpenBlob {
    path: PathBuf,
    bytes: u64,
    /// Keeps a downloaded file in the cache.
    _pin: Option<Pin>,
}

impl OpenBlob {
    /// The file. Never to be written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length of the blob in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}
