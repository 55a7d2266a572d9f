//! `ExportImage`. Source: ecs-images.md 5.

use ::ecs::{Check, Ecs, EcsError};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::parameters::{DRY_RUN, IMAGE_ID, REGION_ID};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Ignored, Optional, Parameters, Required, Text};
use crate::services::Need;

const BUCKET: Required<Text> = Required::new("OSSBucket", Text { length: (1, 64) });
/// What they may be is `ecs`'s to say.
const PREFIX: Optional<Text> = Optional::new("OSSPrefix", Text { length: (1, 1024) });
const FORMAT: Optional<Text> = Optional::new("ImageFormat", Text { length: (1, 64) });

pub(crate) struct ExportImage(::ecs::ExportImage);

impl EcsCall for ExportImage {
    const SPEC: &'static Spec = &row(
        "ExportImage",
        "ecs:ExportImage",
        "image/<id>",
        &[&REGION_ID, &IMAGE_ID, &BUCKET, &PREFIX, &FORMAT, &DRY_RUN, &Ignored("RoleName")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(::ecs::ExportImage {
            image_id: IMAGE_ID.read(parameters)?,
            bucket: BUCKET.read(parameters)?,
            prefix: PREFIX.read(parameters)?.unwrap_or_default(),
            format: FORMAT.read(parameters)?.unwrap_or_else(|| "raw".to_owned()),
        }))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("image/{}", self.0.image_id))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let task_id = ecs.export_image(&self.0, permit, scope).await?;
        Ok(json!({ "RegionId": scope.region.as_str(), "TaskId": task_id }))
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        ecs.check_export_image(&self.0, permit, scope).await?;
        Ok(Vec::new())
    }
}
