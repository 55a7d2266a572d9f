//! What is left to do when a machine has ended, when the server was killed, or when a key came to be unusable.
//!
//! | in the catalog | a machine runs | what is done |
//! |---|---|---|
//! | `making`, `deleting` | any | all of it is removed |
//! | Running | yes | it is watched on |
//! | Starting | yes, begun | Running |
//! | Starting | not begun, or none | Stopped |
//! | Stopping | yes | the stop is begun again |
//! | Stopping, `rebooting` | none | started again |
//! | Running, Stopping, Pending | none | Stopped |
//! | Stopped | yes | it is ended: nobody asked for it |

use std::sync::Arc;
use std::time::Duration;

use catalog::InstanceRecord;

use super::OnKeyDisabled;
use crate::ecs::Ecs;
use crate::error::Result;
use crate::qemu::{Machine, MachineState};

/// How often instances are looked after.
const PERIOD: Duration = Duration::from_secs(5);

/// A first look, at what the process before left, or a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    First,
    Again,
}

impl Ecs {
    /// Looks after the instances of this host until it is aborted: takes over what runs, ends what was begun, and stops what may not run
    /// on. Machines go on when it is.
    pub async fn host_instances(self: Arc<Self>) {
        let mut look = Look::First;
        loop {
            match self.look_after_instances(look).await {
                Ok(()) => look = Look::Again,
                Err(error) => tracing::error!(%error, "instances cannot be looked after; it is tried again"),
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// Does once what [`Ecs::host_instances`] begins with: for a process that has the data directory alone, and only for a moment.
    ///
    /// Errors: failures of the catalog, and of the directory of instances.
    pub async fn settle_instances(&self) -> Result<()> {
        self.look_after_instances(Look::First).await
    }

    async fn look_after_instances(&self, look: Look) -> Result<()> {
        // No instance was ever made here: the directory is not made for nothing.
        if !self.config.instances.directory.exists() {
            return Ok(());
        }
        let host = self.host.id(&self.config.instances, &*self.rooms.random).await?.to_owned();
        let mut behind = String::new();
        loop {
            let part = self.catalog.read().instances_of_host_after(&host, &behind).await?;
            let Some(last) = part.last() else { return Ok(()) };
            behind.clone_from(&last.id);
            for instance in &part {
                if let Err(error) = self.look_after(&instance.id, look).await {
                    tracing::error!(instance = %instance.id, %error, "an instance cannot be looked after; it is tried again");
                }
            }
        }
    }

    async fn look_after(&self, id: &str, look: Look) -> Result<()> {
        // A call that works on it does what is to be done.
        let Some(_turn) = self.host.turn_if_free(id) else { return Ok(()) };
        let Some(instance) = self.catalog.read().instance_by_id(id).await? else { return Ok(()) };
        if matches!(instance.doing.as_str(), "making" | "deleting") {
            return self.remove_instance(id).await;
        }
        if look == Look::First {
            self.tidy_disks(id).await?;
        } else if instance.status == "Stopped" {
            return Ok(());
        }
        let was_known = self.host.machine(id).is_some();
        match self.machine_of(id).await? {
            None => self.settle_ended(id).await,
            Some(_) if was_known => self.heed_keys(&instance).await,
            Some(machine) => self.take_over(&instance, machine).await,
        }
    }

    /// A machine that a process before this one started.
    async fn take_over(&self, instance: &InstanceRecord, machine: Arc<Machine>) -> Result<()> {
        let id = &instance.id;
        tracing::info!(instance = id, pid = machine.pid(), "a machine is found again");
        match instance.status.as_str() {
            "Running" => Ok(()),
            "Starting" if matches!(machine.state().await, Ok(MachineState::Running)) => {
                self.now_is(id, "Running", "").await
            }
            "Stopping" => {
                self.stop_softly(id, machine).await;
                Ok(())
            }
            _ => {
                self.power_off(id).await?;
                self.settle_ended(id).await
            }
        }
    }

    /// What a restarted server finds beside the disks: a new one that did not come to be, or the file of an old one.
    async fn tidy_disks(&self, id: &str) -> Result<()> {
        for disk in self.catalog.read().disks_of_instance(id).await? {
            let is_made = disk.status != "Creating";
            self.remove_disk_files(&disk, !is_made).await?;
            let mut write = self.catalog.write().await?;
            let done = match is_made {
                true => self.finish_disk_record(&mut write, &disk).await,
                false => self.forget_disk(&mut write, &disk).await,
            };
            write.finish(done).await?;
        }
        Ok(())
    }

    /// Stops a machine one of whose keys cannot be used any more, where the configuration says so.
    async fn heed_keys(&self, instance: &InstanceRecord) -> Result<()> {
        if instance.status != "Running" || self.config.instances.on_key_disabled == OnKeyDisabled::Keep {
            return Ok(());
        }
        let disks = self.attached_disks(&instance.id).await?;
        if let Some(lock) = self.key_locks(&disks, &instance.scope).await?.first() {
            tracing::warn!(instance = %instance.id, reason = lock.reason, "an instance is stopped");
            self.change_instance(&instance.id, |instance| instance.failure.clone_from(&lock.reason)).await?;
            self.begin_stop(&instance.id, "").await?;
        }
        Ok(())
    }

    /// The watcher of a machine, at its end.
    pub(super) async fn machine_ended(&self, id: &str, machine: &Arc<Machine>) {
        let _turn = self.host.turn(id).await;
        if self.host.remove_this(id, machine)
            && let Err(error) = self.settle_ended(id).await
        {
            tracing::error!(instance = id, %error, "the end of a machine cannot be settled; it is tried again");
        }
    }

    /// No machine runs: the instance is Stopped, or is started again where it is being rebooted. Whoever calls it works alone on the
    /// instance.
    pub(super) async fn settle_ended(&self, id: &str) -> Result<()> {
        let Some(instance) = self.catalog.read().instance_by_id(id).await? else { return Ok(()) };
        match (instance.status.as_str(), instance.doing.as_str()) {
            (_, "making" | "deleting") | ("Stopped", _) => Ok(()),
            ("Stopping", "rebooting") => {
                if let Err(error) = self.start_again(id).await {
                    tracing::warn!(instance = id, %error, "an instance cannot be started again");
                    self.now_is(id, "Stopped", &error.public_text()).await?;
                }
                Ok(())
            }
            _ => self.now_is(id, "Stopped", &instance.failure).await,
        }
    }
}
