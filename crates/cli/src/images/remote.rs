//! Images at a server.

use anyhow::{Context, Result, bail};
use api::Product;
use ecs::{
    CopyImage, ExportImage, ImageFilter, ImportDisk, ImportImage, ImportSource, ShareImage, VerifiedDisk, Watch,
};
use serde::Deserialize;
use serde_json::Value;

use super::{DiskView, ImageView, Images};
use crate::remote::Remote;

/// The region of calls where neither the command nor the profile names one: that of an installation's first account.
const REGION: &str = "cn-hangzhou";

/// The images of one caller at one server.
pub(crate) struct RemoteImages {
    pub(crate) remote: Remote,
    pub(crate) region: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    image_id: String,
    image_name: String,
    description: String,
    status: String,
    progress: String,
    creation_time: String,
    #[serde(rename = "OSType")]
    os_type: String,
    architecture: String,
    boot_mode: String,
    disk_device_mappings: Mappings,
    reseal: Extension,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mappings {
    disk_device_mapping: Vec<Mapping>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mapping {
    device: String,
    r#type: String,
    snapshot_id: String,
    format: String,
}

/// What the vendor's API does not tell.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Extension {
    source_image_id: String,
    source_region_id: String,
    failure: String,
    encrypted: bool,
    disks: Disks,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Disks {
    disk: Vec<Disk>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Disk {
    virtual_bytes: u64,
    #[serde(rename = "KMSKeyId")]
    key_id: String,
    #[serde(rename = "KMSKeyVersionId")]
    key_version_id: String,
    mode: String,
    verified_time: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Made {
    image_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Region {
    region_id: String,
}

impl RemoteImages {
    pub(crate) fn new(remote: Remote, region: Option<String>) -> Self {
        let region = region.or_else(|| remote.region().map(str::to_owned)).unwrap_or_else(|| REGION.to_owned());
        Self { remote, region }
    }

    pub(crate) fn call(&self, action: &'static str, parameters: &[(&str, &str)]) -> Result<api::client::Answer> {
        let parameters = [&[("RegionId", self.region.as_str())], parameters].concat();
        Ok(self.remote.call_product(Product::Ecs, action, &parameters)?)
    }

    fn make(&self, action: &'static str, parameters: &[(&str, &str)]) -> Result<String> {
        Ok(self.call(action, parameters)?.read::<Made>()?.image_id)
    }
}

impl Images for RemoteImages {
    fn region(&self) -> &str {
        &self.region
    }

    fn source(&self, file: &str, quiet: bool) -> Result<ImportDisk> {
        let object = file.split_once('/').filter(|(bucket, object)| !bucket.is_empty() && !object.is_empty());
        match object {
            Some((bucket, object)) if !std::path::Path::new(file).exists() => {
                let (bucket, object) = (bucket.to_owned(), object.to_owned());
                Ok(ImportDisk::of(ImportSource::Object { bucket, object }))
            }
            _ => Ok(ImportDisk::of(ImportSource::Upload(self.send(file, quiet)?))),
        }
    }

    fn list(&self, filter: &ImageFilter, region: &str) -> Result<Vec<ImageView>> {
        let status = if filter.statuses.is_empty() { "ALL" } else { &filter.statuses };
        let mut parameters = vec![("RegionId", region), ("Status", status)];
        parameters.extend(given("ImageId", &filter.ids));
        parameters.extend(given("ImageName", &filter.name_part));
        let found: Vec<Image> =
            self.remote.list_product(Product::Ecs, "DescribeImages", &parameters, ("Images", "Image"))?;
        Ok(found.into_iter().map(|image| image.into_view(region)).collect())
    }

    fn import(&self, new: &ImportImage) -> Result<String> {
        let mut owned = Vec::new();
        for (number, disk) in (1..).zip(&new.disks) {
            let mut add = |field: &str, value: &str| {
                owned.push((format!("DiskDeviceMapping.{number}.{field}"), value.to_owned()));
            };
            match &disk.source {
                ImportSource::Object { bucket, object } => {
                    add("OSSBucket", bucket);
                    add("OSSObject", object);
                }
                ImportSource::Upload(id) => add("UploadId", id),
                ImportSource::File(path) => bail!("{} is not at the server", path.display()),
            }
            if let Some(format) = disk.format {
                add("Format", &format.name().to_uppercase());
            }
        }
        let mut parameters: Vec<(&str, &str)> =
            owned.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        parameters.extend(given("ImageName", &new.image.name));
        parameters.extend(given("Description", &new.image.description));
        parameters.extend(given("Architecture", &new.image.attributes.architecture));
        self.make("ImportImage", &parameters)
    }

    fn copy(&self, copy: &CopyImage) -> Result<String> {
        let mut of_disks = Vec::new();
        for (number, disk) in (1..).zip(&copy.disks) {
            let mut add = |field: &str, value: &str| {
                of_disks.push((format!("DiskDeviceMapping.{number}.{field}"), value.to_owned()));
            };
            add("Device", &disk.device);
            add("Encrypted", truth(disk.encrypted));
            if let Some(key) = &disk.key {
                add("KMSKeyId", key);
            }
        }
        let mut parameters = vec![("ImageId", copy.image_id.as_str()), ("Encrypted", truth(copy.encrypted))];
        parameters.extend(given("DestinationRegionId", &copy.destination_region));
        parameters.extend(given("DestinationImageName", &copy.name));
        parameters.extend(given("DestinationDescription", &copy.description));
        parameters.extend(copy.key.as_deref().map(|key| ("KMSKeyId", key)));
        parameters.extend(of_disks.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        parameters.extend(copy.rewrap.then_some(("RekeyMode", "Rewrap")));
        self.make("CopyImage", &parameters)
    }

    fn work_on(&self, _: &str) {
        // The server works by itself.
    }

    fn export(&self, export: &ExportImage) -> Result<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Begun {
            task_id: String,
        }
        let mut parameters = vec![("ImageId", export.image_id.as_str()), ("OSSBucket", &export.bucket)];
        parameters.push(("ImageFormat", &export.format));
        parameters.extend(given("OSSPrefix", &export.prefix));
        Ok(self.call("ExportImage", &parameters)?.read::<Begun>()?.task_id)
    }

    fn share(&self, share: &ShareImage) -> Result<()> {
        let numbered = |name: &str, accounts: &[String]| {
            (1..).zip(accounts).map(|(n, account)| (format!("{name}.{n}"), account.clone())).collect::<Vec<_>>()
        };
        let accounts = [numbered("AddAccount", &share.add), numbered("RemoveAccount", &share.remove)].concat();
        let mut parameters = vec![("ImageId", share.image_id.as_str())];
        parameters.extend(accounts.iter().map(|(name, account)| (name.as_str(), account.as_str())));
        self.call("ModifyImageSharePermission", &parameters).map(drop)
    }

    fn cancel_copy(&self, image_id: &str) -> Result<()> {
        self.call("CancelCopyImage", &[("ImageId", image_id)]).map(drop)
    }

    fn delete(&self, image_id: &str) -> Result<()> {
        self.call("DeleteImage", &[("ImageId", image_id)]).map(drop)
    }

    fn verify(&self, image_id: &str, _: &Watch) -> Result<Vec<VerifiedDisk>> {
        bail!(
            "the bytes of image {image_id} lie at the server; stop it and run `reseal image verify` on its host, with its data directory"
        )
    }

    fn regions(&self) -> Result<Vec<String>> {
        let mut answer: Value = self.remote.call_product(Product::Ecs, "DescribeRegions", &[])?.read()?;
        let regions: Vec<Region> = serde_json::from_value(answer["Regions"]["Region"].take())
            .context("the answer to DescribeRegions is not that of this API")?;
        Ok(regions.into_iter().map(|region| region.region_id).collect())
    }
}

impl Image {
    fn into_view(self, region: &str) -> ImageView {
        let disks = self.disk_device_mappings.disk_device_mapping.into_iter().zip(self.reseal.disks.disk);
        ImageView {
            image_id: self.image_id,
            name: self.image_name,
            description: self.description,
            region: region.to_owned(),
            status: self.status,
            progress: self.progress.trim_end_matches('%').parse().unwrap_or(0),
            encrypted: self.reseal.encrypted,
            creation_time: self.creation_time,
            os_type: self.os_type,
            architecture: self.architecture,
            boot_mode: self.boot_mode,
            source_image_id: self.reseal.source_image_id,
            source_region: self.reseal.source_region_id,
            failure: self.reseal.failure,
            disks: disks.map(|(mapping, disk)| disk.into_view(mapping)).collect(),
        }
    }
}

impl Disk {
    fn into_view(self, mapping: Mapping) -> DiskView {
        DiskView {
            device: mapping.device,
            kind: mapping.r#type,
            virtual_bytes: self.virtual_bytes,
            format: mapping.format.to_lowercase(),
            snapshot_id: mapping.snapshot_id,
            key_id: self.key_id,
            key_version_id: self.key_version_id,
            mode: self.mode,
            verified_time: self.verified_time,
        }
    }
}

fn truth(is_so: bool) -> &'static str {
    if is_so { "true" } else { "false" }
}

/// A parameter, if there is a value for it.
pub(crate) fn given<'a>(name: &'a str, value: &'a str) -> Option<(&'a str, &'a str)> {
    (!value.is_empty()).then_some((name, value))
}
