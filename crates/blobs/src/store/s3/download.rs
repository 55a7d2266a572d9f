use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStoreExt;

use super::Bucket;
use super::failure::cause;
use super::parts::{Parts, in_parallel};
use crate::store::blocking::blocking;
use crate::store::work::if_there;
use crate::store::{BlobId, Cause};

impl Bucket {
    /// Writes the blob to `path`, in ranges that several tasks fetch, and returns its length.
    pub(super) async fn download(&self, id: &BlobId, path: PathBuf) -> Result<u64, Cause> {
        let blob_bytes = self.size(id).await?;
        let parts = Parts::new(blob_bytes, self.part_bytes);
        let file = blocking(move || create(path)).await?;
        let (bucket, id, target) = (self.clone(), *id, Arc::clone(&file));
        let fetch = move |index| {
            let (bucket, file, range) = (bucket.clone(), Arc::clone(&target), parts.range(index));
            async move {
                let bytes = bucket.range(&id, range.clone()).await?;
                Ok(blocking(move || file.write_all_at(&bytes, range.start)).await?)
            }
        };
        in_parallel(0..parts.count(), self.workers, fetch).await?;
        let found = file.metadata()?.len();
        if found != blob_bytes {
            return Err(Cause::WrongLength { expected: blob_bytes, found });
        }
        Ok(blob_bytes)
    }

    /// Fetches a range that is not empty, and makes sure that all of it came.
    pub(super) async fn range(&self, id: &BlobId, range: Range<u64>) -> Result<Vec<u8>, Cause> {
        let bytes = self.objects.get_range(&self.key(id), range.clone()).await.map_err(|e| cause(&e))?;
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
