//! Blobs as objects of a bucket: `PREFIX/ID`.
//!
//! ```text
//!   ahead.rs     the parts of a work file that is still being written  ┐ record.rs writes down which came,
//!   upload.rs    the rest of them, the first one last                  ┘ for another run
//!   download.rs  an object into a file, in ranges                        parts.rs runs the parts of one blob
//!   objects.rs   the same for objects that are no blobs
//!   purge.rs     every version of an object        ┐ calls.rs signs and sends what object_store lacks
//!   abandoned.rs uploads that nobody will complete ┘
//! ```
//!
//! No request is conditional: some servers ignore the condition and overwrite. Each part is signed with its SHA-256, so that a service
//! refuses one that was damaged on the way.

mod abandoned;
mod ahead;
mod calls;
mod download;
mod failure;
mod objects;
mod parts;
mod purge;
mod record;
mod upload;

pub use ahead::PutAhead;
pub use objects::ObjectBucket;

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use jiff::Timestamp;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::ClientOptions;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};

use super::blocking::blocking;
use super::cache::Cache;
use super::error::StoreName;
use super::work::{WorkDirectory, create_private};
use super::{BlobEntry, BlobId, BlobStore, BlobUpload, Cause, OpenBlob, S3Config, StoreResult, WorkFile};
use calls::Calls;
use failure::cause;

/// Longest time to reach the service.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// No request is repeated when this has passed since it was first tried.
const RETRY_TIMEOUT: Duration = Duration::from_secs(120);

/// Blobs in a bucket of a service that speaks S3, with work files and downloaded blobs in a local directory.
#[derive(Debug)]
pub struct S3Store {
    name: StoreName,
    work: WorkDirectory,
    cache: Arc<Cache>,
    /// Records of uploads.
    uploads: PathBuf,
    bucket: Bucket,
}

/// The bucket, as each part of a transfer needs it.
#[derive(Clone)]
struct Bucket {
    objects: Arc<AmazonS3>,
    calls: Arc<Calls>,
    prefix: ObjectPath,
    part_bytes: u64,
    workers: usize,
    /// The uploads that are running here, by their ids.
    uploads: Arc<Mutex<HashMap<String, ObjectPath>>>,
}

impl S3Store {
    /// Opens the store; the service is not asked yet.
    ///
    /// Errors: [`Cause::Configuration`], the system's.
    pub fn open(config: &S3Config) -> StoreResult<Self> {
        let name = StoreName(format!("bucket {} at {}", config.bucket, config.endpoint));
        let bucket = Bucket::new(config).map_err(name.failed("open", None))?;
        let directory = config.directory().map_err(name.failed("open", None))?;
        let work = WorkDirectory::create(directory).map_err(name.failed("open", None))?;
        let cache = Cache::create(directory, config.cache_bytes).map_err(name.failed("open", None))?;
        let uploads = directory.join("uploads");
        create_private(&uploads).map_err(name.failed("open", None))?;
        Ok(Self { name, work, cache, uploads, bucket })
    }

    /// Where it is written down what came of a blob.
    fn record(&self, id: &BlobId) -> PathBuf {
        self.uploads.join(id.to_string())
    }
}

#[async_trait]
impl BlobStore for S3Store {
    fn name(&self) -> &str {
        &self.name.0
    }

    fn work_directory(&self) -> &Path {
        self.work.path()
    }

    async fn put(&self, id: &BlobId, work_file: &Path) -> StoreResult<()> {
        self.upload(id, work_file).await.map_err(self.name.failed("put", Some(id)))
    }

    fn put_ahead(&self, id: &BlobId, work_file: &Path) -> Option<PutAhead> {
        Some(self.ahead(id, work_file))
    }

    async fn give_up(&self, id: &BlobId) -> StoreResult<()> {
        self.abort_recorded(id).await.map_err(self.name.failed("give up the upload of", Some(id)))
    }

    async fn open(&self, id: &BlobId) -> StoreResult<OpenBlob> {
        let opened = self.cache.open(id, async |path| self.bucket.download(&self.bucket.key(id), None, path).await);
        opened.await.map_err(self.name.failed("open", Some(id)))
    }

    async fn read_range(&self, id: &BlobId, range: Range<u64>) -> StoreResult<Vec<u8>> {
        self.bucket.read(id, range).await.map_err(self.name.failed("read", Some(id)))
    }

    async fn size(&self, id: &BlobId) -> StoreResult<u64> {
        self.bucket.size(&self.bucket.key(id)).await.map_err(self.name.failed("measure", Some(id)))
    }

