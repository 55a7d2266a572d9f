//! A store in a bucket of a server under test.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use blobs::{BlobStore, S3Config, S3Store};

pub(crate) const BUCKET: &str = "images";
pub(crate) const PREFIX: &str = "region/cn-hangzhou";
pub(crate) const ACCESS_KEY: &str = "AKTEST";
pub(crate) const SECRET: &str = "the-secret-of-the-test";

/// Least part size that S3 accepts.
pub(crate) const PART: usize = 5 << 20;

/// A configuration whose files lie in `directory`.
pub(crate) fn config(endpoint: &str, directory: &Path) -> S3Config {
    let secret_file = directory.join("secret");
    std::fs::write(&secret_file, format!("{SECRET}\n")).unwrap();
    std::fs::set_permissions(&secret_file, std::fs::Permissions::from_mode(0o600)).unwrap();
    S3Config {
        path: Some(directory.join("store")),
        endpoint: endpoint.to_owned(),
        bucket: BUCKET.to_owned(),
        region: "cn-hangzhou".to_owned(),
        prefix: PREFIX.to_owned(),
        allow_http: true,
        access_key_id: ACCESS_KEY.to_owned(),
        secret_access_key_file: secret_file,
        part_bytes: PART as u64,
        workers: 3,
        cache_bytes: 64 << 20,
        timeout_s: 30,
        retries: 1,
    }
}

pub(crate) fn store(config: &S3Config) -> Arc<dyn BlobStore> {
    Arc::new(S3Store::open(config).unwrap())
}
