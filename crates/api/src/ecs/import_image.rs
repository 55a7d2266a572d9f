//! `ImportImage`. Source: ecs-images.md 5.

use ::ecs::{CallToken, Check, Ecs, EcsError, ImageAttributes, ImportDisk, ImportSource, NewImage, SourceFormat};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::client_token::client_token;
use super::parameters::{CLIENT_TOKEN, DRY_RUN, IMDS_SUPPORT, LICENSE_TYPE, NAME, NVME_SUPPORT, REGION_ID, TAG, tags};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Ignored, Name, NumberedRecord, OneOf, Optional, Parameters, Records, Text};
use crate::services::Need;

const DISK: Records = Records {
    name: "DiskDeviceMapping",
    fields: &["OSSBucket", "OSSObject", "UploadId", "Format", "DiskImageSize", "DiskImSize", "Device"],
    items_max: 17,
};
const IMAGE_NAME: Optional<Text> = Optional::new("ImageName", NAME);
const DESCRIPTION: Optional<Text> = Optional::new("Description", NAME);
const ARCHITECTURE: Optional<OneOf> =
    Optional::new("Architecture", OneOf(&["i386", "x86_64", "arm64"])).or(&errors::ECS_IMPORT_ARCHITECTURE);
const OS_TYPE: Optional<OneOf> = Optional::new("OSType", OneOf(&["linux", "windows"])).or(&errors::ECS_IMPORT_OS_TYPE);
/// The vendor's list grows with the systems; what cannot be the name of one is refused.
const PLATFORM: Optional<Name> =
    Optional::new("Platform", Name { length: (0, 64), also: " ._-()" }).or(&errors::ECS_IMPORT_PLATFORM);
const BOOT_MODE: Optional<OneOf> = Optional::new("BootMode", OneOf(&["BIOS", "UEFI", "UEFI-Preferred"]));

/// Sizes of a disk, in GiB. Source: ecs-images.md 5.
const SIZE_GIB: std::ops::RangeInclusive<u64> = 1..=2048;

pub(crate) struct ImportImage {
    request: ::ecs::ImportImage,
    token: Option<CallToken>,
}

impl EcsCall for ImportImage {
    const SPEC: &'static Spec = &row(
        "ImportImage",
        "ecs:ImportImage",
        "image/*",
        &[
            &REGION_ID,
            &DISK,
            &IMAGE_NAME,
            &DESCRIPTION,
            &ARCHITECTURE,
            &OS_TYPE,
            &PLATFORM,
            &BOOT_MODE,
            &TAG,
            &CLIENT_TOKEN,
            &DRY_RUN,
            &LICENSE_TYPE,
            &NVME_SUPPORT,
            &IMDS_SUPPORT,
            &Ignored("RoleName"),
            &Ignored("ResourceGroupId"),
            &Ignored("DetectionStrategy"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let records = DISK.read(parameters)?;
        if records.is_empty() {
            return Err(DISK.missing(parameters, 1, "OSSObject"));
        }
        let disks = records.iter().map(|record| disk(record, parameters)).collect::<Result<_, _>>()?;
        let assumed = ImageAttributes::of(ARCHITECTURE.read(parameters)?.unwrap_or("x86_64"));
        let request = ::ecs::ImportImage {
            disks,
            image: NewImage {
                name: IMAGE_NAME.read(parameters)?.unwrap_or_default(),
                description: DESCRIPTION.read(parameters)?.unwrap_or_default(),
                attributes: ImageAttributes {
                    os_type: OS_TYPE.read(parameters)?.map_or(assumed.os_type, str::to_owned),
                    platform: PLATFORM.read(parameters)?.unwrap_or(assumed.platform),
                    architecture: assumed.architecture,
                    boot_mode: BOOT_MODE.read(parameters)?.map_or(assumed.boot_mode, str::to_owned),
                    license_type: LICENSE_TYPE.read(parameters)?.unwrap_or_default().to_owned(),
                    nvme_support: NVME_SUPPORT.read(parameters)?.unwrap_or_default().to_owned(),
                    imds_support: IMDS_SUPPORT.read(parameters)?.unwrap_or_default().to_owned(),
                },
                tags: tags(parameters)?,
                ..NewImage::default()
            },
        };
        Ok(Self { request, token: client_token(parameters)? })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "image/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let imported = ecs.import_image(&self.request, self.token.as_ref(), permit, scope).await?;
        Ok(json!({
            "ImageId": imported.image_id,
            "RegionId": scope.region.as_str(),
            "TaskId": imported.task_id,
        }))
    }

    async fn check(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Vec<Check>, EcsError> {
        ecs.check_import_image(&self.request, permit, scope).await
    }
}

/// One file: an object, or an upload, which is ours. The size has two names: old clients write the second.
fn disk(record: &NumberedRecord, parameters: &Parameters) -> Result<ImportDisk, Refusal> {
    let needed = |field| record.text(field).ok_or_else(|| DISK.missing(parameters, record.number, field));
    let invalid = |field| DISK.invalid(parameters, record.number, field);
    let format = record.text("Format").map(|text| format(text).ok_or_else(|| invalid("Format"))).transpose()?;
    let size = record.text("DiskImageSize").or(record.text("DiskImSize"));
    let size =
        size.map(|text| text.parse().ok().filter(|gib| SIZE_GIB.contains(gib)).ok_or_else(|| invalid("DiskImageSize")));
    let source = match record.text("UploadId") {
        Some(id) => ImportSource::Upload(id.to_owned()),
        None => {
            ImportSource::Object { bucket: needed("OSSBucket")?.to_owned(), object: needed("OSSObject")?.to_owned() }
        }
    };
    Ok(ImportDisk {
        source,
        format,
        size_gib: size.transpose()?,
        device: record.text("Device").unwrap_or_default().to_owned(),
    })
}

/// The API's words are those of the formats, in capitals.
fn format(text: &str) -> Option<SourceFormat> {
    let format = text.to_lowercase().parse().ok()?;
    matches!(text.to_uppercase().as_str(), "RAW" | "VHD" | "QCOW2" | "VMDK" | "VHDX").then_some(format)
}