    async fn delete(&self, id: &BlobId) -> StoreResult<()> {
        self.bucket.purge(id).await.map_err(self.name.failed("delete", Some(id)))?;
        self.cache.forget(id);
        Ok(())
    }

    async fn list(&self, after: Option<&BlobId>, limit: usize) -> StoreResult<Vec<BlobEntry>> {
        self.bucket.list(after, limit).await.map_err(self.name.failed("list the blobs of", None))
    }

    async fn uploads_here(&self) -> StoreResult<Vec<BlobUpload>> {
        self.abandoned_here().await.map_err(self.name.failed("find the uploads to", None))
    }

    async fn uploads_elsewhere(&self) -> StoreResult<Vec<BlobUpload>> {
        self.abandoned_elsewhere().await.map_err(self.name.failed("list the uploads to", None))
    }

    async fn abort_upload(&self, upload: &BlobUpload) -> StoreResult<()> {
        self.abort_abandoned(upload).await.map_err(self.name.failed("abort an upload to", Some(&upload.blob)))
    }

    async fn work_files(&self) -> StoreResult<Vec<WorkFile>> {
        let work = self.work.clone();
        blocking(move || work.files()).await.map_err(self.name.failed("list the work files of", None))
    }
}

impl Bucket {
    fn new(config: &S3Config) -> Result<Self, Cause> {
        config.check()?;
        let secret = config.secret()?;
        let client = ClientOptions::new()
            .with_allow_http(config.allow_http)
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_timeout(Duration::from_secs(config.timeout_s));
        let objects = AmazonS3Builder::new()
            .with_endpoint(&config.endpoint)
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key_id)
            .with_secret_access_key(secret.as_str())
            .with_client_options(client.clone())
            .with_retry(RetryConfig {
                max_retries: config.retries,
                retry_timeout: RETRY_TIMEOUT,
                ..RetryConfig::default()
            })
            .build()
            .map_err(|e| cause(&e))?;
        Ok(Self {
            objects: Arc::new(objects),
            calls: Arc::new(Calls::new(config, &secret, &client)?),
            prefix: ObjectPath::from(config.prefix.as_str()),
            part_bytes: config.part_bytes,
            workers: config.workers,
            uploads: Arc::default(),
        })
    }

    fn key(&self, id: &BlobId) -> ObjectPath {
        self.prefix.clone().join(id.to_string())
    }

    /// The blob of a key; `None` for an object that is not ours.
    fn blob(&self, key: &ObjectPath) -> Option<BlobId> {
        let id = key.filename()?.parse().ok()?;
        (self.key(&id) == *key).then_some(id)
    }

    /// Errors: `NoSuchBlob` for an object that is not there.
    async fn size(&self, key: &ObjectPath) -> Result<u64, Cause> {
        Ok(self.objects.head(key).await.map_err(|e| cause(&e))?.size)
    }

    async fn read(&self, id: &BlobId, range: Range<u64>) -> Result<Vec<u8>, Cause> {
        // A service cuts a range that is too long, so the length is asked first.
        let key = self.key(id);
        let blob_bytes = self.size(&key).await?;
        if range.end > blob_bytes {
            return Err(Cause::PastTheEnd { blob_bytes, end: range.end });
        }
        if range.is_empty() {
            return Ok(Vec::new());
        }
        self.range(&key, range, None).await
    }

    async fn list(&self, after: Option<&BlobId>, limit: usize) -> Result<Vec<BlobEntry>, Cause> {
        let mut objects = match after {
            Some(id) => self.objects.list_with_offset(Some(&self.prefix), &self.key(id)),
            None => self.objects.list(Some(&self.prefix)),
        };
        let mut entries = Vec::new();
        while entries.len() < limit
            && let Some(object) = objects.try_next().await.map_err(|e| cause(&e))?
        {
            entries.extend(self.entry(&object));
        }
        Ok(entries)
    }

    fn entry(&self, object: &ObjectMeta) -> Option<BlobEntry> {
        let modified = Timestamp::from_millisecond(object.last_modified.timestamp_millis());
        let id = self.blob(&object.location)?;
        // A time that cannot be is a young blob: nothing is removed for its age.
        Some(BlobEntry { id, bytes: object.size, modified: modified.unwrap_or(Timestamp::MAX) })
    }
}

impl std::fmt::Debug for Bucket {
    /// Leaves out the client, which holds the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
