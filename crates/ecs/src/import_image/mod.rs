//! `ImportImage`: from a file in a bucket that the operator configured to an image. Source: ecs-images.md 5.
//!
//! The file is looked at before the call is answered: what cannot be taken is refused at once, by name or offset.

mod place;

use std::path::PathBuf;

use catalog::{DiskContent, ImageDiskRecord, ImageRecord, NewJob, Scope, SnapshotRecord, Tag, Write};
use engine::{Report, SourceFormat};
use ram::{Action, Permit};

use crate::arn::require;
use crate::copy_image::insert_tags;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::jobs::spec::{ImportSpec, ImportedDisk};
use crate::names::{ImageAttributes, check_description, check_name};
use crate::tags::ResourceKind;
use crate::tokens::Token;

const IMPORT_IMAGE: Action = Action::new("ecs:ImportImage");
const GIB: u64 = 1 << 30;

/// Largest disk, in GiB. Source: ecs-images.md 5.
const DISK_GIB_MAX: u64 = 2048;

/// What is to become an image.
#[derive(Debug, Clone, Default)]
pub struct ImportImage {
    /// The files: the system disk, and up to 16 data disks.
    pub disks: Vec<ImportDisk>,
    /// Name; empty: none.
    pub name: String,
    /// Text for people; empty: none.
    pub description: String,
    /// What is known of the system.
    pub attributes: ImageAttributes,
    /// Tags.
    pub tags: Vec<Tag>,
}

/// One file.
#[derive(Debug, Clone, Default)]
pub struct ImportDisk {
    /// Its bucket.
    pub bucket: String,
    /// Its name there.
    pub object: String,
    /// The file itself, in place of the bucket. Whoever sets it may read every file that this process may: no call of the API does.
    pub file: Option<PathBuf>,
    /// What the caller says that it is; `None`: as it looks.
    pub format: Option<SourceFormat>,
    /// How large the disk is said to be at most, in GiB.
    pub size_gib: Option<u64>,
    /// Device name; empty: `/dev/xvda` and on.
    pub device: String,
}

/// A new image and the task that fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The image.
    pub image_id: String,
    /// The task.
    pub task_id: String,
}

/// A file that was looked at.
struct Inspected {
    disk: ImportDisk,
    format: SourceFormat,
    virtual_bytes: u64,
}

