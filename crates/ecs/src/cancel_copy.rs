//! `CancelCopyImage`. Source: ecs-images.md 3.

use std::time::Duration;

use catalog::{Scope, SnapshotRecord, Write};
use ram::{Action, Permit};

use crate::arn::{self, image_disk, require};
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::tags::ResourceKind;

const CANCEL_COPY_IMAGE: Action = Action::new("ecs:CancelCopyImage");

/// How long a call waits until the worker let go; the sweeper removes what is left then.
pub(crate) const WAIT_AT_MOST: Duration = Duration::from_secs(5);

impl Ecs {
    /// Cancels a copy: the new image is gone when this returns, with its files and wrapped keys. The source is not touched.
    ///
    /// `scope`: the region of the new image. Asks for `ecs:CancelCopyImage` on it. Errors: `ImageNotFound`, `NotFromCopy`,
    /// `ImageStatus` for a copy that is finished or failed.
    pub async fn cancel_copy_image(&self, image_id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, CANCEL_COPY_IMAGE, scope, &format!("image/{image_id}"))?;
        let image = self.image(image_id, scope).await?;
        if !image.is_copied {
            return Err(EcsError::NotFromCopy { id: image.id });
        }
        let job = self.forget_unfinished(image_id, scope).await?;
        self.board.stop(&job, WAIT_AT_MOST).await;
        Ok(())
    }

    /// Ends the job of an unfinished image and forgets the image, in one change. Returns the job.
    ///
    /// Errors: `ImageStatus` when it is finished.
    pub(crate) async fn forget_unfinished(&self, image_id: &str, scope: &Scope) -> Result<String> {
        let mut write = self.catalog.write().await?;
        let done = async {
            let over = |status: String| EcsError::ImageStatus {
                id: image_id.to_owned(),
                status,
                wanted: "Creating or Waiting",
            };
            let found = write.read().image_by_id(image_id).await?.filter(|image| image.scope == *scope);
            let image = found
                .ok_or_else(|| EcsError::ImageNotFound { id: image_id.to_owned(), region: scope.region.clone() })?;
            let Some(job) = write.read().job_that_makes(image_id).await? else { return Err(over(image.status)) };
            if !write.job_end(&job.job.id, None, "Cancelled", ("", ""), self.now()).await? {
                return Err(over(image.status));
            }
            self.forget_image(&mut write, image_id, scope).await?;
            Ok(job.job.id)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Takes an image out of the catalog, with its disks, tags and records under its keys, and the snapshots that were made for it.
    pub(crate) async fn forget_image(&self, write: &mut Write, image_id: &str, scope: &Scope) -> Result<()> {
        let disks = write.read().image_disks(image_id).await?;
        write.image_disks_delete(image_id).await?;
        write.image_shares_delete(image_id).await?;
        for disk in &disks {
            write.sealed_images_delete_at(&image_disk(scope, image_id, disk.position)).await?;
            // One that was made for an image goes with the last that has it, and not with the one that it was made for.
            if !disk.snapshot.image_id.is_empty()
                && write.read().images_of_snapshot(&disk.snapshot.id).await?.is_empty()
            {
                self.forget_snapshot(write, &disk.snapshot).await?;
            }
        }
        write.tags_delete_of_resource(&ResourceKind::Image.tagged(image_id, scope)).await?;
        Ok(write.image_delete(image_id).await?)
    }

    /// Takes a snapshot that no image has out of the catalog, with its tags, and drops its blob when nothing else uses it.
    pub(crate) async fn forget_snapshot(&self, write: &mut Write, snapshot: &SnapshotRecord) -> Result<()> {
        write.tags_delete_of_resource(&ResourceKind::Snapshot.tagged(&snapshot.id, &snapshot.scope)).await?;
        write.sealed_images_delete_at(&arn::snapshot(&snapshot.scope, &snapshot.id)).await?;
        write.snapshot_delete(&snapshot.id).await?;
        if let Some(blob) = &snapshot.content.blob_id {
            write.blob_drop_if_unused(blob, self.now()).await?;
        }
        Ok(())
    }
}
