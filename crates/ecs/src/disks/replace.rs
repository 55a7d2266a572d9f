//! `ReplaceSystemDisk`: another system disk for an instance that is Stopped. Source: ecs-images.md 9.

use catalog::{DiskRecord, ImageRecord, InstanceRecord, Scope, Write};
use ram::{Action, Permit};

use super::is_attached;
use super::plan::PlannedDisk;
use super::request::ReplaceSystemDisk;
use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::instances::{Call, InstanceError, KeyNeed, require_keys, require_named};
use crate::tokens::{CallToken, Token};

const REPLACE_SYSTEM_DISK: Action = Action::new("ecs:ReplaceSystemDisk");

/// What is to be replaced by what.
struct Replacement {
    instance: InstanceRecord,
    old: DiskRecord,
    image: ImageRecord,
    new: PlannedDisk,
}

impl Ecs {
    /// Gives an instance a new system disk from an image, and removes the old one. Data disks stay, also where the image has others.
    /// Returns the id of the new disk.
    ///
    /// Asks for `ecs:ReplaceSystemDisk` on the instance and the image, and for the rights of [`Ecs::keys_of_system_disk`]. Errors:
    /// `NotFound`, `OtherHost`, `Status`, `BeingRead`, `ImageNotFound`, `ImageStatus`, `BareMetal`; those of a new disk and its keys. The
    /// old disk stays then.
    pub async fn replace_system_disk(
        &self,
        request: &ReplaceSystemDisk,
        token: Option<&CallToken>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<String> {
        self.permit_replace(request, permit, scope)?;
        let token = Token::of(token, "ReplaceSystemDisk", scope)?;
        let _turn = self.host.turn(&request.instance_id).await;
        if let Some(token) = &token
            && let Some(answer) = token.earlier_answer(&mut self.catalog.read()).await?
        {
            return Ok(answer);
        }
        let plan = self.plan_replacement(request, permit, scope).await?;
        let key = self.marked_key(&plan.new.key, scope).await?;
        let disk = DiskRecord {
            key_id: key.as_ref().map(|key| key.key.id),
            key_version_id: key.as_ref().map(|key| key.key.primary_version),
            ..self.new_disk(&plan.new, &plan.instance)
        };
        let mut write = self.catalog.write().await?;
        let done = self.insert_making_disk(&mut write, &disk, &plan.new).await;
        write.finish(done).await?;
        let done = match self.make_disk_file(disk.clone()).await {
            Ok(made) => self.exchange(&plan, &made, token.as_ref()).await,
            Err(error) => Err(error),
        };
        // Of a change whose answer was lost, the catalog says whether it was made. Until that is known, no file goes.
        let is_done = done.is_ok() || is_attached(&self.disk_for_sure(&disk.id).await?);
        let gone = if is_done { &plan.old } else { &disk };
        if let Err(error) = self.remove_disk(gone).await {
            tracing::warn!(disk = gone.id, %error, "a disk that was replaced, or its replacement, is removed later");
        }
        self.remove_dropped_soon().await;
        if is_done { Ok(disk.id) } else { done.map(|()| disk.id) }
    }

    /// Runs every check of ReplaceSystemDisk and changes nothing.
    ///
    /// Errors: as [`Ecs::replace_system_disk`].
    pub async fn check_replace_system_disk(
        &self,
        request: &ReplaceSystemDisk,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<()> {
        self.permit_replace(request, permit, scope)?;
        self.plan_replacement(request, permit, scope).await.map(drop)
    }

    /// The rights on keys that ReplaceSystemDisk asks the caller for: to open that of the image, and to make a data key under the one that
    /// the call names.
    ///
    /// Errors: failures of the catalog.
    pub async fn keys_of_system_disk(&self, request: &ReplaceSystemDisk, scope: &Scope) -> Result<Vec<KeyNeed>> {
        let image = match self.image_to_use(&request.image_id, scope).await {
            Ok(image) => image,
            Err(EcsError::ImageNotFound { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let first = self.disks_of(&image.id).await?.into_iter().next();
        let opened = first.and_then(|disk| disk.snapshot.content.key_id).into_iter().collect();
        self.key_needs(opened, request.disk.encryption.key.as_deref().into_iter(), scope).await
    }

    fn permit_replace(&self, request: &ReplaceSystemDisk, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, REPLACE_SYSTEM_DISK, scope, &format!("instance/{}", request.instance_id))?;
        require(permit, REPLACE_SYSTEM_DISK, scope, &format!("image/{}", request.image_id))
    }

    async fn plan_replacement(
        &self,
        request: &ReplaceSystemDisk,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Replacement> {
        let instance = self.instance_for(Call::UseDisks, &request.instance_id, scope).await?;
        let image = self.image_to_run(&request.image_id, scope).await?;
        let mut disks = self.disks_of(&image.id).await?;
        disks.truncate(1);
        let is_encrypted = disks.iter().any(|disk| disk.snapshot.content.key_id.is_some());
        if is_encrypted && crate::instances::is_bare_metal(&instance.instance_type) {
            let instance_type = instance.instance_type;
            return Err(InstanceError::BareMetal { instance_type, image: image.id }.into());
        }
        let new = self.plan_disks(&disks, (&request.disk, &[]), scope).await?;
        require_keys(&self.keys_of_system_disk(request, scope).await?, permit)?;
        require_named(&new, permit)?;
        let no_system = || EcsError::Damaged(format!("instance {} has no system disk", instance.id));
        let old = self.attached_disks(&instance.id).await?.into_iter().find(|disk| disk.position == 0);
        let old = old.ok_or_else(no_system)?;
        let new = new.into_iter().next().ok_or_else(no_system)?;
        let new = PlannedDisk {
            device: old.device.clone(),
            category: if request.disk.category.is_empty() { old.category.clone() } else { new.category },
            name: if new.name.is_empty() { old.name.clone() } else { new.name },
            description: if new.description.is_empty() { old.description.clone() } else { new.description },
            ..new
        };
        Ok(Replacement { instance, old, image, new })
    }

    /// The change in which the new disk takes the place of the old one, which is recorded until its file is gone.
    async fn exchange(&self, plan: &Replacement, made: &DiskRecord, token: Option<&Token>) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            self.finish_disk_record(&mut write, made).await?;
            write.disk_update(&DiskRecord { status: "Detaching".to_owned(), ..plan.old.clone() }).await?;
            self.instance_of_image(&mut write, plan).await?;
            match token {
                Some(token) => token.remember(&mut write, &made.id, self.now()).await,
                None => Ok(()),
            }
        };
        let done = done.await;
        write.finish(done).await
    }

    async fn instance_of_image(&self, write: &mut Write, plan: &Replacement) -> Result<()> {
        let found = write.read().instance_by_id(&plan.instance.id).await?;
        let mut instance = found.ok_or_else(|| EcsError::Damaged(format!("instance {} is gone", plan.instance.id)))?;
        let image = &plan.image;
        instance.image_id.clone_from(&image.id);
        instance.os_type.clone_from(&image.os_type);
        instance.os_name.clone_from(&image.os_name);
        instance.platform.clone_from(&image.platform);
        instance.architecture.clone_from(&image.architecture);
        instance.boot_mode.clone_from(&image.boot_mode);
        write.instance_update(&instance).await?;
        Ok(())
    }
}
