//! `DeleteInstance`. Source: ecs-images.md 9.

use std::io::ErrorKind;

use catalog::Scope;
use ram::{Action, Permit};

use super::InstanceError;
use super::host::Place;
use super::state::Call;
use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::tags::ResourceKind;

const DELETE_INSTANCE: Action = Action::new("ecs:DeleteInstance");

impl Ecs {
    /// Deletes an instance with its disks. `force`: also one that runs. It is gone when this returns; what could not be removed at once
    /// is, soon.
    ///
    /// Asks for `ecs:DeleteInstance` on it. Errors: `NotFound`, `OtherHost`, `Status`, `BeingRead`, `Protected`.
    pub async fn delete_instance(&self, id: &str, force: bool, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, DELETE_INSTANCE, scope, &format!("instance/{id}"))?;
        let _turn = self.host.turn(id).await;
        self.require_deletable(id, force, scope).await?;
        let mut write = self.catalog.write().await?;
        let done = async {
            let mut instance = self.instance(&mut write.read(), id, scope).await?;
            self.require_not_read(&mut write.read(), &instance).await?;
            // Again, as it may have been protected since.
            if instance.is_protected {
                return Err(EcsError::from(InstanceError::Protected { id: instance.id }));
            }
            instance.doing = "deleting".to_owned();
            instance.status_at = self.now();
            write.instance_update(&instance).await?;
            Ok(())
        };
        let done = done.await;
        write.finish(done).await?;
        if let Err(error) = self.remove_instance(id).await {
            tracing::warn!(instance = id, %error, "what is left of a deleted instance is removed later");
        }
        Ok(())
    }

    /// Runs every check of DeleteInstance and changes nothing.
    ///
    /// Errors: as [`Ecs::delete_instance`].
    pub async fn check_delete_instance(&self, id: &str, force: bool, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, DELETE_INSTANCE, scope, &format!("instance/{id}"))?;
        self.require_deletable(id, force, scope).await
    }

    async fn require_deletable(&self, id: &str, force: bool, scope: &Scope) -> Result<()> {
        let instance = self.instance_for(Call::Delete { force }, id, scope).await?;
        if instance.is_protected { Err(InstanceError::Protected { id: instance.id }.into()) } else { Ok(()) }
    }

    /// Ends the machine of an instance, and removes its files, its disks and itself, in this order. It may be repeated. Whoever calls it
    /// works alone on the instance.
    pub(super) async fn remove_instance(&self, id: &str) -> Result<()> {
        let Some(instance) = self.catalog.read().instance_by_id(id).await? else { return Ok(()) };
        self.power_off(id).await?;
        let disks = self.catalog.read().disks_of_instance(id).await?;
        for disk in &disks {
            self.remove_disk_files(disk, true).await?;
        }
        match std::fs::remove_dir_all(Place::of(&self.config.instances, id).instance) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(InstanceError::Files { id: id.to_owned(), action: "remove", source }.into());
            }
            _ => {}
        }
        let mut write = self.catalog.write().await?;
        let done = async {
            for disk in &disks {
                self.forget_disk(&mut write, disk).await?;
            }
            write.tags_delete_of_resource(&ResourceKind::Instance.tagged(id, &instance.scope)).await?;
            Ok(write.instance_delete(id).await?)
        };
        let done: Result<()> = done.await;
        write.finish(done).await?;
        self.remove_dropped_soon().await;
        Ok(())
    }
}
