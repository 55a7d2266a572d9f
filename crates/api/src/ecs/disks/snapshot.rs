//! `CreateSnapshot`. It names no region: the disk is looked for in all.

use ::ecs::{CallToken, Ecs, EcsError};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use crate::action::Spec;
use crate::ecs::action::{EcsCall, need, row};
use crate::ecs::client_token::client_token;
use crate::ecs::parameters::{CLIENT_TOKEN, NAME, TAG, tags};
use crate::errors::{self, Refusal};
use crate::parameters::{Ignored, Name, Optional, Parameters, Required, Text};
use crate::services::Need;

const DISK_ID: Required<Name> = Required::new("DiskId", Name { length: (1, 64), also: "-" });
const SNAPSHOT_NAME: Optional<Text> = Optional::new("SnapshotName", NAME);
const DESCRIPTION: Optional<Text> = Optional::new("Description", NAME);

pub(crate) struct CreateSnapshot {
    request: ::ecs::CreateSnapshot,
    token: Option<CallToken>,
}

impl EcsCall for CreateSnapshot {
    const SPEC: &'static Spec = &row(
        "CreateSnapshot",
        "ecs:CreateSnapshot",
        "disk/<id> and snapshot/*",
        &[
            &DISK_ID,
            &SNAPSHOT_NAME,
            &DESCRIPTION,
            &TAG,
            &CLIENT_TOKEN,
            &Ignored("RetentionDays"),
            &Ignored("Category"),
            &Ignored("InstantAccess"),
            &Ignored("InstantAccessRetentionDays"),
            &Ignored("ResourceGroupId"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let name = SNAPSHOT_NAME.read(parameters)?.unwrap_or_default();
        // Those of the vendor's own making begin so. Other rules are `ecs`'s.
        if name.starts_with("auto") {
            return Err(Refusal::new(&errors::ECS_SNAPSHOT_NAME, &["SnapshotName"]));
        }
        let request = ::ecs::CreateSnapshot {
            disk_id: DISK_ID.read(parameters)?,
            name,
            description: DESCRIPTION.read(parameters)?.unwrap_or_default(),
            tags: tags(parameters)?,
        };
        Ok(Self { request, token: client_token(parameters)? })
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        let scope = ecs.scope_of_disk(&self.request.disk_id, scope).await?;
        let disk = format!("disk/{}", self.request.disk_id);
        Ok(vec![need(Self::SPEC, &scope, &disk), need(Self::SPEC, &scope, "snapshot/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let scope = ecs.scope_of_disk(&self.request.disk_id, scope).await?;
        let snapshot_id = ecs.create_snapshot(&self.request, self.token.as_ref(), permit, &scope).await?;
        Ok(json!({ "SnapshotId": snapshot_id }))
    }
}
