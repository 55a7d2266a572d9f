//! `CreateImage` from an instance or from snapshots. Source: ecs-images.md 5.

use ::ecs::{CallToken, Check, Ecs, EcsError, ImageAttributes, NewImage, NewImageDisk};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::client_token::client_token;
use super::parameters::{CLIENT_TOKEN, DRY_RUN, IMDS_SUPPORT, NAME, REGION_ID, TAG, tags};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Ignored, Name, NumberedRecord, OneOf, Optional, Parameters, Records, Text};
use crate::services::Need;

const INSTANCE_ID: Optional<Name> = Optional::new("InstanceId", Name { length: (1, 64), also: "-" });
const DISK: Records =
    Records { name: "DiskDeviceMapping", fields: &["Device", "DiskType", "Size", "SnapshotId"], items_max: 17 };
const SNAPSHOT_ID: Optional<Name> = Optional::new("SnapshotId", Name { length: (1, 64), also: "-" });
const IMAGE_NAME: Optional<Text> = Optional::new("ImageName", NAME);
const DESCRIPTION: Optional<Text> = Optional::new("Description", NAME);
const IMAGE_FAMILY: Optional<Text> = Optional::new("ImageFamily", NAME);
const IMAGE_VERSION: Optional<Text> = Optional::new("ImageVersion", Text { length: (0, 128) });
const PLATFORM: Optional<Text> = Optional::new("Platform", Text { length: (1, 64) });
const ARCHITECTURE: Optional<OneOf> = Optional::new("Architecture", OneOf(&["i386", "x86_64", "arm64"]));
const BOOT_MODE: Optional<OneOf> = Optional::new("BootMode", OneOf(&["BIOS", "UEFI", "UEFI-Preferred"]));

pub(crate) struct CreateImage {
    request: ::ecs::CreateImage,
    token: Option<CallToken>,
}

impl EcsCall for CreateImage {
    const SPEC: &'static Spec = &row(
        "CreateImage",
        "ecs:CreateImage",
        "image/* and instance/<id> or snapshot/<id>",
        &[
            &REGION_ID,
            &INSTANCE_ID,
            &DISK,
            &SNAPSHOT_ID,
            &IMAGE_NAME,
            &DESCRIPTION,
            &IMAGE_FAMILY,
            &IMAGE_VERSION,
            &PLATFORM,
            &ARCHITECTURE,
            &BOOT_MODE,
            &TAG,
            &CLIENT_TOKEN,
            &DRY_RUN,
            &Ignored("ResourceGroupId"),
            &IMDS_SUPPORT,
            &Ignored("DetectionStrategy"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        // It counts before what else is given.
        let instance_id = INSTANCE_ID.read(parameters)?.unwrap_or_default();
        let architecture = ARCHITECTURE.read(parameters)?.unwrap_or("x86_64");
        // What arm64 machines boot from; others begin with a BIOS.
        let boot_mode = if architecture == "arm64" { "UEFI" } else { "BIOS" };
        let platform = PLATFORM.read(parameters)?.unwrap_or_else(|| "Others Linux".to_owned());
        let request = ::ecs::CreateImage {
            disks: if instance_id.is_empty() { disks(parameters)? } else { Vec::new() },
            instance_id,
            image: NewImage {
                name: IMAGE_NAME.read(parameters)?.unwrap_or_default(),
                description: DESCRIPTION.read(parameters)?.unwrap_or_default(),
                family: IMAGE_FAMILY.read(parameters)?.unwrap_or_default(),
                version: IMAGE_VERSION.read(parameters)?.unwrap_or_default(),
                attributes: ImageAttributes {
                    os_type: if platform.contains("Windows") { "windows" } else { "linux" }.to_owned(),
                    platform,
                    architecture: architecture.to_owned(),
                    boot_mode: BOOT_MODE.read(parameters)?.unwrap_or(boot_mode).to_owned(),
                    imds_support: IMDS_SUPPORT.read(parameters)?.unwrap_or_default().to_owned(),
                    ..ImageAttributes::default()
                },
                tags: tags(parameters)?,
            },
        };
        Ok(Self { request, token: client_token(parameters)? })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        let instance = Some(&self.request.instance_id).filter(|id| !id.is_empty()).map(|id| format!("instance/{id}"));
        let snapshots = self.request.disks.iter().map(|disk| format!("snapshot/{}", disk.snapshot_id));
        let resources = std::iter::once("image/*".to_owned()).chain(instance).chain(snapshots);
        Ok(resources.map(|resource| need(Self::SPEC, scope, &resource)).collect())
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let image_id = ecs.create_image(&self.request, self.token.as_ref(), permit, scope).await?;
        Ok(json!({ "ImageId": image_id }))
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        ecs.check_create_image(&self.request, permit, scope).await?;
        Ok(Vec::new())
    }
}

/// The disks that are listed, before the one snapshot.
fn disks(parameters: &Parameters) -> Result<Vec<NewImageDisk>, Refusal> {
    let records = DISK.read(parameters)?;
    if !records.is_empty() {
        return records.iter().map(|record| disk(record, parameters)).collect();
    }
    let snapshot_id = SNAPSHOT_ID.read(parameters)?;
    let snapshot_id = snapshot_id.ok_or_else(|| Refusal::new(&errors::MISSING_PARAMETER, &["SnapshotId"]))?;
    Ok(vec![NewImageDisk { snapshot_id, ..NewImageDisk::default() }])
}

fn disk(record: &NumberedRecord, parameters: &Parameters) -> Result<NewImageDisk, Refusal> {
    let invalid = |field| DISK.invalid(parameters, record.number, field);
    let snapshot_id = record.text("SnapshotId").ok_or_else(|| DISK.missing(parameters, record.number, "SnapshotId"))?;
    let is_id = snapshot_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_system = match record.text("DiskType") {
        None => None,
        Some("system") => Some(true),
        Some("data") => Some(false),
        Some(_) => return Err(invalid("DiskType")),
    };
    let size_gib = record.text("Size").map(|text| text.parse().map_err(|_| invalid("Size"))).transpose()?;
    Ok(NewImageDisk {
        snapshot_id: Some(snapshot_id).filter(|_| is_id).ok_or_else(|| invalid("SnapshotId"))?.to_owned(),
        device: record.text("Device").unwrap_or_default().to_owned(),
        is_system,
        size_gib,
    })
}
