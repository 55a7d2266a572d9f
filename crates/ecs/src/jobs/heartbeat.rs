//! Signs of life of a job: its progress, and that it has a worker.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use catalog::Timestamp;

use super::board::{Running, WHOLE};
use super::take::OWNED_FOR;
use crate::ecs::Ecs;
use crate::error::Result;

/// How often progress is written down, when there is any.
const PERIOD: Duration = Duration::from_millis(500);

/// How often a job is renewed, in periods.
const RENEW_EVERY: u32 = 16;

/// How long the catalog may take to answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// A job that was not renewed for so long is given up: another worker may take it soon.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(20);

const _: () = assert!(GIVEN_UP_AFTER.as_secs() + 2 * ANSWERED_WITHIN.as_secs() <= OWNED_FOR.as_secs());

impl Ecs {
    /// Writes progress down and keeps the job this worker's, until it is aborted. A job that is over, or another's, or can be another's
    /// soon, is stopped.
    pub(super) async fn keep_alive(self: Arc<Self>, job: String, image: String, running: Arc<Running>) {
        let begun = self.now();
        let (mut shown, mut renewed) = (Shown { percent: 0, remain_s: None }, begun);
        for period in 1_u32.. {
            tokio::time::sleep(PERIOD).await;
            let next = Shown::at(running.progress(), begun, self.now(), &shown);
            if next != shown {
                shown = next;
                if let Err(error) = in_time(self.write_progress(&job, &image, &shown)).await {
                    tracing::warn!(job, error, "progress cannot be written down");
                }
            }
            if period.is_multiple_of(RENEW_EVERY) {
                let asked = self.now();
                match in_time(self.renew(&job)).await {
                    Ok(true) => renewed = asked,
                    Ok(false) => running.cancel.store(true, Ordering::Relaxed),
                    Err(error) => tracing::warn!(job, error, "the job cannot be renewed"),
                }
            }
            if self.now().duration_since(renewed).unsigned_abs() > GIVEN_UP_AFTER {
                tracing::warn!(job, "the job is given up, as the catalog is not reached");
                running.cancel.store(true, Ordering::Relaxed);
            }
        }
    }

    async fn write_progress(&self, job: &str, image: &str, shown: &Shown) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            write.image_advance(image, shown.percent, shown.remain_s).await?;
            write.job_advance(job, shown.percent).await
        };
        let done = done.await;
        Ok(write.finish(done).await?)
    }

    async fn renew(&self, job: &str) -> Result<bool> {
        let mut write = self.catalog.write().await?;
        let now = self.now();
        let until = now.saturating_add(OWNED_FOR).expect("a duration has no calendar units");
        let done = write.job_own(job, &self.as_owner(), until, now).await;
        Ok(write.finish(done).await?)
    }
}

/// The catalog's answer, or why there is none yet.
async fn in_time<T>(answer: impl Future<Output = Result<T>>) -> std::result::Result<T, String> {
    match tokio::time::timeout(ANSWERED_WITHIN, answer).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err("the catalog does not answer".to_owned()),
    }
}

/// What is shown of a job that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shown {
    /// 100 is for the image that is Available.
    percent: u32,
    remain_s: Option<u32>,
}

impl Shown {
    /// The rest takes its share of what the part behind took. It is never said to have become longer.
    fn at(progress: u64, begun: Timestamp, now: Timestamp, before: &Self) -> Self {
        let percent = u32::try_from(progress * 100 / WHOLE).unwrap_or(0).clamp(before.percent, 99);
        let elapsed_ms = u64::try_from(now.duration_since(begun).as_millis()).unwrap_or(0);
        let rest_ms = elapsed_ms.saturating_mul(WHOLE - progress.min(WHOLE)).checked_div(progress);
        let rest_s = rest_ms.map(|ms| u32::try_from(ms.div_ceil(1000)).unwrap_or(u32::MAX));
        let remain_s = match (before.remain_s, rest_s) {
            (Some(before), Some(rest)) => Some(before.min(rest)),
            (before, rest) => rest.or(before),
        };
        Self { percent, remain_s }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Percent rises to 99 and no further, what remains falls, and neither turns back when the work is slow.
    #[test]
    fn progress_rises_and_the_rest_falls() {
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        let mut shown = Shown { percent: 0, remain_s: None };
        let mut seen = Vec::new();
        for (progress, millis) in [(0, 500), (1000, 1000), (2000, 2000), (1900, 8000), (5000, 9000), (WHOLE, 12_000)] {
            shown = Shown::at(progress, at(0), at(millis), &shown);
            seen.push((shown.percent, shown.remain_s));
        }
        assert_eq!(seen, [(0, None), (10, Some(9)), (20, Some(8)), (20, Some(8)), (50, Some(8)), (99, Some(0))]);
    }
}
