//! `StartInstance`, and how an instance is looked up for a call. Source: ecs-images.md 9.

use catalog::{DiskRecord, InstanceRecord, Read, Scope};
use ram::{Action, Permit};

use super::InstanceError;
use super::plan::require_keys;
use super::state::{Call, refusal};
use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::Result;

const START_INSTANCE: Action = Action::new("ecs:StartInstance");

impl Ecs {
    /// Starts an instance, which runs when this returns.
    ///
    /// Asks for `ecs:StartInstance` on it, and for the rights of [`Ecs::keys_of_instance`]. Errors: `NotFound`, `OtherHost`, `Status`,
    /// `BeingRead`; those of a key that does not open; `Tampered`; `Hypervisor`. It stays Stopped then.
    pub async fn start_instance(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        self.permit_start(id, permit, scope).await?;
        let _turn = self.host.turn(id).await;
        let (instance, disks) = self.instance_to_start(id, scope).await?;
        self.require_keys_work(&instance, &disks).await?;
        self.start_again(&instance.id, "").await
    }

    /// Runs every check of StartInstance and changes nothing.
    ///
    /// Errors: as [`Ecs::start_instance`].
    pub async fn check_start_instance(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        self.permit_start(id, permit, scope).await?;
        let (instance, disks) = self.instance_to_start(id, scope).await?;
        self.require_keys_work(&instance, &disks).await
    }

    async fn permit_start(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, START_INSTANCE, scope, &format!("instance/{id}"))?;
        require_keys(&self.keys_of_instance(id, scope).await?, permit)
    }

    async fn instance_to_start(&self, id: &str, scope: &Scope) -> Result<(InstanceRecord, Vec<DiskRecord>)> {
        let instance = self.instance_for(Call::Start, id, scope).await?;
        let disks = self.attached_disks(id).await?;
        Ok((instance, disks))
    }

    /// Starts an instance that is Stopped, or has just ended. `doing`: whether that is the second half of a reboot, which is gone on with
    /// if this process ends meanwhile. Whoever calls it works alone on the instance.
    ///
    /// Errors: as [`Ecs::start_instance`]. It is Stopped then.
    pub(super) async fn start_again(&self, id: &str, doing: &str) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            let mut read = write.read();
            let Some(mut instance) = read.instance_by_id(id).await? else { return Ok(None) };
            self.require_not_read(&mut read, &instance).await?;
            instance.status = "Starting".to_owned();
            instance.doing = doing.to_owned();
            instance.failure = String::new();
            instance.status_at = self.now();
            write.instance_update(&instance).await?;
            Ok(Some(instance))
        };
        let begun: Result<_> = done.await;
        let Some(instance) = write.finish(begun).await? else { return Ok(()) };
        let disks = self.attached_disks(id).await?;
        match self.power_on(&instance, &disks).await {
            Ok(()) => self.now_is(id, "Running", "").await,
            Err(error) => {
                self.now_is(id, "Stopped", "").await?;
                Err(error)
            }
        }
    }

    /// Writes a status down, and nothing is being done any more. `failure`: why it is Stopped where nobody asked for that.
    pub(super) async fn now_is(&self, id: &str, status: &str, failure: &str) -> Result<()> {
        self.change_instance(id, |instance| {
            instance.status = status.to_owned();
            instance.doing = String::new();
            instance.failure = failure.to_owned();
            if status == "Running" {
                instance.started_at = Some(self.now());
            }
        })
        .await
    }

    /// Changes what is being done with an instance, in one change.
    pub(super) async fn change_instance(&self, id: &str, change: impl FnOnce(&mut InstanceRecord)) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            let Some(mut instance) = write.read().instance_by_id(id).await? else { return Ok(()) };
            change(&mut instance);
            instance.status_at = self.now();
            write.instance_update(&instance).await?;
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// An instance of the account on this host, in a state that takes the call.
    ///
    /// Errors: `NotFound`, `OtherHost`, `Status`, `BeingRead`.
    pub(crate) async fn instance_for(&self, call: Call, id: &str, scope: &Scope) -> Result<InstanceRecord> {
        let mut read = self.catalog.read();
        let instance = self.instance(&mut read, id, scope).await?;
        self.require_here(&instance).await?;
        if let Some(wanted) = refusal(call, &instance.status) {
            return Err(InstanceError::Status { id: instance.id, status: instance.status, wanted }.into());
        }
        if matches!(call, Call::Start | Call::Delete { .. } | Call::UseDisks) {
            self.require_not_read(&mut read, &instance).await?;
        }
        Ok(instance)
    }

    /// An instance of the account that callers know of.
    ///
    /// Errors: `NotFound`.
    pub(crate) async fn instance(&self, read: &mut Read<'_>, id: &str, scope: &Scope) -> Result<InstanceRecord> {
        let found = read.instance_by_id(id).await?;
        let known =
            found.filter(|found| found.scope == *scope && !matches!(found.doing.as_str(), "making" | "deleting"));
        let not_found = || InstanceError::NotFound { id: id.to_owned(), region: scope.region.clone() };
        Ok(known.ok_or_else(not_found)?)
    }

    /// Refuses an instance whose files lie on another host.
    ///
    /// Errors: `OtherHost`.
    pub(super) async fn require_here(&self, instance: &InstanceRecord) -> Result<()> {
        let here = self.host.id(&self.config.instances, &*self.rooms.random).await?;
        if instance.host == here {
            return Ok(());
        }
        let (id, host) = (instance.id.clone(), instance.host.clone());
        Err(InstanceError::OtherHost { id, host, here: here.to_owned() }.into())
    }

    /// Where an instance of the account is: some calls name no region. `scope` for one that is not there.
    ///
    /// Errors: failures of the catalog.
    pub async fn scope_of_instance(&self, id: &str, scope: &Scope) -> Result<Scope> {
        let found = self.catalog.read().instance_by_id(id).await?.map(|instance| instance.scope);
        Ok(found.filter(|found| found.account == scope.account).unwrap_or_else(|| scope.clone()))
    }
}
