//! `DescribeImageFromFamily`. Source: ecs-images.md 5.

use ::ecs::{Ecs, EcsError};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::image::image_without_encryption;
use super::parameters::REGION_ID;
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Parameters, Required, Text};
use crate::services::Need;

const IMAGE_FAMILY: Required<Text> = Required::new("ImageFamily", Text { length: (1, 128) });

pub(crate) struct DescribeImageFromFamily(String);

impl EcsCall for DescribeImageFromFamily {
    const SPEC: &'static Spec =
        &row("DescribeImageFromFamily", "ecs:DescribeImageFromFamily", "*", &[&REGION_ID, &IMAGE_FAMILY]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(IMAGE_FAMILY.read(parameters)?))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let found = ecs.image_from_family(&self.0, permit, scope).await?;
        let image = found.as_ref().map_or_else(|| json!({}), image_without_encryption);
        Ok(json!({ "Image": image }))
    }
}
