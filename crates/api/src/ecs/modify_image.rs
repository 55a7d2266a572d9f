//! `ModifyImageAttribute`. Source: ecs-images.md 5.

use ::ecs::{Check, Ecs, EcsError, ModifyImage};
use kms::Scope;
use ram::Permit;
use serde_json::Value;

use super::action::{EcsCall, need, row};
use super::parameters::{DRY_RUN, IMAGE_ID, IMDS_SUPPORT, LICENSE_TYPE, LONG_TEXT, NVME_SUPPORT, REGION_ID};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{OneOf, Optional, Parameters, Text};
use crate::services::Need;

const IMAGE_NAME: Optional<Text> = Optional::new("ImageName", LONG_TEXT);
const DESCRIPTION: Optional<Text> = Optional::new("Description", LONG_TEXT);
const IMAGE_FAMILY: Optional<Text> = Optional::new("ImageFamily", LONG_TEXT);
const STATUS: Optional<OneOf> = Optional::new("Status", OneOf(&["Available", "Deprecated"]));
const BOOT_MODE: Optional<OneOf> = Optional::new("BootMode", OneOf(&["BIOS", "UEFI", "UEFI-Preferred"]));

pub(crate) struct ModifyImageAttribute(ModifyImage);

impl EcsCall for ModifyImageAttribute {
    const SPEC: &'static Spec = &row(
        "ModifyImageAttribute",
        "ecs:ModifyImageAttribute",
        "image/<id>",
        &[
            &REGION_ID,
            &IMAGE_ID,
            &IMAGE_NAME,
            &DESCRIPTION,
            &IMAGE_FAMILY,
            &STATUS,
            &BOOT_MODE,
            &DRY_RUN,
            &LICENSE_TYPE,
            &IMDS_SUPPORT,
            &NVME_SUPPORT,
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(ModifyImage {
            image_id: IMAGE_ID.read(parameters)?,
            name: IMAGE_NAME.read(parameters)?,
            description: DESCRIPTION.read(parameters)?,
            family: IMAGE_FAMILY.read(parameters)?,
            deprecated: STATUS.read(parameters)?.map(|status| status == "Deprecated"),
            boot_mode: BOOT_MODE.read(parameters)?.map(str::to_owned),
            license_type: LICENSE_TYPE.read(parameters)?.map(str::to_owned),
            nvme_support: NVME_SUPPORT.read(parameters)?.map(str::to_owned),
            imds_support: IMDS_SUPPORT.read(parameters)?.map(str::to_owned),
        }))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("image/{}", self.0.image_id))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.modify_image(&self.0, permit, scope).await?;
        Ok(Value::Null)
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        ecs.check_modify_image(&self.0, permit, scope).await?;
        Ok(Vec::new())
    }
}
