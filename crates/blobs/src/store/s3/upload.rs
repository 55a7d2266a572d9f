use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt, PutPayload};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::abandoned::Beginning;
use super::failure::cause;
use super::parts::{Parts, in_parallel, queue};
use super::record::{Announced, Record};
use super::{Bucket, S3Store};
use crate::store::blocking::blocking;
use crate::store::work::if_there;
use crate::store::{BlobId, Cause};

impl S3Store {
    /// Uploads a work file and removes it when the whole object is there.
    pub(super) async fn upload(&self, id: &BlobId, work_file: &Path) -> Result<(), Cause> {
        let (work, path, key, record) = (self.work.clone(), work_file.to_owned(), self.bucket.key(id), self.record(id));
        if let Some(file) = blocking(move || work.open(&path)).await? {
            let bytes = file.metadata()?.len();
            self.bucket.send(&key, Arc::new(file), bytes, Some(record.clone())).await?;
            std::fs::remove_file(work_file)?;
        } else {
            // An earlier put got to its end, or there is nothing to put.
            self.bucket.size(&key).await.map_err(|error| match error {
                Cause::NoSuchBlob => Cause::NoWorkFile(work_file.to_owned()),
                other => other,
            })?;
        }
        // After the file: as long as that is there, the next put finds here that the object is, too.
        if_there(std::fs::remove_file(record))?;
        Ok(())
    }
}

impl Bucket {
    /// Makes an object of a file, which is there whole or not at all. `record`: where what came is written down; an upload that stands
    /// there goes on.
    pub(super) async fn send(
        &self,
        key: &ObjectPath,
        file: Arc<File>,
        bytes: u64,
        record: Option<PathBuf>,
    ) -> Result<(), Cause> {
        if let Some(path) = &record
            && let Some(upload) = Upload::recorded(self, key, path)?
            && self.go_on(upload, &file, bytes).await?
        {
            return self.must_have(key, bytes).await;
        }
        let parts = Parts::new(bytes, self.part_bytes);
        if parts.count() <= 1 {
            // One request instead of three; and an upload must have a part, which an empty object has not.
            let payload = read(&file, 0..bytes).await?;
            self.objects.put(key, payload).await.map_err(|e| cause(&e))?;
        } else {
            let finished = Upload::begin(self, key, parts.part_bytes(), record).await?.finish(file, parts).await;
            self.unless_there(key, bytes, finished).await?;
        }
        self.must_have(key, bytes).await
    }

    /// The service may have completed an object and its answer got lost: to be told again, it does not know the upload any more.
    async fn unless_there(&self, key: &ObjectPath, bytes: u64, finished: Result<(), Cause>) -> Result<(), Cause> {
        match finished {
            Err(Cause::Service { .. } | Cause::NoSuchBlob)
                if self.size(key).await.is_ok_and(|found| found == bytes) =>
            {
                Ok(())
            }
            finished => finished,
        }
    }

    /// Goes on with an upload of an earlier run. Returns whether the object is there now; if not, nothing is left of the upload.
    async fn go_on(&self, upload: Upload, file: &Arc<File>, bytes: u64) -> Result<bool, Cause> {
        // It was completed, and the run was killed before anyone knew.
        if self.size(&upload.key).await.is_ok_and(|found| found == bytes) {
            upload.give_up().await;
            return Ok(true);
        }
        let part_bytes = upload.record().part_bytes;
        let Some(parts) = Parts::of_upload(bytes, part_bytes) else {
            upload.give_up().await;
            return Ok(false);
        };
        let key = upload.key.clone();
        let finished = upload.finish(Arc::clone(file), parts).await;
        match self.unless_there(&key, bytes, finished).await {
            // A rule of the bucket may end uploads by their age, and services have different words for one that they do not know any more.
            Err(Cause::Service { .. } | Cause::NoSuchBlob) => Ok(false),
            done => done.map(|()| true),
        }
    }

    async fn must_have(&self, key: &ObjectPath, expected: u64) -> Result<(), Cause> {
        let found = self.size(key).await?;
        if found == expected { Ok(()) } else { Err(Cause::WrongLength { expected, found }) }
    }

    /// Writes down that an upload begins. A record that is there is of one that cannot go on, or has no name: whatever it was, it goes.
    async fn announce(&self, key: &ObjectPath, path: PathBuf) -> std::io::Result<Announced> {
        if path.try_exists()? {
            // What stays because the service does not let us find or end it is found by its age.
            let _ = self.abort_all_of(key).await;
        }
        Announced::create(path)
    }

    /// Removes the parts that came. An upload that is not there is fine.
    pub(super) async fn abort(&self, key: &ObjectPath, id: &str) -> Result<(), Cause> {
        self.calls.delete(key.as_ref(), &[("uploadId", id)]).await
    }
}

/// An upload that is running: as long as this lives, it does not count as abandoned. When it is dropped before its end, what came is left for
/// another run if that can read of it, else it is given up.
pub(super) struct Upload {
    bucket: Bucket,
    key: ObjectPath,
    id: String,
    record: Mutex<Record>,
    /// Completed or aborted.
    is_over: AtomicBool,
}

