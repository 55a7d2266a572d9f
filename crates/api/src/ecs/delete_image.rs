//! `DeleteImage`. Source: ecs-images.md 5.

use ::ecs::{Ecs, EcsError};
use kms::Scope;
use ram::Permit;
use serde_json::Value;

use super::action::{EcsCall, need, row};
use super::parameters::{IMAGE_ID, REGION_ID};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Ignored, Parameters};
use crate::services::Need;

pub(crate) struct DeleteImage(String);

impl EcsCall for DeleteImage {
    const SPEC: &'static Spec =
        &row("DeleteImage", "ecs:DeleteImage", "image/<id>", &[&REGION_ID, &IMAGE_ID, &Ignored("Force")]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(IMAGE_ID.read(parameters)?))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("image/{}", self.0))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.delete_image(&self.0, permit, scope).await?;
        Ok(Value::Null)
    }
}
