//! `CreateKeyPair`, `ImportKeyPair`, `DescribeKeyPairs`, `DeleteKeyPairs`. Source: the vendor's pages of these calls.

use ::ecs::{Ecs, EcsError, KeyPairFilter, KeyPairRecord};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::paging::Paging;
use super::parameters::{PAGE_NUMBER, PAGE_SIZE, REGION_ID, written_to_the_minute};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Ignored, JsonStrings, Optional, Parameters, Required, Text};
use crate::services::Need;

/// What a name may be is `ecs`'s to say.
pub(super) const KEY_PAIR_NAME: Required<Text> = Required::new("KeyPairName", Text { length: (1, 1024) });
const NAME_PATTERN: Optional<Text> = Optional::new("KeyPairName", Text { length: (1, 130) });
const FINGERPRINT: Optional<Text> = Optional::new("KeyPairFingerPrint", Text { length: (1, 64) });
const PUBLIC_KEY_BODY: Required<Text> =
    Required::new("PublicKeyBody", Text { length: (1, 4096) }).or(&errors::ECS_PUBLIC_KEY);
const KEY_PAIR_NAMES: Required<JsonStrings> =
    Required::new("KeyPairNames", JsonStrings { items_max: 100 }).or(&errors::ECS_KEY_PAIR_NAMES);

pub(crate) struct CreateKeyPair(String);

impl EcsCall for CreateKeyPair {
    const SPEC: &'static Spec = &row(
        "CreateKeyPair",
        "ecs:CreateKeyPair",
        "keypair/<name>",
        &[&REGION_ID, &KEY_PAIR_NAME, &Ignored("Tag"), &Ignored("ResourceGroupId")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(KEY_PAIR_NAME.read(parameters)?))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("keypair/{}", self.0))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let made = ecs.create_key_pair(&self.0, permit, scope).await?;
        let mut answer = key_pair(&made.record);
        answer["PrivateKeyBody"] = String::from_utf8_lossy(made.private_pem.expose()).into();
        Ok(answer)
    }
}

pub(crate) struct ImportKeyPair {
    name: String,
    public_key: String,
}

impl EcsCall for ImportKeyPair {
    const SPEC: &'static Spec = &row(
        "ImportKeyPair",
        "ecs:ImportKeyPair",
        "keypair/<name>",
        &[&REGION_ID, &KEY_PAIR_NAME, &PUBLIC_KEY_BODY, &Ignored("Tag"), &Ignored("ResourceGroupId")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { name: KEY_PAIR_NAME.read(parameters)?, public_key: PUBLIC_KEY_BODY.read(parameters)? })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("keypair/{}", self.name))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        Ok(key_pair(&ecs.import_key_pair(&self.name, &self.public_key, permit, scope).await?))
    }
}

pub(crate) struct DescribeKeyPairs {
    filter: KeyPairFilter,
    paging: Paging,
}

impl EcsCall for DescribeKeyPairs {
    const SPEC: &'static Spec = &row(
        "DescribeKeyPairs",
        "ecs:DescribeKeyPairs",
        "keypair/*",
        &[
            &REGION_ID,
            &NAME_PATTERN,
            &FINGERPRINT,
            &PAGE_NUMBER,
            &PAGE_SIZE,
            &Ignored("IncludePublicKey"),
            &Ignored("Tag"),
            &Ignored("ResourceGroupId"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let filter = KeyPairFilter {
            name: NAME_PATTERN.read(parameters)?.unwrap_or_default(),
            fingerprint: FINGERPRINT.read(parameters)?.unwrap_or_default(),
        };
        Ok(Self { filter, paging: Paging::by_number(parameters)? })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "keypair/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let found = ecs.describe_key_pairs(&self.filter, self.paging.request, permit, scope).await?;
        let pairs = found.items.iter().map(described).collect();
        Ok(self.paging.answer("KeyPairs", "KeyPair", pairs, found.total_count))
    }
}

pub(crate) struct DeleteKeyPairs(Vec<String>);

impl EcsCall for DeleteKeyPairs {
    const SPEC: &'static Spec =
        &row("DeleteKeyPairs", "ecs:DeleteKeyPairs", "each keypair/<name>", &[&REGION_ID, &KEY_PAIR_NAMES]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let names = KEY_PAIR_NAMES.read(parameters)?;
        match names.is_empty() {
            true => Err(Refusal::new(&errors::MISSING_PARAMETER, &["KeyPairNames"])),
            false => Ok(Self(names)),
        }
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(self.0.iter().map(|name| need(Self::SPEC, scope, &format!("keypair/{name}"))).collect())
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.delete_key_pairs(&self.0, permit, scope).await?;
        Ok(Value::Null)
    }
}

fn key_pair(pair: &KeyPairRecord) -> Value {
    json!({ "KeyPairId": pair.id, "KeyPairName": pair.name, "KeyPairFingerPrint": pair.fingerprint })
}

fn described(pair: &KeyPairRecord) -> Value {
    let mut shown = key_pair(pair);
    shown["PublicKey"] = pair.public_key.as_str().into();
    shown["CreationTime"] = written_to_the_minute(pair.created_at).into();
    shown["ResourceGroupId"] = "".into();
    shown["Tags"] = json!({ "Tag": [] });
    shown
}
