use std::sync::Arc;

use blobs::MemoryStore;

use crate::conformance::keeps_the_contract;

#[tokio::test]
async fn the_memory_store_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    keeps_the_contract(Arc::new(MemoryStore::new(dir.path()).unwrap())).await;
}
