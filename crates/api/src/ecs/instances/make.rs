//! `RunInstances` and `CreateInstance`.

use ::ecs::{CallToken, Check, Ecs, EcsError};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::key_need;
use super::new::{New, OF_CREATE, OF_RUN, SYSTEM_ENCRYPTED, SYSTEM_KMS_KEY_ID};
use crate::action::Spec;
use crate::ecs::action::{EcsCall, need, row};
use crate::ecs::client_token::client_token;
use crate::errors::Refusal;
use crate::parameters::{Integer, Optional, Parameters};
use crate::services::Need;

/// How many there may be is `ecs`'s to say.
const NUMBER: Integer = Integer { min: 0, max: u32::MAX as u64 };
pub(super) const AMOUNT: Optional<Integer> = Optional::new("Amount", NUMBER);
pub(super) const MIN_AMOUNT: Optional<Integer> = Optional::new("MinAmount", NUMBER);

const RESOURCES: &str = "instance/* and image/<id>; kms:GenerateDataKey and kms:Decrypt on the keys of the disks";

pub(crate) struct RunInstances {
    new: New,
    token: Option<CallToken>,
}

impl EcsCall for RunInstances {
    const SPEC: &'static Spec = &row("RunInstances", "ecs:RunInstances", RESOURCES, OF_RUN);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let mut new = New::parse(parameters)?;
        let number = |read: Option<u64>| read.and_then(|number| u32::try_from(number).ok());
        new.request.system_disk.encryption.encrypted = SYSTEM_ENCRYPTED.read(parameters)?;
        new.request.system_disk.encryption.key = SYSTEM_KMS_KEY_ID.read(parameters)?;
        new.request.amount = number(AMOUNT.read(parameters)?).unwrap_or(1);
        new.request.min_amount = number(MIN_AMOUNT.read(parameters)?);
        Ok(Self { new, token: client_token(parameters)? })
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        needs_of(Self::SPEC, &self.new, ecs, scope).await
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        self.new.place.check(scope)?;
        let ids = ecs.run_instances(&self.new.request, self.token.as_ref(), permit, scope).await?;
        Ok(json!({ "InstanceIdSets": { "InstanceIdSet": ids } }))
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        self.new.place.check(scope)?;
        ecs.check_run_instances(&self.new.request, permit, scope).await?;
        Ok(Vec::new())
    }
}

pub(crate) struct CreateInstance {
    new: New,
    token: Option<CallToken>,
}

impl EcsCall for CreateInstance {
    const SPEC: &'static Spec = &row("CreateInstance", "ecs:CreateInstance", RESOURCES, OF_CREATE);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { new: New::parse(parameters)?, token: client_token(parameters)? })
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        needs_of(Self::SPEC, &self.new, ecs, scope).await
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        self.new.place.check(scope)?;
        let id = ecs.create_instance(&self.new.request, self.token.as_ref(), permit, scope).await?;
        Ok(json!({ "InstanceId": id }))
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        self.new.place.check(scope)?;
        ecs.check_create_instance(&self.new.request, permit, scope).await?;
        Ok(Vec::new())
    }
}

async fn needs_of(spec: &'static Spec, new: &New, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
    let image = format!("image/{}", new.request.image_id);
    let mut needs = vec![need(spec, scope, "instance/*"), need(spec, scope, &image)];
    needs.extend(ecs.keys_of_new_instances(&new.request, scope).await?.into_iter().map(key_need));
    Ok(needs)
}
