use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStoreExt;
use object_store::path::Path as ObjectPath;

use super::Bucket;
use super::failure::cause;
use super::parts::{Parts, in_parallel};
use crate::store::Cause;
use crate::store::blocking::blocking;
use crate::store::work::if_there;

impl Bucket {
    /// Writes an object to `path`, in ranges that several tasks fetch, and returns its length.
    pub(super) async fn download(&self, key: &ObjectPath, path: PathBuf) -> Result<u64, Cause> {
        let bytes = self.size(key).await?;
        let parts = Parts::new(bytes, self.part_bytes);
        let file = blocking(move || create(path)).await?;
        let (bucket, key, target) = (self.clone(), key.clone(), Arc::clone(&file));
        let fetch = move |index| {
            let (bucket, key, file, range) = (bucket.clone(), key.clone(), Arc::clone(&target), parts.range(index));
            async move {
                let bytes = bucket.range(&key, range.clone()).await?;
                Ok(blocking(move || file.write_all_at(&bytes, range.start)).await?)
            }
        };
        in_parallel(0..parts.count(), self.workers, fetch).await?;
        let found = file.metadata()?.len();
        if found != bytes {
            return Err(Cause::WrongLength { expected: bytes, found });
        }
        Ok(bytes)
    }

    /// Fetches a range that is not empty, and makes sure that all of it came.
    pub(super) async fn range(&self, key: &ObjectPath, range: Range<u64>) -> Result<Vec<u8>, Cause> {
        let bytes = self.objects.get_range(key, range.clone()).await.map_err(|e| cause(&e))?;
        let (expected, found) = (range.end - range.start, bytes.len() as u64);
        if found != expected {
            return Err(Cause::WrongLength { expected, found });
        }
        Ok(bytes.into())
    }
}

/// A new file, whatever a download that failed has left and may still be writing to.
fn create(path: PathBuf) -> std::io::Result<Arc<File>> {
    if_there(std::fs::remove_file(&path))?;
    Ok(Arc::new(File::options().write(true).create_new(true).mode(0o600).open(path)?))
}
