//! Policies.

use ram::{
    Arn, Caller, NewPolicy, Permit, PolicyInfo, PolicyName, PolicyOrigin, PolicyRef, Ram, RamError, ResourceKind,
};
use serde_json::{Value, json};

use super::declared::{
    ANY_POLICY_TYPE, DESCRIPTION, MARKER, MAX_ITEMS, POLICY_DOCUMENT, POLICY_NAME, POLICY_TYPE, max_items,
};
use super::policy_versions::version;
use super::{OnRam, RamAction, parsed, spec, written};
use crate::action::{Row, Spec};
use crate::errors::Refusal;
use crate::parameters::{Flag, Ignored, Optional, Parameters};
use crate::services::Rooms;

const CASCADING_DELETE: Optional<Flag> = Optional::new("CascadingDelete", Flag);

pub(super) fn rows<S: Rooms>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnRam<CreatePolicy>>(),
        Row::of::<OnRam<GetPolicy>>(),
        Row::of::<OnRam<ListPolicies>>(),
        Row::of::<OnRam<DeletePolicy>>(),
    ]
}

/// `CreatePolicy`.
struct CreatePolicy(NewPolicy);

impl RamAction for CreatePolicy {
    const SPEC: &'static Spec = &spec(
        "CreatePolicy",
        "ram:CreatePolicy",
        "policy/*",
        &[&POLICY_NAME, &POLICY_DOCUMENT, &DESCRIPTION, &Ignored("Tag.N")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(NewPolicy {
            name: parsed(&POLICY_NAME.read(parameters)?)?,
            description: DESCRIPTION.read(parameters)?.unwrap_or_default(),
            document: POLICY_DOCUMENT.read(parameters)?,
        }))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_any(caller.account, ResourceKind::Policy)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "Policy": policy(&ram.create_policy(permit, &self.0).await?) }))
    }
}

/// `GetPolicy`: the policy and the text that counts.
struct GetPolicy(PolicyRef);

impl RamAction for GetPolicy {
    const SPEC: &'static Spec =
        &spec("GetPolicy", "ram:GetPolicy", "policy/<PolicyName>", &[&POLICY_NAME, &POLICY_TYPE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        named(parameters).map(Self)
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![self.0.arn(caller.account)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let (info, text) = ram.policy(permit, &self.0).await?;
        Ok(json!({ "Policy": policy(&info), "DefaultPolicyVersion": version(&text, true) }))
    }
}

/// `ListPolicies`.
struct ListPolicies {
    origin: Option<PolicyOrigin>,
    marker: String,
    max: u32,
}

impl RamAction for ListPolicies {
    const SPEC: &'static Spec = &spec(
        "ListPolicies",
        "ram:ListPolicies",
        "policy/*",
        &[&ANY_POLICY_TYPE, &MARKER, &MAX_ITEMS, &Ignored("Tag.N")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let origin = ANY_POLICY_TYPE.read(parameters)?.map(|word| match word {
            "System" => PolicyOrigin::System,
            _ => PolicyOrigin::Custom,
        });
        let marker = MARKER.read(parameters)?.unwrap_or_default();
        Ok(Self { origin, marker, max: max_items(parameters)? })
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_any(caller.account, ResourceKind::Policy)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let listed = ram.list_policies(permit, self.origin, &self.marker, self.max).await?;
        Ok(super::page("Policies", "Policy", &listed, policy))
    }
}

/// `DeletePolicy`.
struct DeletePolicy {
    name: PolicyName,
    cascading: bool,
}

impl RamAction for DeletePolicy {
    const SPEC: &'static Spec =
        &spec("DeletePolicy", "ram:DeletePolicy", "policy/<PolicyName>", &[&POLICY_NAME, &CASCADING_DELETE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let cascading = CASCADING_DELETE.read(parameters)?.unwrap_or(false);
        Ok(Self { name: parsed(&POLICY_NAME.read(parameters)?)?, cascading })
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_custom_policy(caller.account, &self.name)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.delete_policy(permit, &self.name, self.cascading).await?;
        Ok(Value::Null)
    }
}

/// `PolicyType` and `PolicyName`.
pub(super) fn named(parameters: &Parameters) -> Result<PolicyRef, Refusal> {
    let name: PolicyName = parsed(&POLICY_NAME.read(parameters)?)?;
    match POLICY_TYPE.read(parameters)? {
        "System" => Ok(PolicyRef::system(&name)?),
        _ => Ok(PolicyRef::Custom(name)),
    }
}

/// System policies came with the program: they have no dates.
fn policy(info: &PolicyInfo) -> Value {
    json!({
        "PolicyName": info.policy.name(),
        "PolicyType": info.policy.policy_type().to_string(),
        "Description": info.description,
        "DefaultVersion": info.default_version.to_string(),
        "AttachmentCount": info.attachment_count,
        "CreateDate": info.created_at.map(written).unwrap_or_default(),
        "UpdateDate": info.updated_at.map(written).unwrap_or_default(),
    })
}
