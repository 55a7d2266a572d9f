//! `ReInitDisk`: a disk as it was at first, under the key that it has.

use catalog::{DiskRecord, Scope};
use kms::KeyRef;
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::Result;
use crate::instances::Call;

const REINIT_DISK: Action = Action::new("ecs:ReInitDisk");

impl Ecs {
    /// Gives a disk of an instance that is Stopped its first content again, with a new data key. What was written to it is gone.
    ///
    /// Asks for `ecs:ReInitDisk` on it. Errors: `DiskNotFound`, `OtherHost`, `Status`, `BeingRead`; those of its keys. The disk stays as it
    /// is then.
    pub async fn reinit_disk(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, REINIT_DISK, scope, &format!("disk/{id}"))?;
        let instance = self.disk(&mut self.catalog.read(), id, scope).await?.instance_id;
        let _turn = self.host.turn(&instance).await;
        self.require_reinit(id, scope).await?;
        // Again: it may have been replaced meanwhile.
        let disk = self.disk(&mut self.catalog.read(), id, scope).await?;
        if let Some(key) = disk.key_id {
            let facts = self.usable_key(&KeyRef::Id(key), scope).await?;
            self.mark_key(&facts).await?;
        }
        let new = DiskRecord { file: format!("{}.qcow2", self.new_id(&disk.id)), ..disk };
        let file = new.file.clone();
        let done = match self.make_disk_file(new).await {
            Ok(made) => self.write_reinit(&made).await,
            Err(error) => Err(error),
        };
        // Of a change whose answer was lost, the catalog says whether it was made. Until that is known, no file goes.
        let kept = self.disk_for_sure(id).await?;
        if let Err(error) = self.remove_disk_files(&kept, false).await {
            tracing::warn!(disk = id, %error, "a file that a disk had before cannot be removed");
        }
        if kept.file == file { Ok(()) } else { done }
    }

    /// Runs every check of ReInitDisk and changes nothing.
    ///
    /// Errors: as [`Ecs::reinit_disk`].
    pub async fn check_reinit_disk(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, REINIT_DISK, scope, &format!("disk/{id}"))?;
        self.require_reinit(id, scope).await
    }

    async fn require_reinit(&self, id: &str, scope: &Scope) -> Result<()> {
        let disk = self.disk(&mut self.catalog.read(), id, scope).await?;
        self.instance_for(Call::UseDisks, &disk.instance_id, scope).await.map(drop)
    }

    async fn write_reinit(&self, made: &DiskRecord) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = self.finish_disk_record(&mut write, made).await;
        write.finish(done).await
    }
}
