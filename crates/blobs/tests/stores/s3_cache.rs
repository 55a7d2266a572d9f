//! Blobs of a bucket as local files.

use std::path::Path;
use std::sync::Arc;

use crate::bucket::{PART, config, store};
use crate::place::{id, pattern, put, until};
use crate::s3s_server::S3sServer;

fn cached(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(directory.join("store/cache"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_is_downloaded_once_for_all_who_open_it() {
    let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
    let store = store(&config(&server.endpoint, dir.path()));
    put(&store, &id(1), &pattern(3 * PART)).await;
    let openers: Vec<_> = (0..6)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.open(&id(1)).await.unwrap() })
        })
        .collect();
    for opener in openers {
        opener.await.unwrap();
    }
    drop(store.open(&id(1)).await.unwrap());
    assert_eq!(server.ranges(), 3, "a range for each part");
}

/// Files in use stay, others go when there is no room, and all are gone when the store is opened anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_cache_keeps_within_its_bound() {
    let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
    let mut config = config(&server.endpoint, dir.path());
    config.cache_bytes = 2 * PART as u64;
    let opened = store(&config);
    for n in 1..=3 {
        put(&opened, &id(n), &pattern(PART)).await;
    }
    let used = opened.open(&id(1)).await.unwrap();
    for n in [2, 3] {
        drop(opened.open(&id(n)).await.unwrap());
    }
    assert_eq!(cached(dir.path()), [id(1), id(3)].map(|id| id.to_string()));
    opened.delete(&id(1)).await.unwrap();
    assert!(std::fs::read(used.path()).unwrap() == pattern(PART), "a handle outlives the blob");
    drop(used);
    assert_eq!(cached(dir.path()), [id(3).to_string()]);
    drop(store(&config));
    assert_eq!(cached(dir.path()), [""; 0]);
}

/// An object that somebody replaced by a shorter one while it was downloaded is never given out.
#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_fails_leaves_nothing_and_can_be_repeated() {
    let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
    let store = store(&config(&server.endpoint, dir.path()));
    let content = pattern(20 * PART);
    put(&store, &id(1), &content).await;
    let object = server.object(&format!("{}/{}", crate::bucket::PREFIX, id(1)));
    let opener = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.open(&id(1)).await }
    });
    until("the download begins", || server.ranges() > 0).await;
    std::fs::write(&object, "short").unwrap();
    let error = opener.await.unwrap().unwrap_err();
    assert!(error.to_string().contains(&id(1).to_string()), "{error}");
    assert_eq!(cached(dir.path()), [""; 0]);
    std::fs::write(&object, &content).unwrap();
    let opened = store.open(&id(1)).await.unwrap();
    assert!(std::fs::read(opened.path()).unwrap() == content);
}
