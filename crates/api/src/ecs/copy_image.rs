//! `CopyImage`. Source: ecs-images.md 2.

use std::sync::Arc;

use ::ecs::{CallToken, Check, DiskKey, Ecs, EcsError};
use kms::{KeyFacts, Scope, key_arn};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::client_token::client_token;
use super::parameters::{CLIENT_TOKEN, DRY_RUN, IMAGE_ID, NAME, REGION_ID, TAG, tags};
use crate::action::Spec;
use crate::errors::{self, ErrorRow, Refusal};
use crate::parameters::{
    Flag, Ignored, Kind, Name, NumberedRecord, OneOf, Optional, Parameters, Records, Refused, Text,
};
use crate::services::Need;

const DESTINATION_REGION_ID: Optional<Name> =
    Optional::new("DestinationRegionId", Name { length: (1, 64), also: "-" }).or(&errors::ECS_DESTINATION_REGION);
const DESTINATION_IMAGE_NAME: Optional<Text> = Optional::new("DestinationImageName", NAME);
const DESTINATION_DESCRIPTION: Optional<Text> = Optional::new("DestinationDescription", NAME);
const ENCRYPTED: Optional<Flag> = Optional::new("Encrypted", Flag);
const KMS_KEY_ID: Optional<Text> = Optional::new("KMSKeyId", KEY);
const KEY: Text = Text { length: (1, 512) };
const DEVICE: Text = Text { length: (1, 64) };
/// Ours: disks with a key of their own.
const DISK: Records =
    Records { name: "DiskDeviceMapping", fields: &["Device", "Encrypted", "KMSKeyId"], items_max: 17 };
/// Ours: whether the data is encrypted anew under the key, or only its data key wrapped anew.
const REKEY_MODE: Optional<OneOf> = Optional::new("RekeyMode", OneOf(&["Reencrypt", "Rewrap"]));
const ENCRYPT_ALGORITHM: Refused = Refused { name: "EncryptAlgorithm", row: &errors::ECS_ENCRYPT_ALGORITHM };

/// What a caller needs on each key that it names. ECS itself uses the key through its role.
pub(super) const KEY_RIGHT: &str = "kms:GenerateDataKey";

pub(crate) struct CopyImage {
    request: ::ecs::CopyImage,
    token: Option<CallToken>,
}

impl EcsCall for CopyImage {
    const SPEC: &'static Spec = &row(
        "CopyImage",
        "ecs:CopyImage",
        "image/<id> and image/* of the destination; kms:GenerateDataKey on the keys that are named",
        &[
            &REGION_ID,
            &IMAGE_ID,
            &DESTINATION_REGION_ID,
            &DESTINATION_IMAGE_NAME,
            &DESTINATION_DESCRIPTION,
            &ENCRYPTED,
            &KMS_KEY_ID,
            &DISK,
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
        let disks = DISK.read(parameters)?;
        let request = ::ecs::CopyImage {
            image_id: IMAGE_ID.read(parameters)?,
            destination_region: DESTINATION_REGION_ID.read(parameters)?.unwrap_or_default(),
            name: DESTINATION_IMAGE_NAME.read(parameters)?.unwrap_or_default(),
            description: DESTINATION_DESCRIPTION.read(parameters)?.unwrap_or_default(),
            encrypted: ENCRYPTED.read(parameters)? == Some(true),
            key: KMS_KEY_ID.read(parameters)?,
            disks: disks.iter().map(|record| disk(record, parameters)).collect::<Result<_, _>>()?,
            rewrap: REKEY_MODE.read(parameters)? == Some("Rewrap"),
            tags: tags(parameters)?,
        };
        Ok(Self { request, token: client_token(parameters)? })
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        let destination = ecs.destination(&self.request, scope)?;
        let source = need(Self::SPEC, scope, &format!("image/{}", self.request.image_id));
        let mut needs = vec![source, need(Self::SPEC, &destination, "image/*")];
        needs.extend(ecs.keys_of_copy(&self.request, scope).await?.into_iter().map(key_need));
        Ok(needs)
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let image_id = ecs.copy_image(&self.request, self.token.as_ref(), permit, scope).await?;
        Ok(json!({ "ImageId": image_id }))
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        ecs.check_copy(&self.request, permit, scope).await
    }
}

fn disk(record: &NumberedRecord, parameters: &Parameters) -> Result<DiskKey, Refusal> {
    let text = |field, kind: Text| {
        let read = |text| kind.read(text).ok_or_else(|| DISK.invalid(parameters, record.number, field));
        record.text(field).map(read).transpose()
    };
    let device = text("Device", DEVICE)?;
    Ok(DiskKey {
        device: device.ok_or_else(|| DISK.missing(parameters, record.number, "Device"))?,
        encrypted: DISK.flag(parameters, record, "Encrypted")? == Some(true),
        key: text("KMSKeyId", KEY)?,
    })
}

fn key_need(facts: Arc<KeyFacts>) -> Need {
    Need { action: KEY_RIGHT, resource: key_arn(&facts.key), key: Some(facts), conditions: Vec::new() }
}
