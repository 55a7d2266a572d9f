//! `StartInstance`, `StopInstance`, `RebootInstance`, `DeleteInstance`. They name no region: the instance is looked for in all.

use ::ecs::{Check, Ecs, EcsError};
use kms::Scope;
use ram::Permit;
use serde_json::Value;

use super::{INSTANCE_ID, instance_need, key_need};
use crate::action::Spec;
use crate::ecs::action::{EcsCall, row};
use crate::ecs::parameters::DRY_RUN;
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Ignored, Optional, Parameters, Refused};
use crate::services::Need;

const FORCE_STOP: Optional<Flag> = Optional::new("ForceStop", Flag);
const FORCE: Optional<Flag> = Optional::new("Force", Flag);
const HIBERNATE: Refused = Refused { name: "Hibernate", row: &errors::ECS_NOT_OFFERED };

const WITH_KEYS: &str = "instance/<id>; kms:Decrypt on the keys of its disks";

pub(crate) struct StartInstance(String);

impl EcsCall for StartInstance {
    const SPEC: &'static Spec = &row(
        "StartInstance",
        "ecs:StartInstance",
        WITH_KEYS,
        &[&INSTANCE_ID, &DRY_RUN, &Ignored("InitLocalDisk"), &Ignored("SourceRegionId")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(INSTANCE_ID.read(parameters)?))
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        let mut needs = vec![instance_need(Self::SPEC, &self.0, ecs, scope).await?];
        needs.extend(ecs.keys_of_instance(&self.0, scope).await?.into_iter().map(key_need));
        Ok(needs)
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let scope = ecs.scope_of_instance(&self.0, scope).await?;
        ecs.start_instance(&self.0, permit, &scope).await?;
        Ok(Value::Null)
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        let scope = ecs.scope_of_instance(&self.0, scope).await?;
        ecs.check_start_instance(&self.0, permit, &scope).await?;
        Ok(Vec::new())
    }
}

pub(crate) struct StopInstance {
    id: String,
    force: bool,
}

impl EcsCall for StopInstance {
    const SPEC: &'static Spec = &row(
        "StopInstance",
        "ecs:StopInstance",
        "instance/<id>",
        &[&INSTANCE_ID, &FORCE_STOP, &DRY_RUN, &HIBERNATE, &Ignored("StoppedMode"), &Ignored("ConfirmStop")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        HIBERNATE.check(parameters)?;
        Ok(Self { id: INSTANCE_ID.read(parameters)?, force: FORCE_STOP.read(parameters)? == Some(true) })
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![instance_need(Self::SPEC, &self.id, ecs, scope).await?])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let scope = ecs.scope_of_instance(&self.id, scope).await?;
        ecs.stop_instance(&self.id, self.force, permit, &scope).await?;
        Ok(Value::Null)
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        let scope = ecs.scope_of_instance(&self.id, scope).await?;
        ecs.check_stop_instance(&self.id, self.force, permit, &scope).await?;
        Ok(Vec::new())
    }
}

pub(crate) struct RebootInstance {
    id: String,
    force: bool,
}

impl EcsCall for RebootInstance {
    const SPEC: &'static Spec =
        &row("RebootInstance", "ecs:RebootInstance", WITH_KEYS, &[&INSTANCE_ID, &FORCE_STOP, &DRY_RUN]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { id: INSTANCE_ID.read(parameters)?, force: FORCE_STOP.read(parameters)? == Some(true) })
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        let mut needs = vec![instance_need(Self::SPEC, &self.id, ecs, scope).await?];
        needs.extend(ecs.keys_of_instance(&self.id, scope).await?.into_iter().map(key_need));
        Ok(needs)
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let scope = ecs.scope_of_instance(&self.id, scope).await?;
        ecs.reboot_instance(&self.id, self.force, permit, &scope).await?;
        Ok(Value::Null)
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        let scope = ecs.scope_of_instance(&self.id, scope).await?;
        ecs.check_reboot_instance(&self.id, permit, &scope).await?;
        Ok(Vec::new())
    }
}

pub(crate) struct DeleteInstance {
    id: String,
    force: bool,
}

impl EcsCall for DeleteInstance {
    const SPEC: &'static Spec = &row(
        "DeleteInstance",
        "ecs:DeleteInstance",
        "instance/<id>",
        &[&INSTANCE_ID, &FORCE, &DRY_RUN, &Ignored("ForceStop"), &Ignored("TerminateSubscription")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { id: INSTANCE_ID.read(parameters)?, force: FORCE.read(parameters)? == Some(true) })
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![instance_need(Self::SPEC, &self.id, ecs, scope).await?])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let scope = ecs.scope_of_instance(&self.id, scope).await?;
        ecs.delete_instance(&self.id, self.force, permit, &scope).await?;
        Ok(Value::Null)
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        let scope = ecs.scope_of_instance(&self.id, scope).await?;
        ecs.check_delete_instance(&self.id, self.force, permit, &scope).await?;
        Ok(Vec::new())
    }
}
