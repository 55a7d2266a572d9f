use std::collections::BTreeMap;
use std::io::Read;
use std::ops::{Bound, Range};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;

use super::cache::Cache;
use super::error::StoreName;
use super::work::{WorkDirectory, changed};
use super::{BlobEntry, BlobId, BlobStore, Cause, OpenBlob, StoreResult, WorkFile};

/// Blobs in memory, for tests. Work files and opened blobs are files of a directory, as with any other store.
#[derive(Debug)]
pub struct MemoryStore {
    name: StoreName,
    work: WorkDirectory,
    cache: Arc<Cache>,
    blobs: Mutex<BTreeMap<BlobId, Blob>>,
}

#[derive(Clone)]
struct Blob {
    bytes: Arc<[u8]>,
    modified: Timestamp,
}

impl std::fmt::Debug for Blob {
    /// Shows no content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.bytes.len())
    }
}

impl MemoryStore {
    /// An empty store, whose files lie in `directory`.
    ///
    /// Errors: the system's.
    pub fn new(directory: &Path) -> StoreResult<Self> {
        let name = StoreName("memory store".to_owned());
        let work = WorkDirectory::create(directory).map_err(name.failed("open", None))?;
        let cache = Cache::create(directory, 0).map_err(name.failed("open", None))?;
        Ok(Self { name, work, cache, blobs: Mutex::default() })
    }

    fn take(&self, id: &BlobId, work_file: &Path) -> Result<(), Cause> {
        let Some(mut file) = self.work.open(work_file)? else {
            return self.blob(id).map(drop).map_err(|_| Cause::NoWorkFile(work_file.to_owned()));
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let blob = Blob { bytes: bytes.into(), modified: changed(&file.metadata()?) };
        self.blobs().insert(*id, blob);
        Ok(std::fs::remove_file(work_file)?)
    }

    fn blob(&self, id: &BlobId) -> Result<Blob, Cause> {
        self.blobs().get(id).cloned().ok_or(Cause::NoSuchBlob)
    }

    fn blobs(&self) -> MutexGuard<'_, BTreeMap<BlobId, Blob>> {
        self.blobs.lock().expect("no holder of this lock can panic")
    }
}

#[async_trait]
impl BlobStore for MemoryStore {
    fn name(&self) -> &str {
        &self.name.0
    }

    fn work_directory(&self) -> &Path {
        self.work.path()
    }

    async fn put(&self, id: &BlobId, work_file: &Path) -> StoreResult<()> {
        self.take(id, work_file).map_err(self.name.failed("put", Some(id)))
    }

    async fn open(&self, id: &BlobId) -> StoreResult<OpenBlob> {
        let opened = self.cache.open(id, async |path| {
            let blob = self.blob(id)?;
            std::fs::write(path, &blob.bytes)?;
            Ok(blob.bytes.len() as u64)
        });
        opened.await.map_err(self.name.failed("open", Some(id)))
    }

    async fn read_range(&self, id: &BlobId, range: Range<u64>) -> StoreResult<Vec<u8>> {
        let read = self.blob(id).and_then(|blob| {
            let blob_bytes = blob.bytes.len() as u64;
            let found = blob.bytes.get(range.start as usize..range.end as usize);
            found.map(<[u8]>::to_vec).ok_or(Cause::PastTheEnd { blob_bytes, end: range.end })
        });
        read.map_err(self.name.failed("read", Some(id)))
    }

    async fn size(&self, id: &BlobId) -> StoreResult<u64> {
        let blob = self.blob(id).map_err(self.name.failed("measure", Some(id)))?;
        Ok(blob.bytes.len() as u64)
    }

    async fn delete(&self, id: &BlobId) -> StoreResult<()> {
        self.blobs().remove(id);
        self.cache.forget(id);
        Ok(())
    }

    async fn list(&self, after: Option<&BlobId>, limit: usize) -> StoreResult<Vec<BlobEntry>> {
        let from = after.map_or(Bound::Unbounded, |id| Bound::Excluded(*id));
        let blobs = self.blobs();
        let behind = blobs.range((from, Bound::Unbounded)).take(limit);
        Ok(behind
            .map(|(&id, blob)| BlobEntry { id, bytes: blob.bytes.len() as u64, modified: blob.modified })
            .collect())
    }

    async fn work_files(&self) -> StoreResult<Vec<WorkFile>> {
        self.work.files().map_err(self.name.failed("list the work files of", None))
    }
}