impl Ecs {
    /// Begins an import; the id of the image is valid at once.
    ///
    /// Asks for `ecs:ImportImage` on `image/*`. Errors: `MalformedName`, `MalformedDescription`, `BucketNotFound`, `MalformedObject`,
    /// `ObjectNotFound`, `NotAnImage`, `DiskSize`, `ImageQuota`, `NameTaken`, `InvalidClientToken`, `ClientTokenMismatch`.
    pub async fn import_image(
        &self,
        request: &ImportImage,
        token: Option<&str>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Imported> {
        self.store(&scope.region)?;
        require(permit, IMPORT_IMAGE, scope, "image/*")?;
        let token = Token::of(token, &scope.account, "ImportImage", &(scope, request))?;
        if let Some(token) = &token
            && let Some(answer) = token.earlier_answer(&mut self.catalog.read()).await?
        {
            return imported(&answer);
        }
        let disks = match self.check_import(request, scope).await {
            Ok(disks) => disks,
            // The same call may have been done meanwhile, and is what this one is refused for.
            Err(refusal) => return imported(&self.earlier_answer_or(token.as_ref(), refusal).await?),
        };
        self.insert_import(request, &disks, token.as_ref(), scope).await
    }

    /// Runs every check and changes nothing.
    ///
    /// Errors: as [`Ecs::import_image`].
    pub async fn check_import_image(&self, request: &ImportImage, permit: &Permit, scope: &Scope) -> Result<()> {
        self.store(&scope.region)?;
        require(permit, IMPORT_IMAGE, scope, "image/*")?;
        self.check_import(request, scope).await.map(drop)
    }

    async fn check_import(&self, request: &ImportImage, scope: &Scope) -> Result<Vec<Inspected>> {
        check_name(&request.name)?;
        check_description(&request.description)?;
        let mut inspected = Vec::new();
        for disk in &request.disks {
            let path = self.file_to_import(disk.file.as_ref(), &disk.bucket, &disk.object)?;
            inspected.push(inspect(disk, path).await?);
        }
        self.check_quota(scope).await?;
        self.check_name_is_free(&request.name, scope).await?;
        Ok(inspected)
    }

    async fn insert_import(
        &self,
        request: &ImportImage,
        inspected: &[Inspected],
        token: Option<&Token>,
        scope: &Scope,
    ) -> Result<Imported> {
        let spec = ImportSpec { disks: (0..).zip(inspected).map(|(n, disk)| self.imported_disk(n, disk)).collect() };
        let image = self.new_import(request, scope);
        let task_id = self.new_id("t");
        let mut write = self.catalog.write().await?;
        let done = async {
            if let Some(token) = token
                && let Some(answer) = token.earlier_answer(&mut write.read()).await?
            {
                return imported(&answer);
            }
            self.recheck_quota(&mut write, &image).await?;
            let image = self.with_status(&mut write, image).await?;
            if !write.image_insert(&image).await? {
                return Err(EcsError::NameTaken { name: image.name, region: image.scope.region });
            }
            self.insert_imported_disks(&mut write, &image, inspected, &spec).await?;
            insert_tags(&mut write, &request.tags, &ResourceKind::Image.tagged(&image.id, scope)).await?;
            let job = NewJob {
                id: task_id.clone(),
                scope: scope.clone(),
                action: "ImportImage".to_owned(),
                image_id: image.id.clone(),
                spec: spec.to_json()?,
                created_at: image.created_at,
            };
            write.job_insert(&job).await?;
            if let Some(token) = token {
                let answer = format!("{} {task_id}", image.id);
                token.remember(&mut write, &answer, image.created_at).await?;
            }
            Ok(Imported { image_id: image.id, task_id })
        };
        let done = done.await;
        let done = write.finish(done).await;
        self.board.wake();
        done
    }

    fn imported_disk(&self, position: u32, inspected: &Inspected) -> ImportedDisk {
        ImportedDisk {
            position,
            bucket: inspected.disk.bucket.clone(),
            object: inspected.disk.object.clone(),
            file: inspected.disk.file.clone(),
            format: inspected.format.name().to_owned(),
            snapshot: self.new_id("s"),
            blob: self.new_blob_id().to_string(),
        }
    }

    fn new_import(&self, request: &ImportImage, scope: &Scope) -> ImageRecord {
        let ImageAttributes { os_type, platform, architecture, boot_mode } = request.attributes.clone();
        ImageRecord {
            id: self.new_id("m"),
            scope: scope.clone(),
            name: request.name.clone(),
            description: request.description.clone(),
            family: String::new(),
            version: String::new(),
            status: String::new(),
            progress: 0,
            remain_s: None,
            is_copied: false,
            source_image_id: String::new(),
            source_region: String::new(),
            os_name: platform.clone(),
            os_type,
            platform,
            architecture,
            boot_mode,
            failure: String::new(),
            created_at: self.now(),
        }
    }

    async fn insert_imported_disks(
        &self,
        write: &mut Write,
        image: &ImageRecord,
        inspected: &[Inspected],
        spec: &ImportSpec,
    ) -> Result<()> {
        for (found, disk) in inspected.iter().zip(&spec.disks) {
            let snapshot = SnapshotRecord {
                id: disk.snapshot.clone(),
                scope: image.scope.clone(),
                name: String::new(),
                description: format!("Made for image {}", image.id),
                status: "progressing".to_owned(),
                disk_type: if disk.position == 0 { "system" } else { "data" }.to_owned(),
                image_id: image.id.clone(),
                source_disk_id: String::new(),
                content: DiskContent {
                    virtual_bytes: found.virtual_bytes,
                    mode: "import".to_owned(),
                    ..DiskContent::default()
                },
                created_at: image.created_at,
                updated_at: image.created_at,
            };
            write.snapshot_insert(&snapshot).await?;
            let disk = ImageDiskRecord {
                image_id: image.id.clone(),
                position: disk.position,
                device: device(disk.position, &found.disk.device),
                import_bucket: disk.bucket.clone(),
                import_object: disk.object.clone(),
                snapshot,
            };
            write.image_disk_insert(&disk).await?;
        }
        Ok(())
    }
}

/// The name that was given, or `/dev/xvda` and on.
pub(crate) fn device(position: u32, given: &str) -> String {
    if !given.is_empty() {
        return given.to_owned();
    }
    let letter = u8::try_from(position).ok().and_then(|n| b'a'.checked_add(n)).unwrap_or(b'z');
    format!("/dev/xvd{}", char::from(letter))
}

async fn inspect(disk: &ImportDisk, path: PathBuf) -> Result<Inspected> {
    let claim = disk.format;
    let looked = tokio::task::spawn_blocking(move || engine::inspect(&path, claim)).await;
    let refused = |why: String| EcsError::NotAnImage { object: disk.object.clone(), why };
    let report =
        looked.map_err(|_| EcsError::Stopping)?.map_err(|error| refused(EcsError::Engine(error).public_text()))?;
    check_report(&report).map_err(refused)?;
    let found = report.virtual_size.div_ceil(GIB);
    let claimed = disk.size_gib.unwrap_or(DISK_GIB_MAX);
    if claimed < found {
        return Err(EcsError::DiskSize { object: disk.object.clone(), claimed, found });
    }
    Ok(Inspected { disk: disk.clone(), format: report.format, virtual_bytes: report.virtual_size })
}

/// What is not taken, said before anything is made.
fn check_report(report: &Report) -> std::result::Result<(), String> {
    if let Some(refusal) = &report.refusal {
        return Err(refusal.clone());
    }
    if report.encryption.is_some() {
        return Err("it is encrypted; import the plain image and encrypt it with CopyImage".to_owned());
    }
    if report.virtual_size == 0 {
        return Err("its disk has no bytes".to_owned());
    }
    Ok(())
}

fn imported(answer: &str) -> Result<Imported> {
    let (image_id, task_id) = answer.split_once(' ').ok_or_else(|| EcsError::Damaged("a client token".to_owned()))?;
    Ok(Imported { image_id: image_id.to_owned(), task_id: task_id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Devices are named as the API names them, and a name that was given stays.
    #[test]
    fn devices_are_named_in_order() {
        assert_eq!(device(0, ""), "/dev/xvda");
        assert_eq!(device(16, ""), "/dev/xvdq");
        assert_eq!(device(1, "/dev/vdb"), "/dev/vdb");
    }
}
