//! `GetInstanceConsoleOutput`.

use ::ecs::{Ecs, EcsError};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::INSTANCE_ID;
use crate::action::Spec;
use crate::ecs::action::{EcsCall, need, row};
use crate::ecs::parameters::{REGION_ID, written};
use crate::errors::Refusal;
use crate::parameters::{Ignored, Parameters};
use crate::services::Need;

pub(crate) struct GetInstanceConsoleOutput(String);

impl EcsCall for GetInstanceConsoleOutput {
    const SPEC: &'static Spec = &row(
        "GetInstanceConsoleOutput",
        "ecs:GetInstanceConsoleOutput",
        "instance/<id>",
        &[&REGION_ID, &INSTANCE_ID, &Ignored("RemoveSymbols"), &Ignored("DryRun")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(INSTANCE_ID.read(parameters)?))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("instance/{}", self.0))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let output = ecs.console_output(&self.0, permit, scope).await?;
        Ok(json!({
            "InstanceId": self.0,
            "ConsoleOutput": output.base64,
            "LastUpdateTime": written(output.read_at),
        }))
    }
}
