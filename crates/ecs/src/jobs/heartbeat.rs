//! Signs of life of a job: that it has a worker, and its progress.

use std::sync::Arc;
use std::time::Duration;

use catalog::Timestamp;

use super::board::{Running, WHOLE};
use super::take::OWNED_FOR;
use crate::ecs::Ecs;
use crate::error::Result;

/// How often it is looked whether a job is to be renewed, and progress is written down, when there is any.
const PERIOD: Duration = Duration::from_millis(500);

/// A job is renewed when this has passed since it last was.
const RENEWED_AFTER: Duration = Duration::from_secs(8);

/// How long the catalog may take to answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// A job that was not renewed for so long is given up where another worker may take it soon.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(20);

// Just before that it may be asked once more.
const _: () =
    assert!(GIVEN_UP_AFTER.as_millis() + PERIOD.as_millis() + ANSWERED_WITHIN.as_millis() < OWNED_FOR.as_millis());

impl Ecs {
    /// Keeps the job this worker's and writes its progress down, until it is aborted. The work on a job that is over, or another's, or can be
    /// another's soon, is stopped, which ends this too.
    pub(super) async fn keep_alive(self: Arc<Self>, job: String, image: String, running: Arc<Running>) {
        let begun = self.now();
        let (mut shown, mut lease) = (Shown { percent: 0, remain_s: None }, Lease::new(begun));
        loop {
            tokio::time::sleep(PERIOD).await;
            // First: the machine may have slept.
            if !self.keep(&job, &mut lease).await {
                return running.stop();
            }
            let next = Shown::at(running.progress(), begun, self.now(), &shown);
            // A catalog that has just not answered is not asked for less.
            if next != shown && !lease.is_failing {
                shown = next;
                if let Err(error) = in_time(self.write_progress(&job, &image, &shown)).await {
                    tracing::warn!(job, error, "progress cannot be written down");
                }
            }
        }
    }

    /// Renews a job when it is time. Returns whether it is still this worker's.
    async fn keep(&self, job: &str, lease: &mut Lease) -> bool {
        let asked = self.now();
        if !lease.is_due(asked) {
            return true;
        }
        match in_time(self.renew(job)).await {
            Ok(true) => {
                *lease = Lease::new(asked);
                true
            }
            Ok(false) => false,
            Err(error) => {
                if !std::mem::replace(&mut lease.is_failing, true) {
                    tracing::warn!(job, error, "the job cannot be renewed; it is tried again");
                }
                // Who cannot reach a catalog in a data directory is as far from it as everybody else.
                let is_kept = self.catalog.is_in_data_directory() || !lease.is_over(self.now());
                if !is_kept {
                    tracing::warn!(job, "the job is given up, as the catalog is not reached");
                }
                is_kept
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
        Ok(answer) => answer.map_err(|error| error.with_causes()),
        Err(_) => Err("the catalog does not answer".to_owned()),
    }
}

/// For how long a worker may believe that a job is its own.
#[derive(Debug)]
struct Lease {
    renewed: Timestamp,
    /// Whether it was tried to renew it since, in vain.
    is_failing: bool,
}

impl Lease {
    fn new(renewed: Timestamp) -> Self {
        Self { renewed, is_failing: false }
    }

    /// Whether it is time to renew it. When the clock was set back nobody can tell any more how long ago it was: it is due, and the
    /// time that the catalog has of it is put right with it.
    fn is_due(&mut self, now: Timestamp) -> bool {
        if now < self.renewed {
            self.renewed = now.saturating_sub(RENEWED_AFTER).expect("a duration has no calendar units");
        }
        self.age(now) >= RENEWED_AFTER
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.age(now) > GIVEN_UP_AFTER
    }

    fn age(&self, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(self.renewed)).unwrap_or_default()
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

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    /// When a job that was renewed at 100 s is renewed, and when it is given up if that fails: by the time that has passed, however the clock
    /// came there.
    #[test]
    fn a_job_is_renewed_by_time() {
        for (second, is_due, is_over, what) in [
            (100, false, false, "at once"),
            (107, false, false, "soon"),
            (108, true, false, "in time"),
            (120, true, false, "late"),
            (121, true, true, "too late"),
            (100_000, true, true, "the machine slept, or the clock was put forward: it is tried once more"),
            (99, true, false, "the clock was set back"),
            (-100_000, true, false, "far back"),
        ] {
            let mut lease = Lease::new(at(100_000));
            assert_eq!(
                (lease.is_due(at(second * 1000)), lease.is_over(at(second * 1000))),
                (is_due, is_over),
                "{what}"
            );
        }
        // From where the clock was set back to, time counts on.
        let mut lease = Lease::new(at(100_000));
        assert!(lease.is_due(at(0)));
        assert!(lease.is_due(at(11_000)) && !lease.is_over(at(11_000)));
        assert!(lease.is_over(at(13_000)));
    }

    /// Percent rises to 99 and no further, what remains falls, and neither turns back when the work is slow.
    #[test]
    fn progress_rises_and_the_rest_falls() {
        let mut shown = Shown { percent: 0, remain_s: None };
        let mut seen = Vec::new();
        for (progress, millis) in [(0, 500), (1000, 1000), (2000, 2000), (1900, 8000), (5000, 9000), (WHOLE, 12_000)] {
            shown = Shown::at(progress, at(0), at(millis), &shown);
            seen.push((shown.percent, shown.remain_s));
        }
        assert_eq!(seen, [(0, None), (10, Some(9)), (20, Some(8)), (20, Some(8)), (50, Some(8)), (99, Some(0))]);
    }
}