impl Upload {
    /// Begins an upload. Who is cancelled meanwhile leaves none: the service's answer is waited for, and aborted.
    pub(super) async fn begin(
        bucket: &Bucket,
        key: &ObjectPath,
        part_bytes: u64,
        record: Option<PathBuf>,
    ) -> Result<Self, Cause> {
        let (bucket, key) = (bucket.clone(), key.clone());
        let (begun, taken) = oneshot::channel();
        tokio::spawn(async move {
            if let Err(Ok(untaken)) = begun.send(Self::create(&bucket, &key, part_bytes, record).await) {
                untaken.give_up().await;
            }
        });
        taken.await.unwrap_or_else(|_| Err(Cause::Unusable("this process is about to end".to_owned())))
    }

    async fn create(
        bucket: &Bucket,
        key: &ObjectPath,
        part_bytes: u64,
        record: Option<PathBuf>,
    ) -> Result<Self, Cause> {
        let _beginning = Beginning::of(bucket, key);
        let announced = match record {
            Some(path) => Some(bucket.announce(key, path).await?),
            None => None,
        };
        let id = bucket.objects.create_multipart(key).await.map_err(|e| cause(&e))?;
        let upload = Self::of(bucket, key, Record::new(id.clone(), part_bytes));
        if let Some(announced) = announced {
            match announced.named(id, part_bytes) {
                Ok(record) => *upload.record() = record,
                Err(error) => {
                    upload.give_up().await;
                    return Err(error.into());
                }
            }
        }
        Ok(upload)
    }

    /// The upload that an earlier run began.
    fn recorded(bucket: &Bucket, key: &ObjectPath, path: &Path) -> std::io::Result<Option<Self>> {
        Ok(Record::load(path)?.map(|record| Self::of(bucket, key, record)))
    }

    /// The upload of a record.
    pub(super) fn of(bucket: &Bucket, key: &ObjectPath, record: Record) -> Self {
        let id = record.upload.clone();
        bucket.running().insert(id.clone(), key.clone());
        let (bucket, key, is_over) = (bucket.clone(), key.clone(), AtomicBool::new(false));
        Self { bucket, key, id, record: Mutex::new(record), is_over }
    }

    /// Sends one part of a file.
    pub(super) async fn send(&self, file: &Arc<File>, parts: Parts, index: usize) -> Result<(), Cause> {
        let payload = read(file, parts.range(index)).await?;
        let sent = self.bucket.objects.put_part(&self.key, &self.id, index, payload).await;
        Ok(self.record().note(index, sent.map_err(|e| cause(&e))?.content_id)?)
    }

    /// Sends the parts that are missing, and completes the object; a failure leaves no upload.
    async fn finish(self, file: Arc<File>, parts: Parts) -> Result<(), Cause> {
        let upload = Arc::new(self);
        let finished = Self::send_rest(&upload, file, parts).await;
        match &finished {
            Ok(()) => upload.is_over.store(true, Ordering::Relaxed),
            Err(_) => upload.give_up().await,
        }
        finished
    }

    /// All parts but the first in any order, then the first, which makes the file an image.
    async fn send_rest(upload: &Arc<Self>, file: Arc<File>, parts: Parts) -> Result<(), Cause> {
        let missing: Vec<usize> = (1..parts.count()).filter(|&index| !upload.record().has(index)).collect();
        let send = {
            let (upload, file) = (Arc::clone(upload), Arc::clone(&file));
            move |index| {
                let (upload, file) = (Arc::clone(&upload), Arc::clone(&file));
                async move { upload.send(&file, parts, index).await }
            }
        };
        in_parallel(queue(missing), upload.bucket.workers, send).await?;
        // It may have come just before the end of an earlier run.
        if !upload.record().has(0) {
            upload.send(&file, parts, 0).await?;
        }
        let e_tags = upload.record().e_tags(parts.count());
        let sent = e_tags.into_iter().map(|content_id| PartId { content_id }).collect();
        let completed = upload.bucket.objects.complete_multipart(&upload.key, &upload.id, sent).await;
        completed.map(drop).map_err(|e| cause(&e))
    }

    async fn give_up(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.remains().remove().await;
    }

    fn remains(&self) -> Remains {
        let record = self.record().path();
        Remains { bucket: self.bucket.clone(), key: self.key.clone(), id: self.id.clone(), record }
    }

    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().expect("no holder of this lock can panic")
    }
}

impl Drop for Upload {
    /// Who sends may be cancelled anywhere. Parts that came are then neither an object nor gone, and cost their owner, unless they are written
    /// down.
    fn drop(&mut self) {
        self.bucket.running().remove(&self.id);
        let is_found = self.is_over.load(Ordering::Relaxed) || self.record().path().is_some();
        // Without a runtime the process ends.
        if let (false, Ok(runtime)) = (is_found, Handle::try_current()) {
            runtime.spawn(self.remains().remove());
        }
    }
}

/// What there is of an upload that will not be completed.
struct Remains {
    bucket: Bucket,
    key: ObjectPath,
    id: String,
    record: Option<PathBuf>,
}

impl Remains {
    /// Removes the parts that came, and their record. What cannot be removed now is found again: by the record, or by its age.
    async fn remove(self) {
        let aborted = self.bucket.abort(&self.key, &self.id).await;
        let Some(path) = self.record.filter(|_| aborted.is_ok()) else { return };
        // Another run may have begun an upload of its own meanwhile.
        if matches!(Record::load(&path), Ok(Some(record)) if record.upload == self.id) {
            let _ = std::fs::remove_file(path);
        }
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
