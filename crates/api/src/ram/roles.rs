//! Roles.

use ram::{AfterName, Arn, Caller, NewRole, Permit, Ram, RamError, ResourceKind, RoleChange, RoleName, RoleRecord};
use serde_json::{Value, json};

use super::declared::{
    DESCRIPTION, MARKER, MAX_ITEMS, NEW_DESCRIPTION, NEW_TRUST_DOCUMENT, ROLE_NAME, TRUST_DOCUMENT, page,
};
use super::{OnRam, RamAction, parsed, spec, written};
use crate::action::{Row, Spec};
use crate::errors::Refusal;
use crate::parameters::{Ignored, Integer, Optional, Parameters};
use crate::services::Rooms;

/// Any number that has room: `ram` knows the range and its code.
const SECONDS: Integer = Integer { min: 0, max: u32::MAX as u64 };
const MAX_SESSION_DURATION: Optional<Integer> = Optional::new("MaxSessionDuration", SECONDS);
const NEW_MAX_SESSION_DURATION: Optional<Integer> = Optional::new("NewMaxSessionDuration", SECONDS);

/// `MaxSessionDuration` when nothing is said. Source: ram.md 2, CreateRole.
const SESSION_S_MAX_DEFAULT: u32 = 3600;

pub(super) fn rows<S: Rooms>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnRam<CreateRole>>(),
        Row::of::<OnRam<GetRole>>(),
        Row::of::<OnRam<ListRoles>>(),
        Row::of::<OnRam<UpdateRole>>(),
        Row::of::<OnRam<DeleteRole>>(),
    ]
}

/// `CreateRole`.
struct CreateRole(NewRole);

impl RamAction for CreateRole {
    const SPEC: &'static Spec = &spec(
        "CreateRole",
        "ram:CreateRole",
        "role/*",
        &[
            &ROLE_NAME,
            &TRUST_DOCUMENT,
            &DESCRIPTION,
            &MAX_SESSION_DURATION,
            &Ignored("AllowConsoleLogin"),
            &Ignored("Tag.N"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(NewRole {
            name: parsed(&ROLE_NAME.read(parameters)?)?,
            description: DESCRIPTION.read(parameters)?.unwrap_or_default(),
            trust_document: TRUST_DOCUMENT.read(parameters)?,
            session_s_max: seconds(&MAX_SESSION_DURATION, parameters)?.unwrap_or(SESSION_S_MAX_DEFAULT),
        }))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_any(caller.account, ResourceKind::Role)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "Role": whole(&ram.create_role(permit, &self.0).await?) }))
    }
}

/// `GetRole`.
struct GetRole(RoleName);

impl RamAction for GetRole {
    const SPEC: &'static Spec = &spec("GetRole", "ram:GetRole", "role/<RoleName>", &[&ROLE_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&ROLE_NAME.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_role(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "Role": whole(&ram.role(permit, &self.0).await?) }))
    }
}

/// `ListRoles`.
struct ListRoles(AfterName);

impl RamAction for ListRoles {
    const SPEC: &'static Spec =
        &spec("ListRoles", "ram:ListRoles", "role/*", &[&MARKER, &MAX_ITEMS, &Ignored("Tag.N")]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(page(parameters)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_any(caller.account, ResourceKind::Role)])
    }

    /// Without the trust policies.
    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let listed = ram.list_roles(permit, &self.0).await?;
        Ok(super::page("Roles", "Role", &listed, role))
    }
}

/// `UpdateRole`.
struct UpdateRole(RoleName, RoleChange);

impl RamAction for UpdateRole {
    const SPEC: &'static Spec = &spec(
        "UpdateRole",
        "ram:UpdateRole",
        "role/<RoleName>",
        &[&ROLE_NAME, &NEW_TRUST_DOCUMENT, &NEW_DESCRIPTION, &NEW_MAX_SESSION_DURATION],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let to = RoleChange {
            description: NEW_DESCRIPTION.read(parameters)?,
            trust_document: NEW_TRUST_DOCUMENT.read(parameters)?,
            session_s_max: seconds(&NEW_MAX_SESSION_DURATION, parameters)?,
        };
        Ok(Self(parsed(&ROLE_NAME.read(parameters)?)?, to))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_role(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "Role": whole(&ram.update_role(permit, &self.0, self.1).await?) }))
    }
}

/// `DeleteRole`.
struct DeleteRole(RoleName);

impl RamAction for DeleteRole {
    const SPEC: &'static Spec = &spec("DeleteRole", "ram:DeleteRole", "role/<RoleName>", &[&ROLE_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&ROLE_NAME.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_role(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.delete_role(permit, &self.0).await?;
        Ok(Value::Null)
    }
}

fn seconds(parameter: &Optional<Integer>, parameters: &Parameters) -> Result<Option<u32>, Refusal> {
    let seconds = parameter.read(parameters)?;
    Ok(seconds.map(|seconds| u32::try_from(seconds).expect("the declaration has this range")))
}

/// `Arn` of a role.
pub(super) fn arn(role: &RoleRecord) -> String {
    format!("acs:ram::{}:role/{}", role.account, role.name)
}

fn role(role: &RoleRecord) -> Value {
    json!({
        "RoleId": role.id,
        "RoleName": role.name,
        "Arn": arn(role),
        "Description": role.description,
        "MaxSessionDuration": role.session_s_max,
        "CreateDate": written(role.created_at),
        "UpdateDate": written(role.updated_at),
        "IsServiceLinkedRole": false,
    })
}

/// A role with its trust policy.
fn whole(record: &RoleRecord) -> Value {
    let mut answer = role(record);
    answer["AssumeRolePolicyDocument"] = record.trust_document.as_str().into();
    answer["RolePrincipalName"] = format!("{}@role.{}.onaliyunservice.com", record.name, record.account).into();
    answer
}
