//! `ModifyInstanceAttribute`.

use ::ecs::{Ecs, EcsError, ModifyInstance};
use kms::Scope;
use ram::Permit;
use serde_json::Value;

use super::{INSTANCE_ID, instance_need};
use crate::action::Spec;
use crate::ecs::action::{EcsCall, row};
use crate::ecs::parameters::LONG_TEXT;
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Ignored, Optional, Parameters, Refused, Text};
use crate::services::Need;

const INSTANCE_NAME: Optional<Text> = Optional::new("InstanceName", LONG_TEXT);
const DESCRIPTION: Optional<Text> = Optional::new("Description", LONG_TEXT);
const DELETION_PROTECTION: Optional<Flag> = Optional::new("DeletionProtection", Flag);
const PASSWORD: Refused = Refused { name: "Password", row: &errors::ECS_NOT_OFFERED };
const USER_DATA: Refused = Refused { name: "UserData", row: &errors::ECS_NOT_OFFERED };
const HOST_NAME: Refused = Refused { name: "HostName", row: &errors::ECS_NOT_OFFERED };

pub(crate) struct ModifyInstanceAttribute(ModifyInstance);

impl EcsCall for ModifyInstanceAttribute {
    const SPEC: &'static Spec = &row(
        "ModifyInstanceAttribute",
        "ecs:ModifyInstanceAttribute",
        "instance/<id>",
        &[
            &INSTANCE_ID,
            &INSTANCE_NAME,
            &DESCRIPTION,
            &DELETION_PROTECTION,
            &PASSWORD,
            &USER_DATA,
            &HOST_NAME,
            &Ignored("Recyclable"),
            &Ignored("CreditSpecification"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        for refused in [&PASSWORD, &USER_DATA, &HOST_NAME] {
            refused.check(parameters)?;
        }
        Ok(Self(ModifyInstance {
            instance_id: INSTANCE_ID.read(parameters)?,
            name: INSTANCE_NAME.read(parameters)?,
            description: DESCRIPTION.read(parameters)?,
            is_protected: DELETION_PROTECTION.read(parameters)?,
        }))
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![instance_need(Self::SPEC, &self.0.instance_id, ecs, scope).await?])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let scope = ecs.scope_of_instance(&self.0.instance_id, scope).await?;
        ecs.modify_instance(&self.0, permit, &scope).await?;
        Ok(Value::Null)
    }
}
