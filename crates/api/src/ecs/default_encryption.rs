//! The default encryption of disks of an account in a region. Source: ecs-images.md 8.

use ::ecs::{Ecs, EcsError};
use kms::{KeyRef, Scope, key_arn};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::copy_image::KEY_RIGHT;
use super::parameters::REGION_ID;
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Parameters, Required, Text};
use crate::services::Need;

const KMS_KEY_ID: Required<Text> = Required::new("KMSKeyId", Text { length: (1, 512) });

/// A call that names nothing but its region, its use case, and the answer.
macro_rules! region_call {
    ($name:ident, $action:literal, |$ecs:ident, $permit:ident, $scope:ident| $answer:expr) => {
        pub(crate) struct $name;

        impl EcsCall for $name {
            const SPEC: &'static Spec = &row(stringify!($name), $action, "*", &[&REGION_ID]);

            fn parse(_: &Parameters) -> Result<Self, Refusal> {
                Ok(Self)
            }

            async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
                Ok(vec![need(Self::SPEC, scope, "*")])
            }

            async fn run(self, $ecs: &Ecs, $permit: &Permit, $scope: &Scope) -> Result<Value, EcsError> {
                Ok($answer)
            }
        }
    };
}

region_call!(EnableDiskEncryptionByDefault, "ecs:EnableDiskEncryptionByDefault", |ecs, permit, scope| {
    ecs.enable_default_encryption(permit, scope).await?;
    Value::Null
});

region_call!(DisableDiskEncryptionByDefault, "ecs:DisableDiskEncryptionByDefault", |ecs, permit, scope| {
    ecs.disable_default_encryption(permit, scope).await?;
    Value::Null
});

region_call!(
    DescribeDiskEncryptionByDefaultStatus,
    "ecs:DescribeDiskEncryptionByDefaultStatus",
    |ecs, permit, scope| json!({ "Encrypted": ecs.default_encryption(permit, scope).await? })
);

region_call!(DescribeDiskDefaultKMSKeyId, "ecs:DescribeDiskDefaultKMSKeyId", |ecs, permit, scope| {
    let key = ecs.default_key(permit, scope).await?;
    json!({ "KMSKeyId": key.map(|key| key.to_string()).unwrap_or_default() })
});

region_call!(ResetDiskDefaultKMSKeyId, "ecs:ResetDiskDefaultKMSKeyId", |ecs, permit, scope| {
    ecs.reset_default_key(permit, scope).await?;
    Value::Null
});

/// `ModifyDiskDefaultKMSKeyId`.
pub(crate) struct ModifyDiskDefaultKMSKeyId(String);

impl EcsCall for ModifyDiskDefaultKMSKeyId {
    const SPEC: &'static Spec = &row(
        "ModifyDiskDefaultKMSKeyId",
        "ecs:ModifyDiskDefaultKMSKeyId",
        "*; kms:GenerateDataKey on the key",
        &[&REGION_ID, &KMS_KEY_ID],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(KMS_KEY_ID.read(parameters)?))
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        let mut needs = vec![need(Self::SPEC, scope, "*")];
        let key = self.0.parse::<KeyRef>().ok();
        let facts = match key {
            Some(key) => ecs.own_key(&key, scope).await?,
            None => None,
        };
        needs.extend(facts.map(|facts| Need {
            action: KEY_RIGHT,
            resource: key_arn(&facts.key),
            key: Some(facts),
            conditions: Vec::new(),
        }));
        Ok(needs)
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.choose_default_key(&self.0, permit, scope).await?;
        Ok(Value::Null)
    }
}
