use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;

use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt};

use super::Bucket;
use super::failure::cause;
use super::parts::{Parts, in_parallel, queue};
use crate::store::Cause;
use crate::store::blocking::blocking;
use crate::store::work::if_there;

impl Bucket {
    /// Writes an object to `path`, in ranges that several tasks fetch, and returns its length. `expected`: what its length is to be, if
    /// that is known.
    pub(super) async fn download(&self, key: &ObjectPath, expected: Option<u64>, path: PathBuf) -> Result<u64, Cause> {
        let head = self.objects.head(key).await.map_err(|e| cause(&e))?;
        let (bytes, e_tag) = (head.size, Arc::new(head.e_tag));
        if let Some(expected) = expected.filter(|&expected| expected != bytes) {
            return Err(Cause::WrongLength { expected, found: bytes });
        }
        let parts = Parts::new(bytes, self.part_bytes);
        let file = blocking(move || create(path)).await?;
        let (bucket, key, target) = (self.clone(), key.clone(), Arc::clone(&file));
        let fetch = move |index| {
            let (bucket, key, file, range) = (bucket.clone(), key.clone(), Arc::clone(&target), parts.range(index));
            let e_tag = Arc::clone(&e_tag);
            async move {
                let bytes = bucket.range(&key, range.clone(), e_tag.as_deref()).await?;
                Ok(blocking(move || file.write_all_at(&bytes, range.start)).await?)
            }
        };
        in_parallel(queue(0..parts.count()), self.workers, fetch).await?;
        let found = file.metadata()?.len();
        if found != bytes {
            return Err(Cause::WrongLength { expected: bytes, found });
        }
        Ok(bytes)
    }

    /// Fetches a range that is not empty, and makes sure that all of it came, and of the object that has this tag. The tags are compared
    /// here, because some servers ignore a condition.
    pub(super) async fn range(
        &self,
        key: &ObjectPath,
        range: Range<u64>,
        e_tag: Option<&str>,
    ) -> Result<Vec<u8>, Cause> {
        let options = GetOptions { range: Some(range.clone().into()), ..GetOptions::default() };
        let found = self.objects.get_opts(key, options).await.map_err(|e| cause(&e))?;
        if let (Some(wanted), Some(found)) = (e_tag, &found.meta.e_tag)
            && wanted != found
        {
            return Err(Cause::Replaced);
        }
        let bytes = found.bytes().await.map_err(|e| cause(&e))?;
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
