//! Policies of keys.

use kms::{KeyRef, Kms, KmsError, Scope};
use ram::{KeyPolicy, Permit};
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::needs::Ask;
use super::parameters::{KEY_ID, policy};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{OneOf, Optional, Parameters, Required, Text};

const POLICY: Required<Text> = Required::new("Policy", Text { length: (1, 32_768) });
/// A key has one policy.
const POLICY_NAME: Optional<OneOf> = Optional::new("PolicyName", OneOf(&["default"]));

pub(crate) struct GetKeyPolicy(KeyRef);

impl KeyCall for GetKeyPolicy {
    const SPEC: &'static Spec = &row("GetKeyPolicy", ("kms:GetKeyPolicy", "key/<id>"), &[&KEY_ID, &POLICY_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        POLICY_NAME.read(parameters)?;
        KEY_ID.read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.0))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let policy = kms.key_policy(&self.0, permit, scope).await?;
        Ok(json!({ "Policy": policy.to_string() }))
    }
}

pub(crate) struct SetKeyPolicy {
    key: KeyRef,
    policy: KeyPolicy,
}

impl KeyCall for SetKeyPolicy {
    const SPEC: &'static Spec =
        &row("SetKeyPolicy", ("kms:SetKeyPolicy", "key/<id>"), &[&KEY_ID, &POLICY, &POLICY_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        POLICY_NAME.read(parameters)?;
        Ok(Self { key: KEY_ID.read(parameters)?, policy: policy(&POLICY.read(parameters)?)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.set_key_policy(&self.key, &self.policy, permit, scope).await?;
        Ok(Value::Null)
    }
}
