//! `StopInstance` and `RebootInstance`. Source: ecs-images.md 9.
//!
//! A soft stop presses the power button and waits, as long as the configuration says; then the machine is ended. Nobody waits for it in a
//! call, and a restarted server goes on with it. A reboot that is not forced is such a stop, and a start.

use std::sync::Arc;

use catalog::Scope;
use ram::{Action, Permit};

use super::InstanceError;
use super::plan::require_keys;
use super::settle::REBOOTING;
use super::state::Call;
use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::Result;
use crate::qemu::Machine;

const STOP_INSTANCE: Action = Action::new("ecs:StopInstance");
const REBOOT_INSTANCE: Action = Action::new("ecs:RebootInstance");

impl Ecs {
    /// Stops an instance: it is Stopping when this returns, with `force` Stopped.
    ///
    /// Asks for `ecs:StopInstance` on it. Errors: `NotFound`, `OtherHost`, `Status`, `Hypervisor`.
    pub async fn stop_instance(&self, id: &str, force: bool, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, STOP_INSTANCE, scope, &format!("instance/{id}"))?;
        let _turn = self.host.turn(id).await;
        let instance = self.instance_for(Call::Stop { force }, id, scope).await?;
        if !force {
            return self.begin_stop(&instance.id, "").await;
        }
        self.change_instance(id, |instance| {
            instance.status = "Stopping".to_owned();
            instance.doing = String::new();
        })
        .await?;
        self.power_off(id).await?;
        self.now_is(id, "Stopped", "").await
    }

    /// Runs every check of StopInstance and changes nothing.
    ///
    /// Errors: as [`Ecs::stop_instance`].
    pub async fn check_stop_instance(&self, id: &str, force: bool, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, STOP_INSTANCE, scope, &format!("instance/{id}"))?;
        self.instance_for(Call::Stop { force }, id, scope).await.map(drop)
    }

    /// Reboots an instance. With `force` it is reset at once; else it is stopped softly and started again, and is Stopping when this
    /// returns. One that could not be started again goes on as it is, and the call is refused.
    ///
    /// Asks for `ecs:RebootInstance` on it, and for the rights of [`Ecs::keys_of_instance`]. Errors: `NotFound`, `OtherHost`, `Status`;
    /// those of a key that cannot be used; `Hypervisor`.
    pub async fn reboot_instance(&self, id: &str, force: bool, permit: &Permit, scope: &Scope) -> Result<()> {
        self.permit_reboot(id, permit, scope).await?;
        let _turn = self.host.turn(id).await;
        self.require_reboots(id, scope).await?;
        match self.machine_of(id).await? {
            Some(machine) if force => {
                machine.reset().await.map_err(|source| InstanceError::Hypervisor { id: id.to_owned(), source })?;
                Ok(())
            }
            _ => self.begin_stop(id, REBOOTING).await,
        }
    }

    /// Runs every check of RebootInstance and changes nothing.
    ///
    /// Errors: as [`Ecs::reboot_instance`].
    pub async fn check_reboot_instance(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        self.permit_reboot(id, permit, scope).await?;
        self.require_reboots(id, scope).await
    }

    async fn permit_reboot(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, REBOOT_INSTANCE, scope, &format!("instance/{id}"))?;
        require_keys(&self.keys_of_instance(id, scope).await?, permit)
    }

    async fn require_reboots(&self, id: &str, scope: &Scope) -> Result<()> {
        let instance = self.instance_for(Call::Reboot, id, scope).await?;
        let disks = self.attached_disks(id).await?;
        self.require_keys_work(&instance, &disks).await
    }

    /// Begins a soft stop. `doing`: [`REBOOTING`] to start it again then. Whoever calls it works alone on the instance.
    pub(super) async fn begin_stop(&self, id: &str, doing: &str) -> Result<()> {
        self.change_instance(id, |instance| {
            instance.status = "Stopping".to_owned();
            instance.doing = doing.to_owned();
        })
        .await?;
        match self.machine_of(id).await? {
            Some(machine) => {
                self.stop_softly(id, machine).await;
                Ok(())
            }
            None => self.settle_ended(id).await,
        }
    }

    /// Presses the power button, and ends the machine when the guest's time is over. Its watcher writes the end down.
    pub(super) async fn stop_softly(&self, id: &str, machine: Arc<Machine>) {
        self.host.set_stopping(id, &machine, true);
        if let Err(error) = machine.press_power().await {
            tracing::warn!(instance = id, %error, "the power button of a machine cannot be pressed");
        }
        let (ecs, id) = (self.shared(), id.to_owned());
        tokio::spawn(async move {
            let timeout = ecs.config.instances.stop_timeout;
            if tokio::time::timeout(timeout, machine.ended()).await.is_err() {
                ecs.stop_hard(&id, &machine).await;
            }
            // Of one that could not be ended, the next look begins again.
            ecs.host.set_stopping(&id, &machine, false);
        });
    }

    /// Ends a machine that did not follow its power button, unless it was started anew meanwhile.
    async fn stop_hard(&self, id: &str, machine: &Arc<Machine>) {
        let _turn = self.host.turn(id).await;
        if self.host.machine(id).is_some_and(|now| Arc::ptr_eq(&now, machine))
            && let Err(error) = machine.quit().await
        {
            tracing::error!(instance = id, %error, "a machine cannot be ended");
        }
    }
}
