//! Objects of a bucket that is no store of ours.

use std::os::unix::fs::PermissionsExt;

use blobs::{Cause, ObjectBucket};

use crate::bucket::{PART, PREFIX, SECRET, config};
use crate::moto::Moto;
use crate::place::{pattern, told};
use crate::s3s_server::S3sServer;

/// Shows that objects of one part, of several and of none come and go whole, with moto, which checks the sizes of parts, and with s3s,
/// which checks signatures; what is fetched is for its owner only, and has the length that was expected.
#[tokio::test(flavor = "multi_thread")]
async fn objects_come_and_go_whole() {
    let (moto, s3s, dir) = (Moto::start(), S3sServer::start().await, tempfile::tempdir().unwrap());
    for endpoint in [moto.endpoint(), s3s.endpoint.clone()] {
        let bucket = ObjectBucket::open(&config(&endpoint, dir.path())).unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        for (object, bytes) in [("empty", 0), ("a/small one.raw", 7), ("large.qcow2", 3 * PART + 5)] {
            std::fs::write(&from, pattern(bytes)).unwrap();
            bucket.send(object, &from).await.unwrap();
            assert_eq!(bucket.size(object).await.unwrap(), Some(bytes as u64), "{endpoint} {object}");
            bucket.fetch(object, bytes as u64, &to).await.unwrap();
            assert!(std::fs::read(&to).unwrap() == pattern(bytes), "{endpoint} {object}");
            assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
            let other = bucket.fetch(object, bytes as u64 + 1, &dir.path().join("other")).await.unwrap_err();
            assert!(matches!(other.cause, Cause::WrongLength { .. }) && !dir.path().join("other").exists(), "{other}");
        }
    }
    assert!(s3s.object(&format!("{PREFIX}/a/small one.raw")).exists());
}

/// Shows what is said of an object that is not there, of a bucket that is not, of a name that would be rewritten, and of a wrong key: object,
/// bucket and the service's word, and no secret.
#[tokio::test(flavor = "multi_thread")]
async fn failures_name_the_object_and_no_secret() {
    let (s3s, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
    let good = config(&s3s.endpoint, dir.path());
    let bucket = ObjectBucket::open(&good).unwrap();
    assert_eq!(bucket.size("nothing").await.unwrap(), None);
    let missing = bucket.fetch("nothing", 1, &dir.path().join("to")).await.unwrap_err();
    assert!(matches!(missing.cause, Cause::NoSuchBlob) && told(&missing).contains("object nothing of bucket images"));
    bucket.size("a//b").await.unwrap_err();
    std::fs::write(&good.secret_access_key_file, "another").unwrap();
    let stranger = ObjectBucket::open(&good).unwrap();
    let refused = told(&stranger.fetch("nothing", 1, &dir.path().join("to")).await.unwrap_err());
    assert!(refused.contains("object nothing of bucket images"), "{refused}");
    assert!(!refused.contains("another") && !refused.contains(SECRET), "{refused}");
}
