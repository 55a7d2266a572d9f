//! `AttachKeyPair` and `DetachKeyPair`. Source: the vendor's pages of these calls. What is asked for is answered per instance.

use ::ecs::{Ecs, EcsError, PerInstance};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::key_pairs::KEY_PAIR_NAME;
use super::parameters::REGION_ID;
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{JsonStrings, Parameters, Required};
use crate::services::Need;

const INSTANCE_IDS: Required<JsonStrings> =
    Required::new("InstanceIds", JsonStrings { items_max: 50 }).or(&errors::ECS_INSTANCE_IDS);

/// A pair, and the instances that are given it or lose it.
struct Uses {
    name: String,
    instance_ids: Vec<String>,
}

impl Uses {
    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let instance_ids = INSTANCE_IDS.read(parameters)?;
        let is_id = |id: &String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if instance_ids.is_empty() || !instance_ids.iter().all(is_id) {
            return Err(Refusal::new(&errors::ECS_INSTANCE_IDS, &["InstanceIds"]));
        }
        Ok(Self { name: KEY_PAIR_NAME.read(parameters)?, instance_ids })
    }

    fn needs(&self, spec: &'static Spec, scope: &Scope) -> Vec<Need> {
        let instances = self.instance_ids.iter().map(|id| format!("instance/{id}"));
        let resources = std::iter::once(format!("keypair/{}", self.name)).chain(instances);
        resources.map(|resource| need(spec, scope, &resource)).collect()
    }
}

pub(crate) struct AttachKeyPair(Uses);

impl EcsCall for AttachKeyPair {
    const SPEC: &'static Spec = &row(
        "AttachKeyPair",
        "ecs:AttachKeyPair",
        "keypair/<name> and each instance/<id>",
        &[&REGION_ID, &KEY_PAIR_NAME, &INSTANCE_IDS],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Uses::parse(parameters).map(Self)
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(self.0.needs(Self::SPEC, scope))
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let done = ecs.attach_key_pair(&self.0.name, &self.0.instance_ids, permit, scope).await?;
        Ok(answer(&self.0.name, done))
    }
}

pub(crate) struct DetachKeyPair(Uses);

impl EcsCall for DetachKeyPair {
    const SPEC: &'static Spec = &row(
        "DetachKeyPair",
        "ecs:DetachKeyPair",
        "keypair/<name> and each instance/<id>",
        &[&REGION_ID, &KEY_PAIR_NAME, &INSTANCE_IDS],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Uses::parse(parameters).map(Self)
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(self.0.needs(Self::SPEC, scope))
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let done = ecs.detach_key_pair(&self.0.name, &self.0.instance_ids, permit, scope).await?;
        Ok(answer(&self.0.name, done))
    }
}

/// `Code` stands within each result, not at the top, where clients take it for an error.
fn answer(name: &str, done: PerInstance) -> Value {
    let failed = done.iter().filter(|(_, error)| error.is_some()).count();
    let total = done.len();
    let results: Vec<Value> = done.into_iter().map(|(id, error)| result(&id, error)).collect();
    json!({
        "KeyPairName": name,
        "TotalCount": total.to_string(),
        "FailCount": failed.to_string(),
        "Results": { "Result": results },
    })
}

fn result(id: &str, error: Option<EcsError>) -> Value {
    match error {
        None => json!({ "InstanceId": id, "Success": "true", "Code": "200", "Message": "successful" }),
        Some(error) => json!({
            "InstanceId": id,
            "Success": "false",
            "Code": errors::ECS_NO_INSTANCE.code,
            "Message": error.to_string(),
        }),
    }
}
