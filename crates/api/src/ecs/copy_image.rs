//! `CopyImage`. Source: ecs-images.md 2.

use std::sync::Arc;

use ::ecs::{Check, Ecs, EcsError};
use kms::{KeyFacts, Scope, key_arn};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::parameters::{CLIENT_TOKEN, DRY_RUN, IMAGE_ID, NAME, REGION_ID, TAG, tags};
use crate::action::Spec;
use crate::errors::{self, ErrorRow, Refusal};
use crate::parameters::{Flag, Ignored, Name, OneOf, Optional, Parameters, Refused, Text};
use crate::services::Need;

const DESTINATION_REGION_ID: Optional<Name> =
    Optional::new("DestinationRegionId", Name { length: (1, 64), also: "-" }).or(&errors::ECS_DESTINATION_REGION);
const DESTINATION_IMAGE_NAME: Optional<Text> = Optional::new("DestinationImageName", NAME);
const DESTINATION_DESCRIPTION: Optional<Text> = Optional::new("DestinationDescription", NAME);
const ENCRYPTED: Optional<Flag> = Optional::new("Encrypted", Flag);
const KMS_KEY_ID: Optional<Text> = Optional::new("KMSKeyId", Text { length: (1, 512) });
/// Ours: whether the data is encrypted anew under the key, or only its data key wrapped anew.
const REKEY_MODE: Optional<OneOf> = Optional::new("RekeyMode", OneOf(&["Reencrypt", "Rewrap"]));
const ENCRYPT_ALGORITHM: Refused = Refused { name: "EncryptAlgorithm", row: &errors::ECS_ENCRYPT_ALGORITHM };

/// What a caller needs on a key that it names. ECS itself uses the key through its role.
pub(super) const KEY_RIGHT: &str = "kms:GenerateDataKey";

pub(crate) struct CopyImage {
    request: ::ecs::CopyImage,
    token: Option<String>,
}

impl EcsCall for CopyImage {
    const SPEC: &'static Spec = &row(
        "CopyImage",
        "ecs:CopyImage",
        "image/<id> and image/* of the destination; kms:GenerateDataKey on the key that is named",
        &[
            &REGION_ID,
            &IMAGE_ID,
            &DESTINATION_REGION_ID,
            &DESTINATION_IMAGE_NAME,
            &DESTINATION_DESCRIPTION,
            &ENCRYPTED,
            &KMS_KEY_ID,
            &REKEY_MODE,
            &TAG,
            &CLIENT_TOKEN,
            &DRY_RUN,
            &ENCRYPT_ALGORITHM,
            &Ignored("ResourceGroupId"),
        ],
    );

    const REGION: &'static ErrorRow = &errors::ECS_SOURCE_REGION;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        ENCRYPT_ALGORITHM.check(parameters)?;
        let request = ::ecs::CopyImage {
            image_id: IMAGE_ID.read(parameters)?,
            destination_region: DESTINATION_REGION_ID.read(parameters)?.unwrap_or_default(),
            name: DESTINATION_IMAGE_NAME.read(parameters)?.unwrap_or_default(),
            description: DESTINATION_DESCRIPTION.read(parameters)?.unwrap_or_default(),
            encrypted: ENCRYPTED.read(parameters)? == Some(true),
            key: KMS_KEY_ID.read(parameters)?,
            rewrap: REKEY_MODE.read(parameters)? == Some("Rewrap"),
            tags: tags(parameters)?,
        };
        Ok(Self { request, token: CLIENT_TOKEN.read(parameters)? })
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        let destination = ecs.destination(&self.request, scope)?;
        let source = need(Self::SPEC, scope, &format!("image/{}", self.request.image_id));
        let mut needs = vec![source, need(Self::SPEC, &destination, "image/*")];
        needs.extend(ecs.key_of_copy(&self.request, scope).await?.map(key_need));
        Ok(needs)
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let image_id = ecs.copy_image(&self.request, self.token.as_deref(), permit, scope).await?;
        Ok(json!({ "ImageId": image_id }))
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        ecs.check_copy(&self.request, permit, scope).await
    }
}

fn key_need(facts: Arc<KeyFacts>) -> Need {
    Need { action: KEY_RIGHT, resource: key_arn(&facts.key), key: Some(facts), conditions: Vec::new() }
}
