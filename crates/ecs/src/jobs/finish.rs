//! The end of a job: one change with everything that it made, or what remains of one that failed.

use catalog::{BlobRecord, DiskContent, ImageRecord, JobRecord, SealedImage, SealedImageRecord, SnapshotRecord, Write};

use super::board::Running;
use super::disk::MadeDisk;
use super::spec::{COPYING, EXPORT_IMAGE};
use crate::arn::image_disk;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

/// A disk whose bytes are where they belong.
pub(super) struct FinishedDisk {
    /// The snapshot that waits for them.
    pub(super) snapshot: String,
    /// The blob that was made, or
    pub(super) made: Option<MadeDisk>,
    /// the snapshot whose blob is shared.
    pub(super) shared: Option<SnapshotRecord>,
    /// `import`, `keep`, `encrypt`, `reencrypt`, `rewrap`.
    pub(super) mode: String,
}

impl Ecs {
    /// The image is Available with its disks, and the job is over: all in one change, or nothing.
    ///
    /// Errors: `Cancelled` when the job was ended before.
    pub(super) async fn finish(&self, job: &JobRecord, disks: Vec<FinishedDisk>) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            if !write.job_end(&job.job.id, "Finished", ("", ""), self.now()).await? {
                return Err(EcsError::Engine(engine::EngineError::Cancelled));
            }
            let image = write.read().image_by_id(&job.job.image_id).await?;
            let image = image.ok_or_else(|| EcsError::Damaged(format!("job {} has no image", job.job.id)))?;
            for disk in disks {
                self.finish_disk(&mut write, &image, disk).await?;
            }
            let image = ImageRecord { status: "Available".to_owned(), progress: 100, remain_s: Some(0), ..image };
            write.image_update(&image).await?;
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    async fn finish_disk(&self, write: &mut Write, image: &ImageRecord, disk: FinishedDisk) -> Result<()> {
        let snapshot = write.read().snapshot_by_id(&disk.snapshot).await?;
        let mut snapshot = snapshot.ok_or_else(|| EcsError::Damaged(format!("snapshot {} is gone", disk.snapshot)))?;
        let content = match (&disk.made, &disk.shared) {
            (Some(made), _) => {
                self.insert_blob(write, image, made).await?;
                made.content.clone()
            }
            (None, Some(source)) => self.shared_content(write, source).await?,
            (None, None) => return Err(EcsError::Damaged("a disk without bytes".to_owned())),
        };
        snapshot.content = DiskContent { mode: disk.mode, ..content };
        snapshot.status = "accomplished".to_owned();
        snapshot.updated_at = self.now();
        write.snapshot_update(&snapshot).await?;
        if let Some(source) = &disk.shared {
            self.record_kept(write, image, source, &snapshot).await?;
        }
        self.end_use_in_flight(write, image, &snapshot).await
    }

    async fn insert_blob(&self, write: &mut Write, image: &ImageRecord, made: &MadeDisk) -> Result<()> {
        let blob = BlobRecord {
            id: made.blob.to_string(),
            region: image.scope.region.clone(),
            bytes: made.bytes,
            sealed_id: made.sealed_id.clone(),
            created_at: self.now(),
            dropped_at: None,
        };
        Ok(write.blob_insert(&blob).await?)
    }

    /// The source may have been deleted since the call: then its blob may be on its way out, and nothing may begin to use it.
    async fn shared_content(&self, write: &mut Write, source: &SnapshotRecord) -> Result<DiskContent> {
        let gone = || EcsError::SourceGone { snapshot: source.id.clone() };
        let id = source.content.blob_id.as_deref().ok_or_else(gone)?;
        let blob = write.read().blob_by_id(id).await?.ok_or_else(gone)?;
        if blob.dropped_at.is_some() {
            return Err(gone());
        }
        Ok(source.content.clone())
    }

    /// A copy that keeps its bytes is recorded under its key as its source is.
    async fn record_kept(
        &self,
        write: &mut Write,
        image: &ImageRecord,
        source: &SnapshotRecord,
        snapshot: &SnapshotRecord,
    ) -> Result<()> {
        if snapshot.content.key_id.is_none() {
            return Ok(());
        }
        let own_disk = write.read().image_disks(&image.id).await?;
        let Some(to) = own_disk.iter().find(|disk| disk.snapshot.id == snapshot.id) else { return Ok(()) };
        let recorded = self.records_of_snapshot(write, source).await?;
        for record in recorded {
            let kept = SealedImage {
                path: image_disk(&image.scope, &image.id, to.position),
                mode: "keep".to_owned(),
                ..record.image
            };
            write.sealed_image_insert(&SealedImageRecord { image: kept, sealed_at: self.now() }).await?;
        }
        Ok(())
    }

    /// How a sealed disk is recorded under its key: as any image that has it.
    pub(crate) async fn records_of_snapshot(
        &self,
        write: &mut Write,
        snapshot: &SnapshotRecord,
    ) -> Result<Vec<SealedImageRecord>> {
        for image_id in write.read().images_of_snapshot(&snapshot.id).await? {
            let disks = write.read().image_disks(&image_id).await?;
            let Some(disk) = disks.iter().find(|disk| disk.snapshot.id == snapshot.id) else { continue };
            let path = image_disk(&snapshot.scope, &image_id, disk.position);
            let recorded = write.read().sealed_images_at(&path).await?;
            if !recorded.is_empty() {
                return Ok(recorded);
            }
        }
        Ok(Vec::new())
    }

    async fn end_use_in_flight(&self, write: &mut Write, image: &ImageRecord, snapshot: &SnapshotRecord) -> Result<()> {
        let disks = write.read().image_disks(&image.id).await?;
        let Some(disk) = disks.iter().find(|disk| disk.snapshot.id == snapshot.id) else { return Ok(()) };
        let path = image_disk(&image.scope, &image.id, disk.position);
        for record in write.read().sealed_images_at(&path).await? {
            if record.image.mode == COPYING {
                write.sealed_image_delete(&record.image.image_id, &path).await?;
            }
        }
        Ok(())
    }

    /// A job that did not come to its end: the image stays listed as CreateFailed with the reason, unless the job was cancelled,
    /// and nothing else stays.
    pub(super) async fn end_badly(&self, job: &JobRecord, running: &Running, error: EcsError) {
        let id = &job.job.id;
        if !running.is_cancelled() {
            tracing::warn!(job = %id, image = %job.job.image_id, %error, "a job failed");
            if let Err(error) = self.write_failure(job, &error).await {
                tracing::error!(job = %id, %error, "the failure of a job cannot be written down; the job is tried again");
                return;
            }
        }
        self.discard_blobs(job).await;
        self.discard_export(job);
    }

    async fn write_failure(&self, job: &JobRecord, error: &EcsError) -> Result<()> {
        let (code, reason) = (error.job_code(), error.to_string());
        let mut write = self.catalog.write().await?;
        let done = async {
            let is_ended = write.job_end(&job.job.id, "Failed", (code, &reason), self.now()).await?;
            // An export makes no image; the one that it reads stays as it is.
            if !is_ended || job.job.action == EXPORT_IMAGE {
                return Ok(());
            }
            let Some(image) = write.read().image_by_id(&job.job.image_id).await? else { return Ok(()) };
            for disk in write.read().image_disks(&image.id).await? {
                let mut snapshot = disk.snapshot;
                snapshot.status = "failed".to_owned();
                write.snapshot_update(&snapshot).await?;
                write.sealed_images_delete_at(&image_disk(&image.scope, &image.id, disk.position)).await?;
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
