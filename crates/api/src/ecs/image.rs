//! An image as the API shows it. Source: ecs-images.md 4.

use ::ecs::{DescribedImage, ImageDiskRecord};
use serde_json::{Value, json};

use super::parameters::written;

const GIB: u64 = 1 << 30;

/// The object of DescribeImages. The vendor shows no key in it; ours stands in `Reseal`, which SDKs ignore.
pub(super) fn image(described: &DescribedImage) -> Value {
    let DescribedImage { image, disks, tags, is_own, is_shared, is_used } = described;
    let tags: Vec<Value> = tags.iter().map(|tag| json!({ "TagKey": tag.key, "TagValue": tag.value })).collect();
    let mappings: Vec<Value> = disks.iter().map(|disk| mapping(disk, image.progress, image.remain_s)).collect();
    let system_gib = disks.first().map_or(0, |disk| gib(disk.snapshot.content.virtual_bytes));
    json!({
        "ImageId": image.id,
        "ImageName": image.name,
        "Description": image.description,
        "ImageFamily": image.family,
        "ImageVersion": image.version,
        "Status": image.status,
        "Progress": format!("{}%", image.progress),
        "Size": system_gib,
        "CreationTime": written(image.created_at),
        "ImageOwnerAlias": if *is_own { "self" } else { "others" },
        "ImageOwnerId": image.scope.account.as_str().parse::<u64>().unwrap_or(0),
        "IsCopied": image.is_copied,
        "IsSubscribed": false,
        "IsPublic": false,
        "IsSelfShared": if *is_own && *is_shared { "True" } else { "False" },
        "Usable": image.status == "Available",
        "IsSupportCloudinit": false,
        "IsSupportIoOptimized": true,
        "LoginAsNonRootSupported": false,
        "Usage": if *is_used { "instance" } else { "none" },
        "OSType": image.os_type,
        "OSName": image.os_name,
        "OSNameEn": image.os_name,
        "Platform": image.platform,
        "Architecture": image.architecture,
        "BootMode": image.boot_mode,
        "LicenseType": image.license_type,
        // Who sells the system: nobody, for an image of one's own.
        "SupplierName": "",
        "Features": {
            "NvmeSupport": image.nvme_support,
            "ImdsSupport": image.imds_support,
            "CpuOnlineUpgrade": "unsupported",
            "CpuOnlineDowngrade": "unsupported",
            "MemoryOnlineUpgrade": "unsupported",
            "MemoryOnlineDowngrade": "unsupported",
        },
        "SecureBootOptions": { "SecureBootSupport": false },
        // Nothing looks into the system of an image.
        "DetectionOptions": { "Status": "", "Items": { "Item": [] } },
        "ProductCode": "",
        "ResourceGroupId": "",
        "Tags": { "Tag": tags },
        "DiskDeviceMappings": { "DiskDeviceMapping": mappings },
        // What an owner did with an image is not told to whom it is shared with.
        "Reseal": if *is_own { extension(described) } else { json!({}) },
    })
}

/// The object of DescribeImageFromFamily: it has no `Encrypted`.
pub(super) fn image_without_encryption(described: &DescribedImage) -> Value {
    let mut shown = image(described);
    for mapping in shown["DiskDeviceMappings"]["DiskDeviceMapping"].as_array_mut().into_iter().flatten() {
        if let Some(mapping) = mapping.as_object_mut() {
            mapping.remove("Encrypted");
        }
    }
    shown
}

fn mapping(disk: &ImageDiskRecord, progress: u32, remain_s: Option<u32>) -> Value {
    let content = &disk.snapshot.content;
    json!({
        "Device": disk.device,
        "Type": if disk.position == 0 { "system" } else { "data" },
        "Size": gib(content.virtual_bytes).to_string(),
        "SnapshotId": disk.snapshot.id,
        "Encrypted": content.key_id.is_some(),
        "Format": content.format.to_uppercase(),
        "ImportOSSBucket": disk.import_bucket,
        "ImportOSSObject": disk.import_object,
        "Progress": format!("{progress}%"),
        "RemainTime": remain_s.unwrap_or(0),
    })
}

/// What the vendor does not tell: where the image comes from, why it failed, and the key of each disk.
fn extension(described: &DescribedImage) -> Value {
    let image = &described.image;
    let disks: Vec<Value> = described.disks.iter().map(disk_extension).collect();
    json!({
        "SourceImageId": image.source_image_id,
        "SourceRegionId": image.source_region,
        "Failure": image.failure,
        "Encrypted": described.is_encrypted(),
        "Disks": { "Disk": disks },
    })
}

fn disk_extension(disk: &ImageDiskRecord) -> Value {
    let content = &disk.snapshot.content;
    let text = |id: Option<String>| id.unwrap_or_default();
    json!({
        "Device": disk.device,
        "VirtualBytes": content.virtual_bytes,
        "KMSKeyId": text(content.key_id.map(|id| id.to_string())),
        "KMSKeyVersionId": text(content.key_version_id.map(|id| id.to_string())),
        "Mode": content.mode,
        "BlobId": text(content.blob_id.clone()),
        "VerifiedTime": text(content.verified_at.map(written)),
    })
}

fn gib(bytes: u64) -> u64 {
    bytes.div_ceil(GIB)
}
