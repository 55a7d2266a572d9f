//! `ReplaceSystemDisk` and `ReInitDisk`. They name no region: what they are about is looked for in all.

use ::ecs::{CallToken, Ecs, EcsError, Encryption, NewSystemDisk};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use crate::action::Spec;
use crate::ecs::action::{EcsCall, need, row};
use crate::ecs::client_token::client_token;
use crate::ecs::instances::key_need;
use crate::ecs::parameters::{CLIENT_TOKEN, IMAGE_ID};
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Ignored, Integer, Name, Optional, Parameters, Refused, Required, Text};
use crate::services::Need;

const ID: Name = Name { length: (1, 64), also: "-" };
const INSTANCE_ID: Required<Name> = Required::new("InstanceId", ID);
const DISK_ID: Required<Name> = Required::new("DiskId", ID);
const SIZE: Optional<Integer> = Optional::new("SystemDisk.Size", Integer { min: 0, max: 1 << 32 });
const ENCRYPTED: Optional<Flag> = Optional::new("Encrypted", Flag);
const KMS_KEY_ID: Optional<Text> = Optional::new("KMSKeyId", Text { length: (1, 512) });
const ENCRYPT_ALGORITHM: Refused = Refused { name: "EncryptAlgorithm", row: &errors::ECS_ENCRYPT_ALGORITHM };
const PASSWORD: Refused = Refused { name: "Password", row: &errors::ECS_NOT_OFFERED };

pub(crate) struct ReplaceSystemDisk {
    request: ::ecs::ReplaceSystemDisk,
    token: Option<CallToken>,
}

impl EcsCall for ReplaceSystemDisk {
    const SPEC: &'static Spec = &row(
        "ReplaceSystemDisk",
        "ecs:ReplaceSystemDisk",
        "instance/<id> and image/<id>; kms:GenerateDataKey and kms:Decrypt on the keys of the disk",
        &[
            &INSTANCE_ID,
            &IMAGE_ID,
            &SIZE,
            &ENCRYPTED,
            &KMS_KEY_ID,
            &CLIENT_TOKEN,
            &ENCRYPT_ALGORITHM,
            &PASSWORD,
            &Ignored("DiskId"),
            &Ignored("Platform"),
            &Ignored("Architecture"),
            &Ignored("KeyPairName"),
            &Ignored("PasswordInherit"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        ENCRYPT_ALGORITHM.check(parameters)?;
        PASSWORD.check(parameters)?;
        let encryption = Encryption { encrypted: ENCRYPTED.read(parameters)?, key: KMS_KEY_ID.read(parameters)? };
        let request = ::ecs::ReplaceSystemDisk {
            instance_id: INSTANCE_ID.read(parameters)?,
            image_id: IMAGE_ID.read(parameters)?,
            disk: NewSystemDisk { size_gib: SIZE.read(parameters)?, encryption, ..NewSystemDisk::default() },
        };
        Ok(Self { request, token: client_token(parameters)? })
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        let scope = ecs.scope_of_instance(&self.request.instance_id, scope).await?;
        let on = |resource: String| need(Self::SPEC, &scope, &resource);
        let mut needs =
            vec![on(format!("instance/{}", self.request.instance_id)), on(format!("image/{}", self.request.image_id))];
        needs.extend(ecs.keys_of_system_disk(&self.request, &scope).await?.into_iter().map(key_need));
        Ok(needs)
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let scope = ecs.scope_of_instance(&self.request.instance_id, scope).await?;
        let disk_id = ecs.replace_system_disk(&self.request, self.token.as_ref(), permit, &scope).await?;
        Ok(json!({ "DiskId": disk_id }))
    }
}

pub(crate) struct ReInitDisk(String);

impl EcsCall for ReInitDisk {
    const SPEC: &'static Spec = &row(
        "ReInitDisk",
        "ecs:ReInitDisk",
        "disk/<id>",
        &[&DISK_ID, &PASSWORD, &Ignored("KeyPairName"), &Ignored("AutoStartInstance")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        PASSWORD.check(parameters)?;
        Ok(Self(DISK_ID.read(parameters)?))
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        let scope = ecs.scope_of_disk(&self.0, scope).await?;
        Ok(vec![need(Self::SPEC, &scope, &format!("disk/{}", self.0))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let scope = ecs.scope_of_disk(&self.0, scope).await?;
        ecs.reinit_disk(&self.0, permit, &scope).await?;
        Ok(Value::Null)
    }
}
