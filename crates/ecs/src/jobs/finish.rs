//! The end of a job: one change with everything that it made.

use catalog::{
    BlobRecord, DiskContent, ImageRecord, JobRecord, Region, SealedImage, SealedImageRecord, SnapshotRecord, Write,
};

use super::made::MadeDisk;
use super::spec::COPYING;
use crate::arn::{self, image_disk};
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
    /// Errors: `Cancelled` when the job was ended before, or is another worker's by now.
    pub(super) async fn finish(&self, job: &JobRecord, disks: Vec<FinishedDisk>) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            if !write.job_end(&job.job.id, Some(&self.as_owner()), "Finished", ("", ""), self.now()).await? {
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
                self.insert_blob(write, &image.scope.region, made).await?;
                made.content.clone()
            }
            (None, Some(source)) => self.shared_content(write, source).await?,
            (None, None) => return Err(EcsError::Damaged("a disk without bytes".to_owned())),
        };
        self.require_key_opens(write, &content).await?;
        snapshot.content = DiskContent { mode: disk.mode, ..content };
        snapshot.status = "accomplished".to_owned();
        snapshot.updated_at = self.now();
        write.snapshot_update(&snapshot).await?;
        let path = self.path_of(write, image, &snapshot).await?;
        match (&disk.made, &disk.shared) {
            (_, Some(source)) => {
                let sealed_id = self.record_kept(write, source, &snapshot, &path).await?;
                keep_only_record(write, &sealed_id, &path).await
            }
            (Some(made), None) => keep_record_of(write, made, &path).await,
            (None, None) => Ok(()),
        }
    }

    /// Nothing becomes Available under a key that cannot open it: the key may have changed since the call, which is long ago for a copy
    /// that waited.
    pub(super) async fn require_key_opens(&self, write: &mut Write, content: &DiskContent) -> Result<()> {
        let Some(key_id) = content.key_id else { return Ok(()) };
        let key = write.read().key_by_id(key_id).await?;
        self.require_enabled_key(&key.ok_or_else(|| EcsError::Damaged(format!("key {key_id} is gone")))?)
    }

    pub(super) async fn insert_blob(&self, write: &mut Write, region: &Region, made: &MadeDisk) -> Result<()> {
        let blob = BlobRecord {
            id: made.blob.to_string(),
            region: region.clone(),
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

    /// A copy that keeps its bytes is recorded under its key as its source is. Returns the id in its envelope.
    async fn record_kept(
        &self,
        write: &mut Write,
        source: &SnapshotRecord,
        snapshot: &SnapshotRecord,
        path: &str,
    ) -> Result<String> {
        if snapshot.content.key_id.is_none() {
            return Ok(String::new());
        }
        let recorded = self.records_of_snapshot(write, source).await?;
        let recorded = recorded.into_iter().find(|record| record.image.mode != COPYING);
        // Without it the key's guard would not see the copy.
        let unknown = || EcsError::Damaged(format!("snapshot {} is not recorded under its key", source.id));
        let recorded = recorded.ok_or_else(unknown)?;
        let kept = SealedImage { path: path.to_owned(), mode: "keep".to_owned(), ..recorded.image };
        let sealed_id = kept.image_id.clone();
        write.sealed_image_insert(&SealedImageRecord { image: kept, sealed_at: self.now() }).await?;
        Ok(sealed_id)
    }

    /// How a sealed disk is recorded under its key: by itself where it was made of an instance's disk, else as any image that has it.
    pub(crate) async fn records_of_snapshot(
        &self,
        write: &mut Write,
        snapshot: &SnapshotRecord,
    ) -> Result<Vec<SealedImageRecord>> {
        let own = write.read().sealed_images_at(&arn::snapshot(&snapshot.scope, &snapshot.id)).await?;
        if !own.is_empty() {
            return Ok(own);
        }
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

    /// How a disk of an image is recorded under its key.
    async fn path_of(&self, write: &mut Write, image: &ImageRecord, snapshot: &SnapshotRecord) -> Result<String> {
        let disks = write.read().image_disks(&image.id).await?;
        let disk = disks.iter().find(|disk| disk.snapshot.id == snapshot.id);
        let disk = disk.ok_or_else(|| EcsError::Damaged(format!("snapshot {} is of no disk", snapshot.id)))?;
        Ok(image_disk(&image.scope, &image.id, disk.position))
    }
}

/// Keeps the record of a disk that was made, and no other of it.
///
/// Errors: `Damaged` where it has none.
pub(super) async fn keep_record_of(write: &mut Write, made: &MadeDisk, path: &str) -> Result<()> {
    made.require_recorded(&mut write.read(), path).await?;
    keep_only_record(write, &made.sealed_id, path).await
}

/// Takes away the other records of a disk: of its use in flight, and of an earlier run whose copy could not go on.
async fn keep_only_record(write: &mut Write, sealed_id: &str, path: &str) -> Result<()> {
    for record in write.read().sealed_images_at(path).await? {
        if record.image.image_id != sealed_id {
            write.sealed_image_delete(&record.image.image_id, path).await?;
        }
    }
    Ok(())
}
