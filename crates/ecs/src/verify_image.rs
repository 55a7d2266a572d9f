//! Whether the bytes of an image are still those that were sealed. Ours: the vendor's API has no such call, so only the host's operator
//! asks it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use catalog::{ImageDiskRecord, Scope};
use engine::{EngineError, Observer, Progress, Verified};
use ram::{Action, Permit};
use tokio::runtime::Handle;

use crate::arn::{image_disk, require};
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::jobs::keys::DiskKeys;

const VERIFY_IMAGE: Action = Action::new("ecs:VerifyImage");

/// What came of one disk.
#[derive(Debug)]
pub struct VerifiedDisk {
    /// Its device name.
    pub device: String,
    /// What was found.
    pub verified: Verified,
}

/// Who watches the work, from outside of its threads.
#[derive(Clone)]
pub struct Watch {
    /// Set it, and the work ends with `Cancelled`.
    pub cancel: Arc<AtomicBool>,
    /// Called often, from several threads.
    pub report: Arc<dyn Fn(Progress) + Send + Sync>,
}

impl Ecs {
    /// Reads every byte of an Available image again and compares it with the digest trees of its disks. Plain disks have none and are left
    /// out.
    ///
    /// Asks for `ecs:VerifyImage` on it. Errors: `ImageNotFound`, `ImageStatus`; `NotSealed` when no disk is encrypted; those of keys; the
    /// engine's for a header or envelope that was tampered with.
    pub async fn verify_image(
        self: &Arc<Self>,
        image_id: &str,
        watch: &Watch,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Vec<VerifiedDisk>> {
        require(permit, VERIFY_IMAGE, scope, &format!("image/{image_id}"))?;
        let image = self.image(image_id, scope).await?;
        if image.status != "Available" {
            return Err(EcsError::ImageStatus { id: image.id, status: image.status, wanted: "Available" });
        }
        let mut verified = Vec::new();
        for disk in self.disks_of(image_id).await? {
            if disk.snapshot.content.key_id.is_some() {
                verified.push(self.verify_disk(&disk, watch.clone(), scope).await?);
            }
        }
        if verified.is_empty() { Err(EcsError::NotSealed { id: image.id }) } else { Ok(verified) }
    }

    async fn verify_disk(
        self: &Arc<Self>,
        disk: &ImageDiskRecord,
        watch: Watch,
        scope: &Scope,
    ) -> Result<VerifiedDisk> {
        let damaged = || EcsError::Damaged(format!("the blob of snapshot {}", disk.snapshot.id));
        let blob = disk.snapshot.content.blob_id.as_deref().and_then(|id| id.parse().ok()).ok_or_else(damaged)?;
        let opened = self.store(&disk.snapshot.scope.region)?.open(&blob).await?;
        let keys = DiskKeys {
            ecs: Arc::clone(self),
            runtime: Handle::current(),
            job: disk.image_id.clone(),
            scope: scope.clone(),
            source_scope: disk.snapshot.scope.clone(),
            key: None,
            recorded_at: image_disk(scope, &disk.image_id, disk.position),
        };
        let (data_dir, threads) = (self.config.data_dir.clone(), self.config.threads);
        let work = tokio::task::spawn_blocking(move || {
            let observer = Observer { cancel: &watch.cancel, report: &*watch.report };
            // The handle keeps a downloaded blob until its end.
            engine::verify(opened.path(), &data_dir, threads, &keys, &observer)
        });
        let verified: std::result::Result<Verified, EngineError> = work.await.map_err(|_| EcsError::Stopping)?;
        Ok(VerifiedDisk { device: disk.device.clone(), verified: verified? })
    }
}
