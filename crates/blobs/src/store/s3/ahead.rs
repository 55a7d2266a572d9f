use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use object_store::path::Path as ObjectPath;
use rustix::fs::Advice;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::parts::{PARTS_MAX, Parts, Queue, in_parallel};
use super::record::Record;
use super::upload::Upload;
use super::{Bucket, S3Store};
use crate::store::error::StoreName;
use crate::store::{BlobId, Cause, StoreResult};
use crate::{BlobError, Result, partial_path};

/// A work file whose parts go up while it is written: each as soon as all of its bytes are there, but never the first one, which makes
/// the file an image. What is missing goes with [`crate::BlobStore::put`].
///
/// Memory: `workers` parts. Dropping it ends what is on its way; what came is kept for the put, or for another run.
pub struct PutAhead {
    bucket: Bucket,
    key: ObjectPath,
    store: StoreName,
    id: BlobId,
    partial: PathBuf,
    record: PathBuf,
    runtime: Handle,
    begun: Mutex<Option<Begun>>,
}

struct Begun {
    missing: Missing,
    /// Of the parts that are full.
    queue: UnboundedSender<usize>,
    /// One task, which ends with this.
    sending: JoinSet<std::result::Result<(), Cause>>,
}

impl S3Store {
    /// On a runtime, which sends.
    pub(super) fn ahead(&self, id: &BlobId, work_file: &Path) -> PutAhead {
        PutAhead {
            bucket: self.bucket.clone(),
            key: self.bucket.key(id),
            store: self.name.clone(),
            id: *id,
            partial: partial_path(work_file),
            record: self.record(id),
            runtime: Handle::current(),
            begun: Mutex::new(None),
        }
    }
}

impl PutAhead {
    /// A run begins to write, or goes on with, the partial file. `there`: the bytes that are there for good by earlier runs; no other part
    /// that one of them sent counts any more. `bytes`: how long the file becomes, about; what turns out too long for its parts is sent anew by the put.
    ///
    /// Blocks. Errors: the system's.
    pub fn begin(&self, bytes: u64, there: &mut dyn Iterator<Item = Range<u64>>) -> Result<()> {
        let failed = |e| BlobError::io("read", &self.record, e);
        let mut record = Record::load(&self.record).map_err(failed)?;
        let whole = Parts::whole(match &record {
            Some(record) => record.part_bytes,
            None => Parts::new(bytes, self.bucket.part_bytes).part_bytes(),
        });
        let mut missing = Missing::new(whole);
        let full: BTreeSet<usize> = there.flat_map(|range| missing.take(range)).collect();
        if let Some(record) = &mut record {
            record.retain(|index| full.contains(&index)).map_err(failed)?;
        }
        let file = File::open(&self.partial).map_err(|e| BlobError::io("open", &self.partial, e))?;
        // What lies behind a part is still being written past the page cache: nothing is to be read ahead.
        let _ = rustix::fs::fadvise(&file, 0, None, Advice::Random);
        let (queue, parts) = unbounded_channel();
        let unsent = full.into_iter().filter(|&index| !record.as_ref().is_some_and(|record| record.has(index)));
        add(&queue, unsent);
        let upload = record.map(|record| Upload::of(&self.bucket, &self.key, record));
        let mut sending = JoinSet::new();
        sending.spawn_on(self.send(Arc::new(file), whole, parts, upload), &self.runtime);
        *self.begun() = Some(Begun { missing, queue, sending });
        Ok(())
    }

    /// These bytes are there for good now.
    pub fn written(&self, range: Range<u64>) {
        if let Some(begun) = &mut *self.begun() {
            let full = begun.missing.take(range);
            add(&begun.queue, full);
        }
    }

    /// Waits until all parts are sent that are full. The file may have its name by now.
    ///
    /// Errors: the service's or the system's. Nothing is lost by one: the put sends what did not come.
    pub async fn finish(&self) -> StoreResult<()> {
        let Some(Begun { queue, mut sending, .. }) = self.begun().take() else { return Ok(()) };
        // That is its end.
        drop(queue);
        while let Some(sent) = sending.join_next().await {
            let sent = sent.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
            sent.map_err(self.store.failed("send parts of", Some(&self.id)))?;
        }
        Ok(())
    }

    /// Sends the parts of the queue. An upload is begun when there is one.
    fn send(
        &self,
        file: Arc<File>,
        whole: Parts,
        parts: Queue,
        upload: Option<Upload>,
    ) -> impl Future<Output = std::result::Result<(), Cause>> + Send + use<> {
        let (bucket, key, record, workers) =
            (self.bucket.clone(), self.key.clone(), self.record.clone(), self.bucket.workers);
        let upload = Arc::new(OnceCell::new_with(upload));
        let send = move |index| {
            let (bucket, key, record) = (bucket.clone(), key.clone(), record.clone());
            let (file, upload) = (Arc::clone(&file), Arc::clone(&upload));
            async move {
                let begin = || Upload::begin(&bucket, &key, whole.part_bytes(), Some(record));
                upload.get_or_try_init(begin).await?.send(&file, whole, index).await
            }
        };
        in_parallel(parts, workers, send)
    }

    fn begun(&self) -> MutexGuard<'_, Option<Begun>> {
        self.begun.lock().expect("no holder of this lock can panic")
    }
}

/// The first part comes last, with the put.
fn add(queue: &UnboundedSender<usize>, full: impl IntoIterator<Item = usize>) {
    for index in full.into_iter().filter(|&index| index != 0) {
        // Who sends may have ended by an error, which `finish` tells.
        let _ = queue.send(index);
    }
}

/// How many bytes each part still lacks.
struct Missing {
    whole: Parts,
    /// Of the parts up to the last one that has a byte.
    bytes: Vec<u64>,
}

impl Missing {
    fn new(whole: Parts) -> Self {
        Self { whole, bytes: Vec::new() }
    }

    /// Takes bytes that are there now, each of them once. Returns the parts that they made full.
    fn take(&mut self, range: Range<u64>) -> Vec<usize> {
        let part_bytes = self.whole.part_bytes();
        let mut full = Vec::new();
        // A file that became longer than was said has parts that cannot be sent ahead.
        for index in range.start / part_bytes..range.end.div_ceil(part_bytes).min(PARTS_MAX) {
            let index = index as usize;
            let part = self.whole.range(index);
            let taken = range.end.min(part.end).saturating_sub(range.start.max(part.start));
            if self.bytes.len() <= index {
                self.bytes.resize(index + 1, part_bytes);
            }
            self.bytes[index] = self.bytes[index].saturating_sub(taken);
            if taken > 0 && self.bytes[index] == 0 {
                full.push(index);
            }
        }
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part is full by the last of its bytes, whatever the order and however ranges lie across parts; it is told once.
    #[test]
    fn a_part_is_full_by_its_last_byte() {
        let mut missing = Missing::new(Parts::whole(10));
        for (range, full) in [
            (25..27, vec![]),
            (5..25, vec![1]),
            (27..30, vec![2]),
            (30..30, vec![]),
            (0..5, vec![0]),
            (40..75, vec![4, 5, 6]),
            (30..40, vec![3]),
            (75..79, vec![]),
            (10 * PARTS_MAX - 10..10 * PARTS_MAX + 20, vec![PARTS_MAX as usize - 1]),
        ] {
            assert_eq!(missing.take(range.clone()), full, "{range:?}");
        }
    }
}
