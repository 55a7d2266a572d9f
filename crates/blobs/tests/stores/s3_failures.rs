//! A service that refuses, is gone or is silent: a clear error in bounded time, without a secret, and nothing lost.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use blobs::{Begun, BlobStore, BlobUpload, Cause, StoreError};

use crate::bucket::{ACCESS_KEY, BUCKET, PART, SECRET, config, store};
use crate::place::{id, pattern, put, told, until, work_file};
use crate::s3s_server::S3sServer;
use crate::silent_server::SilentServer;

/// Far above what the configured limits allow: 5 s to connect, 1 s for an answer, one repetition.
const BOUND: Duration = Duration::from_secs(120);

/// What each action says when none can succeed. Puts once with one part and once with several.
async fn every_action(store: &Arc<dyn BlobStore>) -> Vec<StoreError> {
    let small = work_file(store, "small", b"content");
    let large = work_file(store, "large", &pattern(3 * PART));
    let all = async {
        let errors = vec![
            store.put(&id(1), &small).await.unwrap_err(),
            store.put(&id(1), &large).await.unwrap_err(),
            store.open(&id(1)).await.unwrap_err(),
            store.read_range(&id(1), 0..1).await.unwrap_err(),
            store.size(&id(1)).await.unwrap_err(),
            store.delete(&id(1)).await.unwrap_err(),
            store.list(None, 10).await.unwrap_err(),
            store.uploads_elsewhere().await.unwrap_err(),
        ];
        assert!(small.exists() && large.exists(), "a work file is lost");
        errors
    };
    let errors = tokio::time::timeout(BOUND, all).await.expect("an action hangs");
    for error in &errors {
        let text = format!("{} {error:?}", told(error));
        assert!(text.contains(BUCKET), "{text}");
        assert!(!text.contains(SECRET) && !text.contains(ACCESS_KEY), "{text}");
    }
    errors
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_told_by_the_codes_of_the_service() {
    let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
    let config = config(&server.endpoint, dir.path());
    std::fs::write(&config.secret_access_key_file, "another-secret").unwrap();
    let store = store(&config);
    let errors = every_action(&store).await;
    // An answer to HEAD has a status and no more.
    let codes = errors.iter().map(|error| match &error.cause {
        Cause::Service { code, .. } => code.as_str(),
        other => panic!("{other}"),
    });
    let refused = "SignatureDoesNotMatch";
    let forbidden = "403 Forbidden";
    assert_eq!(
        codes.collect::<Vec<_>>(),
        [refused, refused, forbidden, forbidden, forbidden, refused, refused, refused]
    );
    assert!(!format!("{store:?}").contains("another-secret"), "{store:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_told() {
    let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
    let store = store(&config(&server.endpoint, dir.path()));
    put(&store, &id(1), b"content").await;
    server.stop().await;
    for error in every_action(&store).await {
        let text = told(&error);
        assert!(matches!(error.cause, Cause::Unusable(_)) && text.contains("Connection refused"), "{text}");
    }
    // What is written down here is found all the same.
    std::fs::write(dir.path().join("store/uploads").join(id(9).to_string()), "reseal upload 1\n").unwrap();
    assert!(store.uploads_here().await.unwrap().contains(&BlobUpload { blob: id(9), begun: Begun::Here }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_given_up() {
    let (server, dir) = (SilentServer::start().await, tempfile::tempdir().unwrap());
    let mut config = config(&server.endpoint, dir.path());
    config.timeout_s = 1;
    for error in every_action(&store(&config)).await {
        assert!(matches!(error.cause, Cause::Unusable(_)), "{}", told(&error));
    }
}

/// The server goes away while parts are on the way: the put fails, and the work file is there for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_during_a_put_loses_nothing() {
    let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
    let store = store(&config(&server.endpoint, dir.path()));
    let file = work_file(&store, "finished", &pattern(40 << 20));
    let putting = tokio::spawn({
        let (store, file) = (Arc::clone(&store), file.clone());
        async move { store.put(&id(1), &file).await }
    });
    until("a part came", || has_part(&server)).await;
    let _objects = server.stop().await;
    let error = tokio::time::timeout(BOUND, putting).await.expect("the put hangs").unwrap().unwrap_err();
    assert!(matches!(error.cause, Cause::Unusable(_)), "{}", told(&error));
    assert_eq!(std::fs::metadata(&file).unwrap().len(), 40 << 20);
}

fn has_part(server: &S3sServer) -> bool {
    let mut entries = std::fs::read_dir(server.directory()).unwrap();
    entries.any(|entry| entry.unwrap().file_name().to_string_lossy().contains(".part-"))
}

#[test]
fn a_store_whose_secret_others_can_read_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let config = config("http://127.0.0.1:1", dir.path());
    let everyone = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&config.secret_access_key_file, everyone).unwrap();
    let error = blobs::S3Store::open(&config).unwrap_err();
    assert!(told(&error).contains("has mode 644; make it 600"), "{}", told(&error));
}
