//! Which job is next: in the order of arrival, so many of a region at once.

use std::sync::Arc;
use std::time::Duration;

use catalog::{JobRecord, Region, Write};

use crate::ecs::Ecs;
use crate::error::Result;

/// For how long a job is its worker's without a sign of life.
pub(super) const OWNED_FOR: Duration = Duration::from_secs(30);

impl Ecs {
    /// Takes over the jobs of processes that are known to be gone.
    pub(super) async fn free_jobs(&self) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = write.jobs_disown_others(&self.board.worker).await;
        let freed = write.finish(done).await?;
        if freed > 0 {
            tracing::warn!(jobs = freed, "jobs of another process are taken over: it must not run any more");
        }
        Ok(())
    }

    /// Begins as many jobs as may run.
    pub(super) async fn take_jobs(self: &Arc<Self>) -> Result<()> {
        for region in self.stores.keys() {
            while let Some(job) = self.take_job(region).await? {
                // On the board before anything else can happen, so that whoever cancels it finds it there.
                let running = self.board.begin(&job.job.id);
                tokio::spawn(Arc::clone(self).run_job(job, running));
            }
        }
        Ok(())
    }

    async fn take_job(&self, region: &Region) -> Result<Option<JobRecord>> {
        let host = self.host_of_jobs();
        // Most looks find nothing, and cost no change.
        if self.catalog.read().job_to_take(region, &host, self.now()).await?.is_none() {
            return Ok(None);
        }
        let mut write = self.catalog.write().await?;
        let done = async {
            let now = self.now();
            if write.read().jobs_owned_count(region, now).await? >= self.config.copies_at_once as u64 {
                return Ok(None);
            }
            let Some(job) = write.read().job_to_take(region, &host, now).await? else { return Ok(None) };
            match self.own(&mut write, &job, &host).await? {
                TakenBy::Us => Ok(Some(job)),
                TakenBy::Another => Ok(None),
            }
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Whose instances' disks are here; nobody's where that cannot be told: other jobs go on.
    pub(super) fn host_of_jobs(&self) -> String {
        self.host.id_if_named(&self.config.instances).map(Option::unwrap_or_default).unwrap_or_else(|error| {
            tracing::warn!(%error, "images of instances are not made here now");
            String::new()
        })
    }

    /// Makes a job this worker's, if it can be done on this host. Its image is no longer waiting. One that this process works on already,
    /// whose time was over because the clock was put forward or the machine slept, is renewed and not begun a second time.
    pub(super) async fn own(&self, write: &mut Write, job: &JobRecord, host: &str) -> Result<TakenBy> {
        let now = self.now();
        let until = now.saturating_add(OWNED_FOR).expect("a duration has no calendar units");
        if !write.read().job_can_be_done_on(&job.job.id, host).await?
            || !write.job_own(&job.job.id, &self.board.worker, until, now).await?
        {
            return Ok(TakenBy::Another);
        }
        if self.board.has(&job.job.id) {
            return Ok(TakenBy::Another);
        }
        if let Some(mut image) = write.read().image_by_id(&job.job.image_id).await?
            && image.status == "Waiting"
        {
            image.status = "Creating".to_owned();
            write.image_update(&image).await?;
        }
        Ok(TakenBy::Us)
    }
}

/// Whose a job is after one tried to take it.
pub(super) enum TakenBy {
    /// This worker's.
    Us,
    /// Another's, or nobody's any more, or this worker's already.
    Another,
}
