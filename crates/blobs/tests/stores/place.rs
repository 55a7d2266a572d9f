//! A store under test, with helpers to fill it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use blobs::{BlobEntry, BlobId, BlobStore};

/// Longer than anything takes here; a hang is a failure, not a wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again until it is so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < limit, "not in time: {what}");
        tokio::task::yield_now().await;
    }
}

/// Bytes of a pattern that no two offsets near each other share.
pub(crate) fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes as u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

/// The `n`th id. The order of ids is the order of numbers.
pub(crate) fn id(n: u8) -> BlobId {
    BlobId::from_random([n; 16])
}

/// Writes a finished work file.
pub(crate) fn work_file(store: &Arc<dyn BlobStore>, name: &str, bytes: &[u8]) -> PathBuf {
    let path = store.work_directory().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

pub(crate) async fn put(store: &Arc<dyn BlobStore>, id: &BlobId, bytes: &[u8]) {
    let file = work_file(store, "finished", bytes);
    store.put(id, &file).await.unwrap();
}

pub(crate) async fn ids(store: &Arc<dyn BlobStore>) -> Vec<BlobId> {
    store.list(None, 1000).await.unwrap().iter().map(|entry: &BlobEntry| entry.id).collect()
}

/// The error and its cause, as an operator reads them.
pub(crate) fn told(error: &blobs::StoreError) -> String {
    format!("{error}: {}", error.cause)
}
