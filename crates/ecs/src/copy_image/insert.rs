//! One change: the new image with its disks and snapshots, the job, the token, and the use of the keys.

use std::sync::Arc;

use catalog::{DiskContent, ImageDiskRecord, ImageRecord, NewJob, Scope, Timestamp, Write};
use kms::{KeyFacts, KeyId, KeyVersionId, SealedImage, SealedImageRecord};

use super::checks::{Planned, PlannedPart, may_copy};
use super::{CopyImage, DiskPlan};
use crate::arn::image_disk;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::jobs::spec::{COPYING, CopyDisk, CopySpec};
use crate::new_image::{insert_tags, snapshot_of};
use crate::tags::ResourceKind;
use crate::tokens::Token;

/// A disk of the source, what becomes of it, and the key that it comes under where it is made anew.
struct KeyedDisk {
    source: ImageDiskRecord,
    plan: DiskPlan,
    key: Option<Arc<KeyFacts>>,
}

impl Ecs {
    pub(super) async fn insert_copy(
        &self,
        request: &CopyImage,
        planned: Planned,
        token: Option<&Token>,
    ) -> Result<String> {
        let image = self.new_copy(request, &planned);
        let disks = self.keyed_disks(planned.parts, &planned.destination).await?;
        let spec = self.copy_spec(&disks);
        let mut write = self.catalog.write().await?;
        let done = async {
            if let Some(token) = token
                && let Some(answer) = token.earlier_answer(&mut write.read()).await?
            {
                return Ok(answer);
            }
            self.recheck(&mut write, &planned.source, &image).await?;
            let image = self.with_status(&mut write, image).await?;
            if !write.image_insert(&image).await? {
                return Err(EcsError::NameTaken { name: image.name, region: image.scope.region });
            }
            for (disk, copy) in disks.iter().zip(&spec.disks) {
                insert_disk(&mut write, &image, &disk.source, copy).await?;
                if let Some(used) = disk.key_in_flight() {
                    let path = image_disk(&image.scope, &image.id, copy.position);
                    write.sealed_image_insert(&in_flight((&image.id, path), used, image.created_at)).await?;
                }
            }
            insert_tags(&mut write, &request.tags, &ResourceKind::Image.tagged(&image.id, &image.scope)).await?;
            let job = NewJob {
                id: self.new_id("t"),
                scope: image.scope.clone(),
                action: "CopyImage".to_owned(),
                image_id: image.id.clone(),
                spec: spec.to_json()?,
                // Both are in the stores.
                place: String::new(),
                created_at: image.created_at,
            };
            write.job_insert(&job).await?;
            if let Some(token) = token {
                token.remember(&mut write, &image.id, image.created_at).await?;
            }
            Ok(image.id)
        };
        let done = done.await;
        write.finish(done).await
    }

    fn new_copy(&self, request: &CopyImage, planned: &Planned) -> ImageRecord {
        let source = &planned.source;
        ImageRecord {
            id: self.new_id("m"),
            scope: planned.destination.clone(),
            name: request.name.clone(),
            description: request.description.clone(),
            family: String::new(),
            version: String::new(),
            status: String::new(),
            progress: 0,
            remain_s: None,
            is_copied: true,
            source_image_id: source.id.clone(),
            source_region: source.scope.region.to_string(),
            failure: String::new(),
            created_at: self.now(),
            ..source.clone()
        }
    }

    /// The disks in their order, with the keys that they come under. The keys' marks and the service key are made before the copy is: they
    /// stay useful if what follows fails.
    async fn keyed_disks(&self, parts: Vec<PlannedPart>, destination: &Scope) -> Result<Vec<KeyedDisk>> {
        let mut disks = Vec::new();
        // A key that no disk comes under gets no mark.
        for part in parts.into_iter().filter(|part| !part.disks.is_empty()) {
            let key = self.marked_key(&part.key, destination).await?;
            disks.extend(part.disks.into_iter().map(|(source, plan)| {
                let is_kept = matches!(plan, DiskPlan::Share | DiskPlan::Move);
                KeyedDisk { source, plan, key: key.clone().filter(|_| !is_kept) }
            }));
        }
        disks.sort_by_key(|disk| disk.source.position);
        Ok(disks)
    }

