//! Blobs of many parts, and uploads that nobody completes.

use std::sync::Arc;
use std::time::Duration;

use blobs::{Begun, BlobStore, BlobUpload};
use jiff::Timestamp;

use crate::bucket::{PART, PREFIX, config, store};
use crate::conformance::keeps_the_contract;
use crate::moto::Moto;
use crate::place::{id, ids, pattern, put, until, work_file};
use crate::s3s_server::S3sServer;

/// Far longer than an abort takes.
const BOUND: Duration = Duration::from_secs(60);

/// Moto refuses parts under 5 MiB but the last one, so sizes around those of a part are judged by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_moto_keeps_the_contract() {
    let (moto, dir) = (Moto::start(), tempfile::tempdir().unwrap());
    keeps_the_contract(store(&config(&moto.endpoint(), dir.path()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_s3s_keeps_the_contract() {
    let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
    keeps_the_contract(store(&config(&server.endpoint, dir.path()))).await;
}

/// The same contract where the bucket keeps versions, and where blobs lie at its top.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_with_versions_and_without_prefix_keeps_the_contract() {
    let (moto, dir) = (Moto::start(), tempfile::tempdir().unwrap());
    enable_versions(&moto);
    let mut config = config(&moto.endpoint(), dir.path());
    config.prefix = String::new();
    keeps_the_contract(store(&config)).await;
}

pub(crate) fn enable_versions(moto: &Moto) {
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    moto.ask("PUT", "?versioning", enabled);
}

/// The parts come from several workers in any order, but the first one last; the object is the file, as the server's own disk shows.
#[tokio::test(flavor = "multi_thread")]
async fn a_blob_of_nine_parts_is_whole_on_the_server() {
    let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
    let store = store(&config(&server.endpoint, dir.path()));
    let content = pattern(8 * PART + 12_345);
    put(&store, &id(1), &content).await;
    let object = server.object(&format!("{PREFIX}/{}", id(1)));
    assert!(std::fs::read(object).unwrap() == content);
    let mut parts = server.parts();
    assert_eq!(parts.last(), Some(&1), "{parts:?}");
    parts.sort_unstable();
    assert_eq!(parts, (1..=9).collect::<Vec<_>>());
}

/// A put is dropped while its parts are on the way: no blob shows, and the work file is there. Who gives it up leaves nothing of it in the
/// bucket; else the same put goes on, and succeeds.
#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_is_dropped_can_be_given_up_and_repeated() {
    let (moto, dir) = (Moto::start(), tempfile::tempdir().unwrap());
    let store = store(&config(&moto.endpoint(), dir.path()));
    let content = pattern(40 << 20);
    let file = work_file(&store, "finished", &content);
    let record = dir.path().join("store/uploads").join(id(1).to_string());
    let is_there = || moto.ask("GET", "?uploads", "").contains("<UploadId>");
    for is_given_up in [true, false] {
        let putting = begin_put(&store, 1, &file);
        let has_part = || std::fs::read_to_string(&record).is_ok_and(|text| text.lines().count() > 2);
        until("a part is written down", has_part).await;
        putting.abort();
        assert!(putting.await.unwrap_err().is_cancelled());
        assert_eq!(ids(&store).await, []);
        assert!(file.exists() && is_there());
        if is_given_up {
            store.give_up(&id(1)).await.unwrap();
            assert!(!is_there() && !record.exists());
        }
    }
    store.put(&id(1), &file).await.unwrap();
    assert!(store.read_range(&id(1), 0..content.len() as u64).await.unwrap() == content);
    assert_eq!(ids(&store).await, [id(1)]);
    assert!(!is_there() && !record.exists());
}

/// A put that is given up before the service has told the id of its upload leaves none either.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_given_up_while_it_begins_is_aborted() {
    let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
    let store = store(&config(&server.endpoint, dir.path()));
    let file = work_file(&store, "finished", &pattern(3 * PART));
    server.hold_back_ids(true);
    let putting = begin_put(&store, 1, &file);
    while server.uploads() == 0 {
        tokio::task::yield_now().await;
    }
    putting.abort();
    assert!(putting.await.unwrap_err().is_cancelled());
    server.hold_back_ids(false);
    let gone = async {
        while server.uploads() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(BOUND, gone).await.expect("an upload is left");
}

/// Uploads of others and our own running ones are left alone, whatever their age.
#[tokio::test(flavor = "multi_thread")]
async fn only_abandoned_uploads_of_blobs_are_aborted() {
    let (moto, dir) = (Moto::start(), tempfile::tempdir().unwrap());
    let store = store(&config(&moto.endpoint(), dir.path()));
    for key in [format!("{PREFIX}/{}", id(9)), format!("{PREFIX}/notes"), format!("elsewhere/{}", id(9))] {
        moto.ask("POST", &format!("/{key}?uploads"), "");
    }
    let content = pattern(40 << 20);
    let file = work_file(&store, "finished", &content);
    let putting = begin_put(&store, 1, &file);
    until("the upload begins", || moto.ask("GET", "?uploads", "").contains(&id(1).to_string())).await;
    let found = store.uploads_elsewhere().await.unwrap();
    let [BlobUpload { blob, begun: Begun::Elsewhere { at, .. } }] = &found[..] else { panic!("{found:?}") };
    assert!(*blob == id(9) && (Timestamp::UNIX_EPOCH..Timestamp::MAX).contains(at), "{found:?}");
    store.abort_upload(&found[0]).await.unwrap();
    // Once more, as when another server was faster.
    store.abort_upload(&found[0]).await.unwrap();
    putting.await.unwrap();
    assert!(store.read_range(&id(1), 0..content.len() as u64).await.unwrap() == content);
    let left = moto.ask("GET", "?uploads", "");
    assert_eq!(left.matches("<UploadId>").count(), 2, "{left}");
    assert!(left.contains("notes") && left.contains("elsewhere"), "{left}");
}

/// An upload that a process had begun when it was killed, before the service told its id, goes with the next put of the same blob, with who
/// gives it up, and with the sweeper, whatever its age. Those of other blobs stay.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_id_was_never_told_is_found() {
    let (moto, dir) = (Moto::start(), tempfile::tempdir().unwrap());
    let store = store(&config(&moto.endpoint(), dir.path()));
    let uploads = dir.path().join("store/uploads");
    moto.ask("POST", &format!("/{PREFIX}/{}?uploads", id(9)), "");
    for n in 1..=3 {
        moto.ask("POST", &format!("/{PREFIX}/{}?uploads", id(n)), "");
        std::fs::write(uploads.join(id(n).to_string()), "reseal upload 1\n").unwrap();
        match n {
            1 => put(&store, &id(n), &pattern(2 * PART)).await,
            2 => store.give_up(&id(n)).await.unwrap(),
            _ => {
                let found = store.uploads_here().await.unwrap();
                let own = found.iter().find(|upload| upload.blob == id(3) && upload.begun == Begun::Here).unwrap();
                store.abort_upload(own).await.unwrap();
            }
        }
        let left = moto.ask("GET", "?uploads", "");
        assert!(left.matches("<UploadId>").count() == 1 && left.contains(&id(9).to_string()), "{n}: {left}");
        assert_eq!(std::fs::read_dir(&uploads).unwrap().count(), 0, "{n}: a record is left");
    }
    assert_eq!(ids(&store).await, [id(1)]);
}

fn begin_put(store: &Arc<dyn BlobStore>, n: u8, file: &std::path::Path) -> tokio::task::JoinHandle<()> {
    let (store, file) = (Arc::clone(store), file.to_owned());
    tokio::spawn(async move { store.put(&id(n), &file).await.unwrap() })
}
