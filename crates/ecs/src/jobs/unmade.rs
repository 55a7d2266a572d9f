//! A job whose work ended before it came to its end: it is over, or somebody goes on with it.

use catalog::{ImageRecord, JobRecord, Write};
use engine::EngineError;

use super::board::Running;
use super::spec::{CREATE_SNAPSHOT, EXPORT_IMAGE};
use crate::arn::image_disk;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

impl Ecs {
    /// Of a job that failed, the image stays listed as CreateFailed with the reason, and nothing else; of one that was cancelled, nothing. What
    /// was made for a job that is not over is its next worker's: it stays as it is.
    pub(super) async fn end_badly(&self, job: &JobRecord, running: &Running, error: EcsError) {
        let id = &job.job.id;
        // It was cancelled or given up, or was found at its end to be over, or another's.
        let is_stopped = running.is_cancelled() || matches!(error, EcsError::Engine(EngineError::Cancelled));
        if !is_stopped {
            if error.leaves_its_job() {
                tracing::warn!(job = %id, error = error.with_causes(), "a job is left for a later run");
                return;
            }
            tracing::warn!(job = %id, image = %job.job.image_id, error = error.with_causes(), "a job failed");
            if let Err(error) = self.write_failure(job, &error).await {
                tracing::error!(job = %id, %error, "the failure of a job cannot be written down; the job is tried again");
                return;
            }
        }
        match self.let_go(job).await {
            Ok(true) => {
                self.discard_blobs(job).await;
                self.discard_export(job).await;
            }
            Ok(false) => tracing::info!(job = %id, "what was made for a job waits for whoever goes on with it"),
            Err(error) => {
                tracing::error!(job = %id, %error, "it is not known whether a job is over; what was made for it stays");
            }
        }
    }

    /// Returns whether a job is over. One that is has its image taken from the usage of its keys, unless that was made; one that is not may be
    /// taken by the next worker at once.
    async fn let_go(&self, job: &JobRecord) -> Result<bool> {
        let mut write = self.catalog.write().await?;
        let done = async {
            let found = write.read().job_by_id(&job.job.id).await?;
            if found.is_some_and(|job| job.finished_at.is_none()) {
                write.job_release(&job.job.id, &self.as_owner()).await?;
                return Ok(false);
            }
            self.forget_records(&mut write, job).await?;
            Ok(true)
        };
        let done: Result<bool> = done.await;
        write.finish(done).await
    }

    /// Takes the image of a job that is over from the usage of its keys, unless it was made: the engine may have recorded it after whoever
    /// ended the job took its records away.
    async fn forget_records(&self, write: &mut Write, job: &JobRecord) -> Result<()> {
        if job.job.action == CREATE_SNAPSHOT {
            return self.forget_snapshot_records(write, job).await;
        }
        let image = write.read().image_by_id(&job.job.image_id).await?;
        if image.is_some_and(|image| image.status != "CreateFailed") {
            return Ok(());
        }
        for position in 0..super::disks_of(job) {
            write.sealed_images_delete_at(&image_disk(&job.job.scope, &job.job.image_id, position)).await?;
        }
        Ok(())
    }

    async fn write_failure(&self, job: &JobRecord, error: &EcsError) -> Result<()> {
        let (code, reason) = (error.job_code(), error.public_text());
        let mut write = self.catalog.write().await?;
        let done = async {
            let is_ended =
                write.job_end(&job.job.id, Some(&self.as_owner()), "Failed", (code, &reason), self.now()).await?;
            if is_ended && job.job.action == CREATE_SNAPSHOT {
                return self.fail_snapshot(&mut write, job).await;
            }
            // An export makes no image; the one that it reads stays as it is.
            if !is_ended || job.job.action == EXPORT_IMAGE {
                return Ok(());
            }
            let Some(image) = write.read().image_by_id(&job.job.image_id).await? else { return Ok(()) };
            for disk in write.read().image_disks(&image.id).await? {
                let mut snapshot = disk.snapshot;
                snapshot.status = "failed".to_owned();
                write.snapshot_update(&snapshot).await?;
            }
            let image = ImageRecord { status: "CreateFailed".to_owned(), failure: reason, remain_s: None, ..image };
            write.image_update(&image).await?;
            Ok(())
        };
        let done: Result<()> = done.await;
        write.finish(done).await
    }

    /// Removes what a job made that is over without success.
    async fn discard_blobs(&self, job: &JobRecord) {
        let blobs = super::blobs_of(job);
        for blob in blobs {
            if let Err(error) = self.discard_unrecorded(&job.job.scope.region, &blob).await {
                tracing::warn!(blob, %error, "what a job left cannot be removed; the sweeper tries again");
            }
        }
    }
}
