//! Which job is next: in the order of arrival, so many of a region at once.

use std::sync::Arc;
use std::time::Duration;

use catalog::{Attendance, Attends, JobOwner, JobRecord, Region, Write};

use crate::ecs::Ecs;
use crate::error::Result;

/// For how long a job is its worker's without a sign of life.
pub(super) const OWNED_FOR: Duration = Duration::from_secs(30);

/// How long a process that is about to end is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

impl Ecs {
    /// Says that this process works on jobs. One that stands in the way is waited for a moment: it may be about to end.
    ///
    /// Errors: failures of the catalog; [`catalog::CatalogError::NotAlone`], `OnlyServer` and `NameTaken` for a process that does not end.
    pub async fn attend(&self, attends: Attends) -> Result<Attendance> {
        Ok(self.catalog.attend(&self.config.server_name, attends, PATIENCE).await?)
    }

    /// Takes over the jobs of earlier workers of this data directory. They are gone: their server had the lock of the directory, and the
    /// name of it for itself, as this one has now.
    pub(super) async fn free_jobs(&self, attendance: &Attendance) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            // Behind the catalog's lock: whoever came by the name while this process had lost it has taken no job since.
            attendance.confirm().await?;
            write.jobs_disown_others(&self.as_owner()).await
        };
        let done = done.await;
        let freed = write.finish(done).await?;
        if freed > 0 {
            tracing::info!(jobs = freed, "jobs that an earlier process of this data directory left go on");
        }
        Ok(())
    }

    /// This process as the worker of jobs.
    pub(super) fn as_owner(&self) -> JobOwner {
        JobOwner { worker: self.board.worker.clone(), place: self.config.server_name.clone() }
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
        let places = [self.config.server_name.as_str(), &host];
        // Most looks find nothing, and cost no change.
        if self.catalog.read().job_to_take(region, places, self.now()).await?.is_none() {
            return Ok(None);
        }
        let mut write = self.catalog.write().await?;
        let done = async {
            let now = self.now();
            if write.read().jobs_owned_count(region, now).await? >= self.config.copies_at_once as u64 {
                return Ok(None);
            }
            let Some(job) = write.read().job_to_take(region, places, now).await? else { return Ok(None) };
            match self.own(&mut write, &job, places).await? {
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

    /// Makes a job this worker's, if it can be done in one of `places`. Its image is no longer waiting. One that this process works on already,
    /// whose time was over because the clock was put forward or the machine slept, is renewed and not begun a second time.
    pub(super) async fn own(&self, write: &mut Write, job: &JobRecord, places: [&str; 2]) -> Result<TakenBy> {
        let now = self.now();
        let until = now.saturating_add(OWNED_FOR).expect("a duration has no calendar units");
        let is_here = job.job.place.is_empty() || places.contains(&job.job.place.as_str());
        if !is_here || !write.job_own(&job.job.id, &self.as_owner(), until, now).await? {
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