    fn copy_spec(&self, disks: &[KeyedDisk]) -> CopySpec {
        let disks = disks.iter().map(|disk| CopyDisk {
            position: disk.source.position,
            source_snapshot: disk.source.snapshot.id.clone(),
            snapshot: self.new_id("s"),
            blob: (disk.plan != DiskPlan::Share).then(|| self.new_blob_id().to_string()),
            mode: disk.plan.mode().to_owned(),
            key: disk.key.as_ref().map(|facts| facts.key.id),
        });
        CopySpec { disks: disks.collect() }
    }

    /// What may have changed since the checks: they read without holding anybody up.
    async fn recheck(&self, write: &mut Write, source: &ImageRecord, image: &ImageRecord) -> Result<()> {
        let mut read = write.read();
        let not_found = || EcsError::ImageNotFound { id: source.id.clone(), region: source.scope.region.clone() };
        let found = read.image_by_id(&source.id).await?.ok_or_else(not_found)?;
        if !may_copy(&mut read, &found, &image.scope).await? {
            return Err(not_found());
        }
        if found.status != "Available" {
            return Err(EcsError::ImageStatus { id: found.id, status: found.status, wanted: "Available" });
        }
        self.recheck_quota(write, image).await
    }

    /// The number of images again, in the change that adds one.
    pub(crate) async fn recheck_quota(&self, write: &mut Write, image: &ImageRecord) -> Result<()> {
        let Some(max) = self.config.images_max else { return Ok(()) };
        if write.read().images_count(&image.scope).await? < max {
            return Ok(());
        }
        Err(EcsError::ImageQuota { region: image.scope.region.clone(), max })
    }

    /// A copy that can begin is Creating, one that must wait is Waiting.
    pub(crate) async fn with_status(&self, write: &mut Write, image: ImageRecord) -> Result<ImageRecord> {
        let before = write.read().jobs_unfinished_count(&image.scope.region).await?;
        let status = if before < self.config.copies_at_once as u64 { "Creating" } else { "Waiting" };
        Ok(ImageRecord { status: status.to_owned(), ..image })
    }
}

impl KeyedDisk {
    /// The key that it comes under, or stays under, with its version.
    fn key_in_flight(&self) -> Option<(KeyId, KeyVersionId)> {
        let content = &self.source.snapshot.content;
        let kept = || Some((content.key_id?, content.key_version_id?));
        self.key.as_ref().map(|facts| (facts.key.id, facts.key.primary_version)).or_else(kept)
    }
}

async fn insert_disk(write: &mut Write, image: &ImageRecord, source: &ImageDiskRecord, disk: &CopyDisk) -> Result<()> {
    let content = DiskContent {
        virtual_bytes: source.snapshot.content.virtual_bytes,
        mode: disk.mode.clone(),
        key_id: disk.key.or(source.snapshot.content.key_id),
        ..DiskContent::default()
    };
    let snapshot = snapshot_of(image, disk.snapshot.clone(), disk.position, content);
    write.snapshot_insert(&snapshot).await?;
    let disk = ImageDiskRecord {
        image_id: image.id.clone(),
        snapshot,
        import_bucket: String::new(),
        import_object: String::new(),
        ..source.clone()
    };
    Ok(write.image_disk_insert(&disk).await?)
}

/// The use of a key by what is being made, so that whoever would disable the key sees it. `path`: how it will be recorded.
pub(crate) fn in_flight(
    (id, path): (&str, String),
    (key_id, key_version_id): (KeyId, KeyVersionId),
    now: Timestamp,
) -> SealedImageRecord {
    let in_use = SealedImage {
        image_id: id.to_owned(),
        path,
        key_id,
        key_version_id,
        luks_uuid: String::new(),
        mk_digest: String::new(),
        envelope: String::new(),
        mode: COPYING.to_owned(),
    };
    SealedImageRecord { image: in_use, sealed_at: now }
}
