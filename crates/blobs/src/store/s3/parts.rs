use std::ops::Range;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use crate::store::Cause;

/// Most parts of one upload that S3 accepts.
pub(super) const PARTS_MAX: u64 = 10_000;

/// Largest part that S3 accepts.
pub(super) const PART_BYTES_MAX: u64 = 5 << 30;

/// How a blob is cut: parts of the same size but for the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    blob_bytes: u64,
    part_bytes: u64,
}

impl Parts {
    /// Parts of `part_bytes`, or of as many whole MiB as keep their number within what the service accepts.
    pub(super) fn new(blob_bytes: u64, part_bytes: u64) -> Self {
        let least = blob_bytes.div_ceil(PARTS_MAX).next_multiple_of(1 << 20);
        Self { blob_bytes, part_bytes: part_bytes.max(least) }
    }

    /// Parts as an upload that was begun has them; `None` where that many are not accepted.
    pub(super) fn of_upload(blob_bytes: u64, part_bytes: u64) -> Option<Self> {
        let is_accepted = (1..=PARTS_MAX).contains(&blob_bytes.div_ceil(part_bytes));
        is_accepted.then_some(Self { blob_bytes, part_bytes })
    }

    /// Parts of a blob whose length is not known yet, all of them whole.
    pub(super) fn whole(part_bytes: u64) -> Self {
        Self { blob_bytes: u64::MAX, part_bytes }
    }

    pub(super) fn part_bytes(self) -> u64 {
        self.part_bytes
    }

    pub(super) fn count(self) -> usize {
        self.blob_bytes.div_ceil(self.part_bytes) as usize
    }

    /// The bytes of part `index`, from 0.
    pub(super) fn range(self, index: usize) -> Range<u64> {
        let start = index as u64 * self.part_bytes;
        start..(start + self.part_bytes).min(self.blob_bytes)
    }
}

/// The parts that are to be sent or fetched, as they become known. It ends when nobody can add one any more.
pub(super) type Queue = UnboundedReceiver<usize>;

/// A queue of parts that are all known.
pub(super) fn queue(indexes: impl IntoIterator<Item = usize>) -> Queue {
    let (sender, queue) = unbounded_channel();
    for index in indexes {
        sender.send(index).expect("the receiver is in our hands");
    }
    queue
}

/// Runs `part` for each index, in several tasks, each of which takes the next index when it is free. So no more than `workers`
/// parts are in memory. The first failure, or dropping the future, ends all.
pub(super) async fn in_parallel<P, F>(queue: Queue, workers: usize, part: P) -> Result<(), Cause>
where
    P: Fn(usize) -> F + Clone + Send + 'static,
    F: Future<Output = Result<(), Cause>> + Send + 'static,
{
    let queue = Arc::new(Mutex::new(queue));
    let mut tasks: JoinSet<Result<(), Cause>> = JoinSet::new();
    for _ in 0..workers {
        let (queue, part) = (Arc::clone(&queue), part.clone());
        tasks.spawn(async move {
            while let Some(index) = next(&queue).await {
                part(index).await?;
            }
            Ok(())
        });
    }
    while let Some(finished) = tasks.join_next().await {
        finished.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    }
    Ok(())
}

/// Locked for the taking only, not while the part is on its way.
async fn next(queue: &Mutex<Queue>) -> Option<usize> {
    queue.lock().await.recv().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_a_blob_and_are_never_too_many() {
        let mib = 1 << 20;
        for (blob_bytes, count, last) in [
            (1, 1, 0..1),
            (5 * mib, 1, 0..5 * mib),
            (5 * mib + 1, 2, 5 * mib..5 * mib + 1),
            (15 * mib, 3, 10 * mib..15 * mib),
        ] {
            let parts = Parts::new(blob_bytes, 5 * mib);
            assert_eq!((parts.count(), parts.range(count - 1)), (count, last), "{blob_bytes} bytes");
            assert_eq!(Parts::of_upload(blob_bytes, 5 * mib), Some(parts));
        }
        assert_eq!(Parts::new(0, 5 * mib).count(), 0);
        for blob_bytes in [50_000 * mib, 50_000 * mib + 1, 5 << 40] {
            let parts = Parts::new(blob_bytes, 5 * mib);
            assert!(parts.count() <= 10_000 && parts.range(parts.count() - 1).end == blob_bytes, "{parts:?}");
        }
        for blob_bytes in [0, 50_000 * mib + 1] {
            assert_eq!(Parts::of_upload(blob_bytes, 5 * mib), None, "{blob_bytes} bytes");
        }
        assert_eq!(Parts::whole(5 * mib).range(9_999), 49_995 * mib..50_000 * mib);
    }

    #[tokio::test]
    async fn each_index_runs_once_and_a_failure_ends_all() {
        let done = Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = Arc::clone(&done);
        let note = move |index| {
            seen.lock().unwrap().push(index);
            async { Ok(()) }
        };
        in_parallel(queue(1..100), 7, note).await.unwrap();
        done.lock().unwrap().sort_unstable();
        assert_eq!(*done.lock().unwrap(), (1..100).collect::<Vec<_>>());
        let failed = in_parallel(queue(0..100), 7, async |index| match index {
            3 => Err(Cause::NoSuchBlob),
            _ => std::future::pending::<Result<(), Cause>>().await,
        });
        assert!(matches!(failed.await, Err(Cause::NoSuchBlob)));
    }
}
