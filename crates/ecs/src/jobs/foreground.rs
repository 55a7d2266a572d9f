//! One job to its end, for a command that has no server to work for it.

use std::sync::Arc;
use std::time::Duration;

use super::take::TakenBy;
use crate::ecs::Ecs;
use crate::error::Result;

/// How often a job is looked at that another process works on.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Ecs {
    /// Does the unfinished job of an image, whatever waits before it: nobody else is there to do that. A job that is another's is waited
    /// for, and done when its time is over without an end. Returns when there is no unfinished job, whatever came of it.
    ///
    /// Errors: failures of the catalog.
    pub async fn finish_image(self: &Arc<Self>, image_id: &str) -> Result<()> {
        match self.catalog.read().job_that_makes(image_id).await? {
            Some(job) => self.finish_task(&job.job.id).await,
            None => Ok(()),
        }
    }

    /// The same for a job by its id.
    ///
    /// Errors: failures of the catalog.
    pub async fn finish_task(self: &Arc<Self>, id: &str) -> Result<()> {
        loop {
            let job = self.catalog.read().job_by_id(id).await?;
            let Some(job) = job.filter(|job| job.finished_at.is_none()) else { return Ok(()) };
            match self.own_job(&job).await? {
                TakenBy::Us => {
                    let running = self.board.begin(&job.job.id);
                    Arc::clone(self).run_job(job, running).await;
                }
                TakenBy::Another => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }

    async fn own_job(&self, job: &catalog::JobRecord) -> Result<TakenBy> {
        let host = self.host_of_jobs();
        let mut write = self.catalog.write().await?;
        let done = self.own(&mut write, job, [&self.config.server_name, &host]).await;
        write.finish(done).await
    }
}
