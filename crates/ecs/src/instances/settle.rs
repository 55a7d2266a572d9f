//! What is left to do when a machine has ended, when the server was killed, when a status could not be written, or when a key came to be
//! unusable. `due` is the table of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use catalog::InstanceRecord;

use super::OnKeyDisabled;
use crate::disks::is_attached;
use crate::ecs::Ecs;
use crate::error::Result;
use crate::qemu::{Machine, MachineState};

/// How often instances are looked after.
const PERIOD: Duration = Duration::from_secs(5);

/// A first look, at what the process before left or a call could not remove, or a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    First,
    Again,
}

impl Ecs {
    /// Looks after the instances of this host until it is aborted: takes over what runs, ends what was begun, and stops what may not run
    /// on. Machines go on when it is.
    pub async fn host_instances(self: Arc<Self>) {
        let mut looked_at = BTreeSet::new();
        loop {
            if let Err(error) = self.look_after_instances(&mut looked_at).await {
                tracing::error!(%error, "instances cannot be looked after; it is tried again");
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// Does once what [`Ecs::host_instances`] begins with: for a process that has the data directory alone, and only for a moment.
    ///
    /// Errors: failures of the catalog, and of the directory of instances.
    pub async fn settle_instances(&self) -> Result<()> {
        self.look_after_instances(&mut BTreeSet::new()).await
    }

    /// Takes the directory of instances for this process, if there is one; otherwise its first use does. `false`: there is none.
    ///
    /// Errors: `DirectoryTaken` when another process works in it, `Directory`.
    pub async fn take_instances(&self) -> Result<bool> {
        if self.host.id_if_named(&self.config.instances)?.is_none() {
            return Ok(false);
        }
        self.host.id(&self.config.instances, &*self.rooms.random).await?;
        Ok(true)
    }

    /// `looked_at`: the instances whose first look is done; each has its own, when nothing else works on it.
    async fn look_after_instances(&self, looked_at: &mut BTreeSet<String>) -> Result<()> {
        // No instance was ever made here: the directory is not made for nothing.
        if !self.take_instances().await? {
            return Ok(());
        }
        let host = self.host.id(&self.config.instances, &*self.rooms.random).await?.to_owned();
        // Also of instances that were looked at before: a removal may have failed since.
        let loose = self.catalog.read().instances_with_loose_disks(&host).await?;
        let mut behind = String::new();
        loop {
            let part = self.catalog.read().instances_of_host_after(&host, &behind).await?;
            let Some(last) = part.last() else { return Ok(()) };
            behind.clone_from(&last.id);
            for instance in &part {
                let is_known = looked_at.contains(&instance.id) && !loose.contains(&instance.id);
                let look = if is_known { Look::Again } else { Look::First };
                match self.look_after(&instance.id, look).await {
                    Ok(true) => drop(looked_at.insert(instance.id.clone())),
                    Ok(false) => {}
                    Err(error) => {
                        tracing::error!(instance = %instance.id, %error, "an instance cannot be looked after; it is tried again");
                    }
                }
            }
        }
    }

    /// `false`: nothing was done, as a call works on it.
    async fn look_after(&self, id: &str, look: Look) -> Result<bool> {
        // A call that works on it does what is to be done.
        let Some(_turn) = self.host.turn_if_free(id) else { return Ok(false) };
        let Some(instance) = self.catalog.read().instance_by_id(id).await? else { return Ok(true) };
        if is_to_go(&instance.doing) {
            // Asked again behind the catalog's lock: the change that made it stay may have been committed without an answer.
            let mut write = self.catalog.write().await?;
            let found = write.read().instance_by_id(id).await;
            if write.finish(found).await?.is_some_and(|instance| is_to_go(&instance.doing)) {
                self.remove_instance(id).await?;
            }
            return Ok(true);
        }
        // What cannot be removed keeps nobody from looking after the machine.
        let tidied = match look {
            Look::First => self.tidy_disks(id).await,
            Look::Again if instance.status == "Stopped" => return Ok(true),
            Look::Again => Ok(()),
        };
        let whose = match (self.host.machine(id), self.host.is_stopping(id)) {
            (None, _) => Runs::Left,
            (Some(_), false) => Runs::Ours,
            (Some(_), true) => Runs::OursStopping,
        };
        match self.machine_of(id).await? {
            None => self.settle_ended(id).await?,
            Some(machine) => self.settle_running(&instance, machine, whose).await?,
        }
        tidied.map(|()| true)
    }

    async fn settle_running(&self, instance: &InstanceRecord, machine: Arc<Machine>, whose: Runs) -> Result<()> {
        let id = &instance.id;
        if whose == Runs::Left {
            tracing::info!(instance = id, pid = machine.pid(), "a machine is found again");
        }
        match due(&instance.status, &instance.doing, whose) {
            Due::HeedKeys => self.heed_keys(instance).await,
            Due::StopAgain => {
                self.stop_softly(id, machine).await;
                Ok(())
            }
            Due::Confirm => match machine.state().await {
                Ok(MachineState::Running) => self.now_is(id, "Running", "").await,
                Ok(_) => self.end(id).await,
                // On a loaded host it may answer late: the next look asks again. Of one that has ended its watcher tells.
                Err(error) => {
                    tracing::warn!(instance = %id, %error, "a machine does not say whether it runs");
                    Ok(())
                }
            },
            Due::End => self.end(id).await,
            Due::Nothing | Due::StartAgain | Due::Stopped => Ok(()),
        }
    }

    async fn end(&self, id: &str) -> Result<()> {
        self.power_off(id).await?;
        self.settle_ended(id).await
    }

    /// What is found beside the disks: a new one that did not come to be, one that was replaced, or a file that a disk had
    /// before.
    async fn tidy_disks(&self, id: &str) -> Result<()> {
        // Behind the catalog's lock: a change whose answer was lost may still come, and then the other disk is the one to go.
        let mut write = self.catalog.write().await?;
        let found = write.read().disks_of_instance(id).await;
        for disk in write.finish(found).await? {
            if !is_attached(&disk) {
                self.remove_disk(&disk).await?;
                continue;
            }
            self.remove_disk_files(&disk, false).await?;
            let mut write = self.catalog.write().await?;
            let done = self.finish_disk_record(&mut write, &disk).await;
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
        match due(&instance.status, &instance.doing, Runs::Not) {
            Due::StartAgain => {
                if let Err(error) = self.start_again(id, REBOOTING).await {
                    tracing::warn!(instance = id, %error, "an instance cannot be started again");
                    self.now_is(id, "Stopped", &error.public_text()).await?;
                }
                Ok(())
            }
            Due::Stopped => self.now_is(id, "Stopped", &instance.failure).await,
            _ => Ok(()),
        }
    }
}

/// What `doing` says of an instance that is stopped to be started again.
pub(super) const REBOOTING: &str = "rebooting";

/// Whether a machine runs, and who started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runs {
    Not,
    /// This process, or it took it over.
    Ours,
    /// The same, and it waits for the end of a soft stop.
    OursStopping,
    /// A process before this one.
    Left,
}

/// What is to be done with an instance that nobody works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Nothing,
    /// The machine is stopped if a key asks for that.
    HeedKeys,
    /// Running, if its start was finished, else ended: the end of a start could not be written down.
    Confirm,
    /// The soft stop is begun again.
    StopAgain,
    /// The machine is ended: nobody asked for it.
    End,
    /// The second half of a reboot.
    StartAgain,
    /// It is Stopped.
    Stopped,
}

fn due(status: &str, doing: &str, runs: Runs) -> Due {
    match (runs, status) {
        // All of it is removed, by whoever works on it.
        _ if is_to_go(doing) => Due::Nothing,
        (Runs::Not, "Stopped") => Due::Nothing,
        (Runs::Not, "Stopping" | "Starting") if doing == REBOOTING => Due::StartAgain,
        (Runs::Not, _) => Due::Stopped,
        (Runs::Ours | Runs::OursStopping, "Running") => Due::HeedKeys,
        // It is watched on; the next look heeds its keys.
        (Runs::Left, "Running") => Due::Nothing,
        (_, "Starting") => Due::Confirm,
        (Runs::OursStopping, "Stopping") => Due::Nothing,
        // Also where it is ours: the change was made and its answer lost, or the machine could not be ended.
        (Runs::Ours | Runs::Left, "Stopping") => Due::StopAgain,
        _ => Due::End,
    }
}

/// Whether nobody was told of an instance yet, or nobody is any more.
fn is_to_go(doing: &str) -> bool {
    matches!(doing, "making" | "deleting")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every status with a machine that this process has, with one that it waits for the end of, with one that was left, and with none.
    #[test]
    fn what_is_left_to_do_follows_from_catalog_and_machine() {
        for (status, doing, ours, stopping, left, none) in [
            ("Pending", "making", Due::Nothing, Due::Nothing, Due::Nothing, Due::Nothing),
            ("Running", "deleting", Due::Nothing, Due::Nothing, Due::Nothing, Due::Nothing),
            ("Pending", "", Due::End, Due::End, Due::End, Due::Stopped),
            ("Starting", "", Due::Confirm, Due::Confirm, Due::Confirm, Due::Stopped),
            ("Starting", REBOOTING, Due::Confirm, Due::Confirm, Due::Confirm, Due::StartAgain),
            ("Running", "", Due::HeedKeys, Due::HeedKeys, Due::Nothing, Due::Stopped),
            ("Stopping", "", Due::StopAgain, Due::Nothing, Due::StopAgain, Due::Stopped),
            ("Stopping", REBOOTING, Due::StopAgain, Due::Nothing, Due::StopAgain, Due::StartAgain),
            ("Stopped", "", Due::End, Due::End, Due::End, Due::Nothing),
        ] {
            let cases = [(Runs::Ours, ours), (Runs::OursStopping, stopping), (Runs::Left, left), (Runs::Not, none)];
            for (runs, wanted) in cases {
                assert_eq!(due(status, doing, runs), wanted, "{status} {doing} {runs:?}");
            }
        }
    }
}
