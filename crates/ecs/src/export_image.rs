//! `ExportImage`: from a plain image to files in a bucket that the operator configured. Source: ecs-images.md 5.

use catalog::{ImageDiskRecord, ImageRecord, NewJob, Scope, Write};
use engine::TargetFormat;
use ram::{Action, Permit};

use crate::arn::require;
use crate::config::Bucket;
use crate::ecs::Ecs;
use crate::error::{EcsError, ImportError, Result};
use crate::jobs::spec::{self, ExportSpec, ExportedDisk};

const EXPORT_IMAGE: Action = Action::new("ecs:ExportImage");

/// Characters of a prefix.
const PREFIX_CHARS: std::ops::RangeInclusive<usize> = 1..=30;

/// What is to be written where.
#[derive(Debug, Clone, Default)]
pub struct ExportImage {
    /// The image.
    pub image_id: String,
    /// The bucket.
    pub bucket: String,
    /// What the names of the files begin with; empty: nothing.
    pub prefix: String,
    /// `raw`, `qcow2` or `vhd`.
    pub format: String,
}

impl Ecs {
    /// Begins an export. Returns its task.
    ///
    /// Asks for `ecs:ExportImage` on the image. Errors: `ImageNotFound`, `ImageStatus`, `EncryptedExport`, `ExportFormat`,
    /// `ExportPrefix`, `BucketNotFound`, `BeingExported`.
    pub async fn export_image(&self, request: &ExportImage, permit: &Permit, scope: &Scope) -> Result<String> {
        require(permit, EXPORT_IMAGE, scope, &format!("image/{}", request.image_id))?;
        let task_id = self.new_id("t");
        let mut write = self.catalog.write().await?;
        let done = async {
            let spec = self.export_spec(&mut write, request, scope).await?;
            let job = NewJob {
                id: task_id.clone(),
                scope: scope.clone(),
                action: spec::EXPORT_IMAGE.to_owned(),
                image_id: request.image_id.clone(),
                place: self.place_of_export(&spec)?,
                spec: spec.to_json()?,
                created_at: self.now(),
            };
            write.job_insert(&job).await?;
            Ok(task_id)
        };
        let done = done.await;
        let done = write.finish(done).await;
        self.board.wake();
        done
    }

    /// Runs every check and changes nothing.
    ///
    /// Errors: as [`Ecs::export_image`].
    pub async fn check_export_image(&self, request: &ExportImage, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, EXPORT_IMAGE, scope, &format!("image/{}", request.image_id))?;
        let mut write = self.catalog.write().await?;
        let done = self.export_spec(&mut write, request, scope).await.map(drop);
        write.finish(done).await
    }

    async fn export_spec(&self, write: &mut Write, request: &ExportImage, scope: &Scope) -> Result<ExportSpec> {
        let mut read = write.read();
        let found = read.image_by_id(&request.image_id).await?.filter(|image| image.scope == *scope);
        let not_found = || EcsError::ImageNotFound { id: request.image_id.clone(), region: scope.region.clone() };
        let image = found.ok_or_else(not_found)?;
        if image.status != "Available" {
            return Err(EcsError::ImageStatus { id: image.id, status: image.status, wanted: "Available" });
        }
        let disks = read.image_disks(&image.id).await?;
        if disks.iter().any(|disk| disk.snapshot.content.key_id.is_some()) {
            return Err(EcsError::EncryptedExport { id: image.id });
        }
        let format = export_format(&request.format)?;
        check_prefix(&request.prefix)?;
        self.export_bucket(&request.bucket)?;
        if read.image_is_exported(&image.id).await? {
            return Err(EcsError::BeingExported { id: image.id });
        }
        let exported = disks.iter().map(|disk| exported_disk(&image, disk, &request.prefix, format));
        Ok(ExportSpec { bucket: request.bucket.clone(), disks: exported.collect(), format: format.to_owned() })
    }

    /// Where an export can be made: a directory is one of this machine.
    fn place_of_export(&self, spec: &ExportSpec) -> Result<String> {
        Ok(match self.export_bucket(&spec.bucket)? {
            Bucket::Directory(_) => self.config.server_name.clone(),
            Bucket::S3(_) => String::new(),
        })
    }

    /// A bucket that images may be written to.
    ///
    /// Errors: `BucketNotFound`.
    pub(crate) fn export_bucket(&self, bucket: &str) -> Result<&Bucket> {
        let found = self.config.export_buckets.get(bucket);
        Ok(found.ok_or_else(|| ImportError::BucketNotFound(bucket.to_owned()))?)
    }
}

/// `<prefix><image>_<device>.<format>`: the device is the last part of its name.
fn exported_disk(image: &ImageRecord, disk: &ImageDiskRecord, prefix: &str, format: &str) -> ExportedDisk {
    let device = disk.device.rsplit('/').next().unwrap_or_default();
    let device: String = device.chars().filter(char::is_ascii_alphanumeric).collect();
    let object = format!("{prefix}{}_{device}.{format}", image.id);
    ExportedDisk { snapshot: disk.snapshot.id.clone(), object }
}

/// The API's word for a format that can be written.
///
/// Errors: `ExportFormat`.
fn export_format(text: &str) -> Result<&'static str> {
    match text.to_lowercase().as_str() {
        "raw" => Ok("raw"),
        "qcow2" => Ok("qcow2"),
        "vhd" => Ok("vhd"),
        other => Err(EcsError::ExportFormat(other.escape_default().to_string())),
    }
}

/// The engine's word for one of [`export_format`].
pub(crate) fn target_format(format: &str) -> Result<TargetFormat> {
    match format {
        "raw" => Ok(TargetFormat::Raw),
        "qcow2" => Ok(TargetFormat::Qcow2),
        "vhd" => Ok(TargetFormat::Vhd),
        other => Err(EcsError::Damaged(format!("the format {other} of a job"))),
    }
}

fn check_prefix(prefix: &str) -> Result<()> {
    let fits = PREFIX_CHARS.contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if prefix.is_empty() || fits { Ok(()) } else { Err(EcsError::ExportPrefix(prefix.escape_default().to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Formats and prefixes that can be written, and those that cannot.
    #[test]
    fn names_of_files_are_plain() {
        for (format, wanted) in [("RAW", Some("raw")), ("vhd", Some("vhd")), ("QCOW2", Some("qcow2")), ("vdi", None)] {
            assert_eq!(export_format(format).ok(), wanted, "{format}");
            assert_eq!(wanted.is_some(), target_format(&format.to_lowercase()).is_ok());
        }
        for (prefix, good) in
            [("", true), ("nightly1", true), ("../x", false), ("a-b", false), (&"a".repeat(31), false)]
        {
            assert_eq!(check_prefix(prefix).is_ok(), good, "{prefix}");
        }
    }
}
