//! Objects of a bucket that is no store of ours: images come from there and go there.

use std::path::Path;
use std::sync::Arc;

use object_store::path::Path as ObjectPath;

use super::Bucket;
use crate::store::blocking::blocking;
use crate::store::error::StoreName;
use crate::store::{Cause, S3Config, StoreError, StoreResult};

/// A bucket whose objects belong to others. Nothing in it is listed, changed or removed; an object that is sent replaces one of its name.
#[derive(Debug)]
pub struct ObjectBucket {
    /// Bucket and endpoint.
    place: String,
    bucket: Bucket,
}

impl ObjectBucket {
    /// Opens the bucket; the service is not asked yet. `path` and `cache_bytes` of the configuration have no meaning.
    ///
    /// Errors: [`Cause::Configuration`].
    pub fn open(config: &S3Config) -> StoreResult<Self> {
        let place = format!("bucket {} at {}", config.bucket, config.endpoint);
        let bucket = Bucket::new(config).map_err(StoreName(place.clone()).failed("open", None))?;
        Ok(Self { place, bucket })
    }

    /// Length of an object in bytes; `None`: there is no such object.
    ///
    /// Errors: the service's; the text names object and bucket.
    pub async fn size(&self, object: &str) -> StoreResult<Option<u64>> {
        let measured = match self.key(object) {
            Ok(key) => self.bucket.size(&key).await,
            Err(cause) => Err(cause),
        };
        match measured {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Cause::NoSuchBlob) => Ok(None),
            Err(cause) => Err(self.failed("measure", object)(cause)),
        }
    }

    /// Writes an object of `bytes` bytes to `target`, for its owner only. A file that is there is replaced; what a failure leaves of it is the
    /// caller's to remove.
    ///
    /// Errors: [`Cause::NoSuchBlob`]; [`Cause::WrongLength`] before anything is fetched; the service's or the system's; the text names object
    /// and bucket.
    pub async fn fetch(&self, object: &str, bytes: u64, target: &Path) -> StoreResult<()> {
        let failed = self.failed("fetch", object);
        let key = self.key(object).map_err(&failed)?;
        self.bucket.download(&key, Some(bytes), target.to_owned()).await.map(drop).map_err(&failed)
    }

    /// Makes an object of a file. It appears when all of it is there.
    ///
    /// Errors: the service's or the system's; the text names object and bucket.
    pub async fn send(&self, object: &str, file: &Path) -> StoreResult<()> {
        let failed = self.failed("send", object);
        let key = self.key(object).map_err(&failed)?;
        let path = file.to_owned();
        let opened = blocking(move || {
            let file = std::fs::File::open(path)?;
            let bytes = file.metadata()?.len();
            Ok::<_, std::io::Error>((file, bytes))
        });
        let (file, bytes) = opened.await.map_err(|error| failed(error.into()))?;
        self.bucket.send(&key, Arc::new(file), bytes, None).await.map_err(&failed)
    }

    /// The key of an object. Names that S3 would take and a client would rewrite, such as `a//b`, are refused.
    fn key(&self, object: &str) -> Result<ObjectPath, Cause> {
        let path = ObjectPath::parse(object).map_err(|error| Cause::Unusable(error.to_string()))?;
        Ok(self.bucket.prefix.parts().chain(path.parts()).collect())
    }

    fn failed(&self, action: &'static str, object: &str) -> impl Fn(Cause) -> StoreError {
        let store = format!("object {object} of {}", self.place);
        move |cause| StoreError { store: store.clone(), blob: None, action, cause }
    }
}
