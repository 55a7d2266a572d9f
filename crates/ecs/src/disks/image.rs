//! `CreateImage` from an instance that is Stopped. Source: ecs-images.md 5.
//!
//! All its disks become disks of the image, each under the key that it has. A job does the work; DeleteImage ends it.

use catalog::{DiskRecord, ImageDiskRecord, ImageRecord, InstanceRecord, Scope, SnapshotRecord, Write};
use ram::{Action, Permit};

use crate::arn::{image_disk, require};
use crate::copy_image::in_flight;
use crate::create_image::CreateImage;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::instances::Call;
use crate::jobs::spec::{CREATE_IMAGE, ReadSpec};
use crate::new_image::insert_tags;
use crate::tags::ResourceKind;
use crate::tokens::Token;

const ACTION: Action = Action::new("ecs:CreateImage");

impl Ecs {
    /// Begins an image from an instance; its id is valid at once.
    ///
    /// Asks for `ecs:CreateImage` on `image/*` and on the instance. Errors: `MalformedName`, `MalformedDescription`, `MalformedFamily`,
    /// `NotFound`, `OtherHost`, `Status`; those of the disks' keys; `ImageQuota`, `NameTaken`, `InDebt`; `ClientTokenMismatch`.
    pub(crate) async fn create_image_of_instance(
        &self,
        request: &CreateImage,
        token: Option<&Token>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<String> {
        self.store(&scope.region)?;
        permit_image(request, permit, scope)?;
        if let Some(token) = token
            && let Some(answer) = token.earlier_answer(&mut self.catalog.read()).await?
        {
            return Ok(answer);
        }
        let _turn = self.host.turn(&request.instance_id).await;
        let (instance, disks) = match self.instance_to_image(request, scope).await {
            Ok(found) => found,
            // The same call may have been done meanwhile, and is what this one is refused for.
            Err(refusal) => return self.earlier_answer_or(token, refusal).await,
        };
        let image = self.image_of(request, &instance);
        let snapshots = disks.iter().map(|disk| SnapshotRecord {
            description: format!("Made for image {}", image.id),
            image_id: image.id.clone(),
            ..self.snapshot_of_disk(disk)
        });
        let snapshots: Vec<_> = snapshots.collect();
        let mut write = self.catalog.write().await?;
        let done = async {
            if let Some(token) = token
                && let Some(answer) = token.earlier_answer(&mut write.read()).await?
            {
                return Ok(answer);
            }
            self.recheck_quota(&mut write, &image).await?;
            let image = self.with_status(&mut write, image).await?;
            if !write.image_insert(&image).await? {
                return Err(EcsError::NameTaken { name: image.name, region: image.scope.region });
            }
            insert_tags(&mut write, &request.image.tags, &ResourceKind::Image.tagged(&image.id, scope)).await?;
            let mut spec = ReadSpec { instance: instance.id.clone(), disks: Vec::new() };
            for ((position, disk), snapshot) in (0..).zip(&disks).zip(&snapshots) {
                self.insert_image_disk(&mut write, &image, (position, disk), snapshot).await?;
                spec.disks.push(self.disk_to_read(disk, position, snapshot));
            }
            write.job_insert(&self.job_that_reads(CREATE_IMAGE, &image.id, &spec, &instance)?).await?;
            if let Some(token) = token {
                token.remember(&mut write, &image.id, image.created_at).await?;
            }
            Ok(image.id)
        };
        let done: Result<String> = done.await;
        let id = write.finish(done).await?;
        self.board.wake();
        Ok(id)
    }

    /// Runs every check and changes nothing.
    ///
    /// Errors: as [`Ecs::create_image_of_instance`].
    pub(crate) async fn check_image_of_instance(
        &self,
        request: &CreateImage,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<()> {
        permit_image(request, permit, scope)?;
        self.instance_to_image(request, scope).await.map(drop)
    }

    async fn instance_to_image(
        &self,
        request: &CreateImage,
        scope: &Scope,
    ) -> Result<(InstanceRecord, Vec<DiskRecord>)> {
        request.image.check()?;
        let instance = self.instance_for(Call::ReadDisks, &request.instance_id, scope).await?;
        let disks = self.attached_disks(&instance.id).await?;
        self.require_keys_work(&instance, &disks).await?;
        self.check_quota(scope).await?;
        self.check_name_is_free(&request.image.name, scope).await?;
        self.rooms.kms.require_credit(&scope.account).await?;
        Ok((instance, disks))
    }

    fn image_of(&self, request: &CreateImage, instance: &InstanceRecord) -> ImageRecord {
        // What the system is, the instance knows.
        ImageRecord {
            os_type: instance.os_type.clone(),
            os_name: instance.os_name.clone(),
            platform: instance.platform.clone(),
            architecture: instance.architecture.clone(),
            boot_mode: instance.boot_mode.clone(),
            ..request.image.record(self.new_id("m"), &instance.scope, self.now())
        }
    }

    async fn insert_image_disk(
        &self,
        write: &mut Write,
        image: &ImageRecord,
        (position, disk): (u32, &DiskRecord),
        snapshot: &SnapshotRecord,
    ) -> Result<()> {
        write.snapshot_insert(snapshot).await?;
        let new = ImageDiskRecord {
            image_id: image.id.clone(),
            position,
            device: disk.device.clone(),
            import_bucket: String::new(),
            import_object: String::new(),
            snapshot: snapshot.clone(),
        };
        write.image_disk_insert(&new).await?;
        if let (Some(key), Some(version)) = (disk.key_id, disk.key_version_id) {
            let path = image_disk(&image.scope, &image.id, position);
            write.sealed_image_insert(&in_flight((&image.id, path), (key, version), self.now())).await?;
        }
        Ok(())
    }
}

fn permit_image(request: &CreateImage, permit: &Permit, scope: &Scope) -> Result<()> {
    require(permit, ACTION, scope, "image/*")?;
    require(permit, ACTION, scope, &format!("instance/{}", request.instance_id))
}
