use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt, PutPayload};
use tokio::runtime::Handle;

use super::failure::cause;
use super::parts::{Parts, in_parallel};
use super::{Bucket, S3Store};
use crate::store::blocking::blocking;
use crate::store::{BlobId, Cause};

impl S3Store {
    /// Uploads a work file and removes it when the whole object is there.
    pub(super) async fn upload(&self, id: &BlobId, work_file: &Path) -> Result<(), Cause> {
        let (work, path) = (self.work.clone(), work_file.to_owned());
        let Some(file) = blocking(move || work.open(&path)).await? else {
            return match self.bucket.size(&self.bucket.key(id)).await {
                // An earlier put got to its end.
                Ok(_) => Ok(()),
                Err(Cause::NoSuchBlob) => Err(Cause::NoWorkFile(work_file.to_owned())),
                Err(other) => Err(other),
            };
        };
        let expected = file.metadata()?.len();
        self.bucket.send(&self.bucket.key(id), Arc::new(file), expected).await?;
        Ok(std::fs::remove_file(work_file)?)
    }
}

impl Bucket {
    /// Makes an object of a file, which is there whole or not at all.
    pub(super) async fn send(&self, key: &ObjectPath, file: Arc<File>, expected: u64) -> Result<(), Cause> {
        let parts = Parts::new(expected, self.part_bytes);
        if parts.count() <= 1 {
            // One request instead of three; and an upload must have a part, which an empty object has not.
            let payload = read(&file, 0..expected).await?;
            self.objects.put(key, payload).await.map_err(|e| cause(&e))?;
        } else {
            let mut upload = Upload::begin(self, key).await?;
            let sent = self.send_parts(&upload, file, parts).await;
            if sent.is_err() {
                abort(self, key, &upload.id).await;
            }
            upload.is_over = true;
            sent?;
        }
        let found = self.size(key).await?;
        if found != expected {
            return Err(Cause::WrongLength { expected, found });
        }
        Ok(())
    }

    /// Sends all parts but the first in any order, then the first, which makes the file an image, and completes the object.
    async fn send_parts(&self, upload: &Upload, file: Arc<File>, parts: Parts) -> Result<(), Cause> {
        let (bucket, key, id) = (self.clone(), upload.key.clone(), upload.id.clone());
        let send = move |index| {
            let (bucket, key, id, file) = (bucket.clone(), key.clone(), id.clone(), Arc::clone(&file));
            async move {
                let payload = read(&file, parts.range(index)).await?;
                bucket.objects.put_part(&key, &id, index, payload).await.map_err(|e| cause(&e))
            }
        };
        let mut sent = in_parallel(1..parts.count(), self.workers, send.clone()).await?;
        sent.push((0, send(0).await?));
        sent.sort_unstable_by_key(|(index, _)| *index);
        let sent: Vec<PartId> = sent.into_iter().map(|(_, part)| part).collect();
        self.objects.complete_multipart(&upload.key, &upload.id, sent).await.map_err(|e| cause(&e))?;
        Ok(())
    }
}

/// An upload that is running: as long as this lives, it does not count as abandoned.
struct Upload {
    bucket: Bucket,
    key: ObjectPath,
    id: String,
    /// Completed or aborted.
    is_over: bool,
}

impl Upload {
    async fn begin(bucket: &Bucket, key: &ObjectPath) -> Result<Self, Cause> {
        let id = bucket.objects.create_multipart(key).await.map_err(|e| cause(&e))?;
        bucket.running().insert(id.clone());
        Ok(Self { bucket: bucket.clone(), key: key.clone(), id, is_over: false })
    }
}

impl Drop for Upload {
    /// Who sends may be cancelled anywhere. Parts that came are then neither an object nor gone, and cost their owner.
    fn drop(&mut self) {
        self.bucket.running().remove(&self.id);
        // Without a runtime the process ends.
        if let (false, Ok(runtime)) = (self.is_over, Handle::try_current()) {
            let (bucket, key, id) = (self.bucket.clone(), self.key.clone(), self.id.clone());
            runtime.spawn(async move { abort(&bucket, &key, &id).await });
        }
    }
}

/// Removes the parts that came. Those of a blob that cannot be removed now are abandoned, and found by their age.
async fn abort(bucket: &Bucket, key: &ObjectPath, id: &str) {
    let _ = bucket.objects.abort_multipart(key, &id.to_owned()).await;
}

async fn read(file: &Arc<File>, range: std::ops::Range<u64>) -> Result<PutPayload, Cause> {
    let file = Arc::clone(file);
    let bytes = blocking(move || {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        file.read_exact_at(&mut bytes, range.start).map(|()| bytes)
    });
    Ok(bytes.await?.into())
}
