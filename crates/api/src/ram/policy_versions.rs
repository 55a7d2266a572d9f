//! Versions of policies.

use ram::{
    Arn, Caller, NewPolicyVersion, Permit, PolicyName, PolicyRef, PolicyVersionInfo, Ram, RamError, RotateStrategy,
    VersionId,
};
use serde_json::{Value, json};

use super::declared::{POLICY_DOCUMENT, POLICY_NAME, POLICY_TYPE, VERSION_ID};
use super::policies::named;
use super::{OnRam, RamAction, parsed, spec, written};
use crate::action::{Row, Spec};
use crate::errors::Refusal;
use crate::parameters::{Flag, OneOf, Optional, Parameters};
use crate::services::Rooms;

const SET_AS_DEFAULT: Optional<Flag> = Optional::new("SetAsDefault", Flag);
const ROTATE_STRATEGY: Optional<OneOf> =
    Optional::new("RotateStrategy", OneOf(&["None", "DeleteOldestNonDefaultVersionWhenLimitExceeded"]));

pub(super) fn rows<S: Rooms>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnRam<CreatePolicyVersion>>(),
        Row::of::<OnRam<GetPolicyVersion>>(),
        Row::of::<OnRam<ListPolicyVersions>>(),
        Row::of::<OnRam<SetDefaultPolicyVersion>>(),
        Row::of::<OnRam<DeletePolicyVersion>>(),
    ]
}

/// `CreatePolicyVersion`.
struct CreatePolicyVersion(NewPolicyVersion);

impl RamAction for CreatePolicyVersion {
    const SPEC: &'static Spec = &spec(
        "CreatePolicyVersion",
        "ram:CreatePolicyVersion",
        "policy/<PolicyName>",
        &[&POLICY_NAME, &POLICY_DOCUMENT, &SET_AS_DEFAULT, &ROTATE_STRATEGY],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let rotate = match ROTATE_STRATEGY.read(parameters)? {
            None | Some("None") => RotateStrategy::None,
            Some(_) => RotateStrategy::DeleteOldestNonDefaultVersionWhenLimitExceeded,
        };
        Ok(Self(NewPolicyVersion {
            policy: parsed(&POLICY_NAME.read(parameters)?)?,
            document: POLICY_DOCUMENT.read(parameters)?,
            set_as_default: SET_AS_DEFAULT.read(parameters)?.unwrap_or(false),
            rotate,
        }))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_custom_policy(caller.account, &self.0.policy)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "PolicyVersion": version(&ram.create_policy_version(permit, &self.0).await?, true) }))
    }
}

/// `GetPolicyVersion`.
struct GetPolicyVersion(PolicyRef, VersionId);

impl RamAction for GetPolicyVersion {
    const SPEC: &'static Spec = &spec(
        "GetPolicyVersion",
        "ram:GetPolicyVersion",
        "policy/<PolicyName>",
        &[&POLICY_NAME, &POLICY_TYPE, &VERSION_ID],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(named(parameters)?, parsed(&VERSION_ID.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![self.0.arn(caller.account)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "PolicyVersion": version(&ram.policy_version(permit, &self.0, self.1).await?, true) }))
    }
}

/// `ListPolicyVersions`.
struct ListPolicyVersions(PolicyRef);

impl RamAction for ListPolicyVersions {
    const SPEC: &'static Spec =
        &spec("ListPolicyVersions", "ram:ListPolicyVersions", "policy/<PolicyName>", &[&POLICY_NAME, &POLICY_TYPE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        named(parameters).map(Self)
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![self.0.arn(caller.account)])
    }

    /// Without the texts.
    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let versions = ram.list_policy_versions(permit, &self.0).await?;
        let versions = versions.iter().map(|listed| version(listed, false));
        Ok(json!({ "PolicyVersions": { "PolicyVersion": versions.collect::<Vec<_>>() } }))
    }
}

/// `SetDefaultPolicyVersion`.
struct SetDefaultPolicyVersion(PolicyName, VersionId);

impl RamAction for SetDefaultPolicyVersion {
    const SPEC: &'static Spec = &spec(
        "SetDefaultPolicyVersion",
        "ram:SetDefaultPolicyVersion",
        "policy/<PolicyName>",
        &[&POLICY_NAME, &VERSION_ID],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&POLICY_NAME.read(parameters)?)?, parsed(&VERSION_ID.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_custom_policy(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.set_default_policy_version(permit, &self.0, self.1).await?;
        Ok(Value::Null)
    }
}

/// `DeletePolicyVersion`.
struct DeletePolicyVersion(PolicyName, VersionId);

impl RamAction for DeletePolicyVersion {
    const SPEC: &'static Spec =
        &spec("DeletePolicyVersion", "ram:DeletePolicyVersion", "policy/<PolicyName>", &[&POLICY_NAME, &VERSION_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&POLICY_NAME.read(parameters)?)?, parsed(&VERSION_ID.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_custom_policy(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.delete_policy_version(permit, &self.0, self.1).await?;
        Ok(Value::Null)
    }
}

/// A version, with its text if that is wanted.
pub(super) fn version(info: &PolicyVersionInfo, with_text: bool) -> Value {
    let mut answer = json!({
        "VersionId": info.id.to_string(),
        "IsDefaultVersion": info.is_default,
        "CreateDate": info.created_at.map(written).unwrap_or_default(),
    });
    if with_text {
        answer["PolicyDocument"] = info.document.as_str().into();
    }
    answer
}
