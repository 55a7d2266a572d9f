use crate::bucket::{PREFIX, config, store};
use crate::moto::Moto;
use crate::place::{id, ids, put};
use crate::s3_uploads::enable_versions;

/// A deleted blob leaves neither a version nor a delete marker in a bucket that keeps versions, and its neighbour stays.
#[tokio::test(flavor = "multi_thread")]
async fn every_version_of_a_deleted_blob_is_purged() {
    let (moto, dir) = (Moto::start(), tempfile::tempdir().unwrap());
    enable_versions(&moto);
    let store = store(&config(&moto.endpoint(), dir.path()));
    put(&store, &id(2), b"neighbour").await;
    for _ in 0..3 {
        put(&store, &id(1), b"content").await;
    }
    moto.ask("DELETE", &format!("/{PREFIX}/{}", id(1)), "");
    let versions = moto.ask("GET", "?versions", "");
    assert_eq!(versions.matches(&id(1).to_string()).count(), 4, "three versions and a delete marker: {versions}");

    store.delete(&id(1)).await.unwrap();
    store.delete(&id(1)).await.unwrap();
    let versions = moto.ask("GET", "?versions", "");
    assert!(!versions.contains(&id(1).to_string()), "{versions}");
    assert_eq!(versions.matches(&id(2).to_string()).count(), 1, "{versions}");
    assert_eq!(ids(&store).await, [id(2)]);
}
