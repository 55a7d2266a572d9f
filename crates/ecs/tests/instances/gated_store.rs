//! A store whose puts a test can hold back: so it stops a copy that is complete but for its blob.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use blobs::{BlobEntry, BlobId, BlobStore, BlobUpload, OpenBlob, PutAhead, StoreResult, WorkFile};
use tokio::sync::{RwLock, watch};

/// What holds puts back while it is locked for writing, and counts those that have come.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) lock: RwLock<()>,
    come: watch::Sender<usize>,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { lock: RwLock::new(()), come: watch::Sender::new(0) })
    }

    /// Ends when the `n`th put has come.
    pub(crate) async fn put_has_come(&self, n: usize) {
        self.come.subscribe().wait_for(|come| *come >= n).await.unwrap();
    }
}

#[derive(Debug)]
pub(crate) struct GatedStore {
    pub(crate) store: Arc<dyn BlobStore>,
    pub(crate) gate: Arc<Gate>,
}

#[async_trait]
impl BlobStore for GatedStore {
    async fn put(&self, id: &BlobId, work_file: &Path) -> StoreResult<()> {
        self.gate.come.send_modify(|come| *come += 1);
        let _open = self.gate.lock.read().await;
        self.store.put(id, work_file).await
    }

    fn put_ahead(&self, id: &BlobId, work_file: &Path) -> Option<PutAhead> {
        self.store.put_ahead(id, work_file)
    }

    fn name(&self) -> &str {
        self.store.name()
    }

    fn work_directory(&self) -> &Path {
        self.store.work_directory()
    }

    async fn open(&self, id: &BlobId) -> StoreResult<OpenBlob> {
        self.store.open(id).await
    }

    async fn read_range(&self, id: &BlobId, range: Range<u64>) -> StoreResult<Vec<u8>> {
        self.store.read_range(id, range).await
    }

    async fn size(&self, id: &BlobId) -> StoreResult<u64> {
        self.store.size(id).await
    }

    async fn delete(&self, id: &BlobId) -> StoreResult<()> {
        self.store.delete(id).await
    }

    async fn list(&self, after: Option<&BlobId>, limit: usize) -> StoreResult<Vec<BlobEntry>> {
        self.store.list(after, limit).await
    }

    async fn give_up(&self, id: &BlobId) -> StoreResult<()> {
        self.store.give_up(id).await
    }

    async fn uploads_here(&self) -> StoreResult<Vec<BlobUpload>> {
        self.store.uploads_here().await
    }

    async fn uploads_elsewhere(&self) -> StoreResult<Vec<BlobUpload>> {
        self.store.uploads_elsewhere().await
    }

    async fn abort_upload(&self, upload: &BlobUpload) -> StoreResult<()> {
        self.store.abort_upload(upload).await
    }

    async fn work_files(&self) -> StoreResult<Vec<WorkFile>> {
        self.store.work_files().await
    }
}
