use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt, PutPayload};

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
            return match self.bucket.size(id).await {
                // An earlier put got to its end.
                Ok(_) => Ok(()),
                Err(Cause::NoSuchBlob) => Err(Cause::NoWorkFile(work_file.to_owned())),
                Err(other) => Err(other),
            };
        };
        let expected = file.metadata()?.len();
        self.send(id, Arc::new(file), expected).await?;
        let found = self.bucket.size(id).await?;
        if found != expected {
            return Err(Cause::WrongLength { expected, found });
        }
        Ok(std::fs::remove_file(work_file)?)
    }

    async fn send(&self, id: &BlobId, file: Arc<File>, bytes: u64) -> Result<(), Cause> {
        let (key, parts) = (self.bucket.key(id), Parts::new(bytes, self.bucket.part_bytes));
        if parts.count() <= 1 {
            // One request instead of three; and an upload must have a part, which an empty blob has not.
            let payload = read(&file, 0..bytes).await?;
            self.bucket.objects.put(&key, payload).await.map_err(|e| cause(&e))?;
            return Ok(());
        }
        let upload = Upload::begin(self, &key).await?;
        let sent = self.bucket.send_parts(&upload, file, parts).await;
        if sent.is_err() {
            // What cannot be aborted now is abandoned, and found by its age.
            let _ = self.bucket.objects.abort_multipart(&key, &upload.id).await;
        }
        sent
    }
}

impl Bucket {
    /// Sends all parts but the first in any order, then the first, which makes the file an image, and completes the object.
    async fn send_parts(&self, upload: &Upload<'_>, file: Arc<File>, parts: Parts) -> Result<(), Cause> {
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
struct Upload<'a> {
    store: &'a S3Store,
    key: ObjectPath,
    id: String,
}

impl<'a> Upload<'a> {
    async fn begin(store: &'a S3Store, key: &ObjectPath) -> Result<Self, Cause> {
        let id = store.bucket.objects.create_multipart(key).await.map_err(|e| cause(&e))?;
        store.running().insert(id.clone());
        Ok(Self { store, key: key.clone(), id })
    }
}

impl Drop for Upload<'_> {
    fn drop(&mut self) {
        self.store.running().remove(&self.id);
    }
}

async fn read(file: &Arc<File>, range: std::ops::Range<u64>) -> Result<PutPayload, Cause> {
    let file = Arc::clone(file);
    let bytes = blocking(move || {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        file.read_exact_at(&mut bytes, range.start).map(|()| bytes)
    });
    Ok(bytes.await?.into())
}
