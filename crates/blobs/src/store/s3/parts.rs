use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use crate::store::Cause;

/// Most parts of one upload that S3 accepts.
const PARTS_MAX: u64 = 10_000;

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

    pub(super) fn count(self) -> usize {
        self.blob_bytes.div_ceil(self.part_bytes) as usize
    }

    /// The bytes of part `index`, from 0.
    pub(super) fn range(self, index: usize) -> Range<u64> {
        let start = index as u64 * self.part_bytes;
        start..(start + self.part_bytes).min(self.blob_bytes)
    }
}

/// Runs `part` for each index, in several tasks, each of which takes the next index when it is free. So no more than `workers`
/// parts are in memory. The first failure, or dropping the future, ends all.
pub(super) async fn in_parallel<T, P, F>(
    indexes: Range<usize>,
    workers: usize,
    part: P,
) -> Result<Vec<(usize, T)>, Cause>
where
    T: Send + 'static,
    P: Fn(usize) -> F + Clone + Send + 'static,
    F: Future<Output = Result<T, Cause>> + Send + 'static,
{
    let next = Arc::new(AtomicUsize::new(indexes.start));
    let mut tasks: JoinSet<Result<_, Cause>> = JoinSet::new();
    for _ in 0..workers.min(indexes.len()) {
        let (next, part, end) = (Arc::clone(&next), part.clone(), indexes.end);
        tasks.spawn(async move {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= end {
                    return Ok(done);
                }
                done.push((index, part(index).await?));
            }
        });
    }
    let mut results = Vec::with_capacity(indexes.len());
    while let Some(finished) = tasks.join_next().await {
        results.extend(finished.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?);
    }
    Ok(results)
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
        }
        assert_eq!(Parts::new(0, 5 * mib).count(), 0);
        for blob_bytes in [50_000 * mib, 50_000 * mib + 1, 5 << 40] {
            let parts = Parts::new(blob_bytes, 5 * mib);
            assert!(parts.count() <= 10_000 && parts.range(parts.count() - 1).end == blob_bytes, "{parts:?}");
        }
    }

    #[tokio::test]
    async fn each_index_runs_once_and_a_failure_ends_all() {
        let mut done = in_parallel(1..100, 7, async |index| Ok(index * 2)).await.unwrap();
        done.sort_unstable();
        assert_eq!(done, (1..100).map(|index| (index, index * 2)).collect::<Vec<_>>());
        let failed = in_parallel(0..100, 7, async |index| match index {
            3 => Err(Cause::NoSuchBlob),
            _ => std::future::pending::<Result<(), Cause>>().await,
        });
        assert!(matches!(failed.await, Err(Cause::NoSuchBlob)));
    }
}
