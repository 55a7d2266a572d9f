//! What only a local store promises: constant time, permissions, and that foreign files stay.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use blobs::{BlobStore, LocalStore};

use crate::conformance::keeps_the_contract;
use crate::place::{id, ids, put, work_file};

fn open(directory: &Path) -> Arc<dyn BlobStore> {
    Arc::new(LocalStore::open(directory).unwrap())
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_local_store_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    keeps_the_contract(open(&dir.path().join("new/store"))).await;
}

/// The file itself becomes the blob, so a put costs the same for any size: no byte moves.
#[tokio::test]
async fn a_put_is_a_rename() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let file = work_file(&store, "finished", b"content");
    let inode = std::fs::metadata(&file).unwrap().ino();
    store.put(&id(1), &file).await.unwrap();
    let opened = store.open(&id(1)).await.unwrap();
    assert_eq!(std::fs::metadata(opened.path()).unwrap().ino(), inode);
}

#[tokio::test]
async fn blobs_and_directories_are_for_their_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("store/blobs")).unwrap();
    let store = open(&dir.path().join("store"));
    let file = work_file(&store, "finished", b"content");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o664)).unwrap();
    store.put(&id(1), &file).await.unwrap();
    let blob = store.open(&id(1)).await.unwrap();
    assert_eq!(mode(blob.path()), 0o600);
    assert_eq!(mode(blob.path().parent().unwrap()), 0o700);
    assert_eq!(mode(store.work_directory()), 0o700);
}

#[tokio::test]
async fn blobs_outlive_the_process_and_foreign_files_are_not_blobs() {
    let dir = tempfile::tempdir().unwrap();
    put(&open(dir.path()), &id(1), b"content").await;
    std::fs::write(dir.path().join("blobs/README"), "ours").unwrap();
    std::fs::write(dir.path().join("blobs").join(id(0xaa).to_string().to_uppercase()), "theirs").unwrap();
    let store = open(dir.path());
    assert_eq!(ids(&store).await, [id(1)]);
    assert_eq!(store.read_range(&id(1), 0..7).await.unwrap(), b"content");
}
