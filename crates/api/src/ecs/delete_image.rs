//! `DeleteImage`. Source: ecs-images.md 5.

use ::ecs::{Ecs, EcsError};
use kms::Scope;
use ram::Permit;
use serde_json::Value;

use super::action::{EcsCall, need, row};
use super::parameters::{DRY_RUN, IMAGE_ID, REGION_ID};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Flag, Optional, Parameters};
use crate::services::Need;

const FORCE: Optional<Flag> = Optional::new("Force", Flag);

pub(crate) struct DeleteImage {
    image_id: String,
    force: bool,
}

impl EcsCall for DeleteImage {
    const SPEC: &'static Spec =
        &row("DeleteImage", "ecs:DeleteImage", "image/<id>", &[&REGION_ID, &IMAGE_ID, &FORCE, &DRY_RUN]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { image_id: IMAGE_ID.read(parameters)?, force: FORCE.read(parameters)? == Some(true) })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("image/{}", self.image_id))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.delete_image(&self.image_id, self.force, permit, scope).await?;
        Ok(Value::Null)
    }
}
