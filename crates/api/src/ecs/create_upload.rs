//! `CreateUpload`. Ours: announces a file that is sent to `/uploads/<token>` and then imported.

use ::ecs::{Ecs, EcsError, NewUpload};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::parameters::{REGION_ID, written};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Integer, Name, Parameters, Required};
use crate::services::Need;

/// Bytes; how many there may be is `ecs`'s to say.
const SIZE: Required<Integer> = Required::new("Size", Integer { min: 1, max: 1 << 62 });
const SHA256: Required<Name> = Required::new("Sha256", Name { length: (64, 64), also: "" });

pub(crate) struct CreateUpload(NewUpload);

impl EcsCall for CreateUpload {
    const SPEC: &'static Spec = &row("CreateUpload", "ecs:ImportImage", "image/*", &[&REGION_ID, &SIZE, &SHA256]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let mut sha256 = [0; 32];
        let digits = SHA256.read(parameters)?;
        let invalid = |_| Refusal::new(&errors::INVALID_PARAMETER, &["Sha256"]);
        hex::decode_to_slice(digits, &mut sha256).map_err(invalid)?;
        Ok(Self(NewUpload { bytes: SIZE.read(parameters)?, sha256 }))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "image/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let created = ecs.create_upload(self.0, permit, scope).await?;
        Ok(json!({
            "UploadId": created.id,
            "Token": created.token,
            "Offset": created.offset,
            "ExpirationTime": written(created.expires_at),
        }))
    }
}
