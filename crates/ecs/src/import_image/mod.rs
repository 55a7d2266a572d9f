//! `ImportImage`: from a file in a bucket that the operator configured to an image. Source: ecs-images.md 5.
//!
//! The file is looked at before the call is answered: what cannot be taken is refused at once, by name or offset.

mod inspect;
pub(crate) mod place;

pub(crate) use inspect::{GIB, Limits, inspect};
pub use place::ImportSource;

use std::collections::BTreeSet;

use catalog::{DiskContent, ImageDiskRecord, ImageRecord, NewJob, Scope, Write};
use engine::SourceFormat;
use ram::{Action, Permit};

use crate::arn::require;
use crate::copy_image::{Check, FoundDisk};
use crate::create_image::take_device;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::jobs::spec::{ImportSpec, ImportedDisk, Seen};
use crate::new_image::{NewImage, insert_tags, snapshot_of};
use crate::tags::ResourceKind;
use crate::tokens::{CallToken, Token};
use place::Located;

const IMPORT_IMAGE: Action = Action::new("ecs:ImportImage");

/// What is to become an image.
#[derive(Debug, Clone, Default)]
pub struct ImportImage {
    /// The files: the system disk, and up to 16 data disks.
    pub disks: Vec<ImportDisk>,
    /// What is said of it.
    pub image: NewImage,
}

/// One disk.
#[derive(Debug, Clone)]
pub struct ImportDisk {
    /// Where it is.
    pub source: ImportSource,
    /// What the caller says that it is; `None`: as it looks.
    pub format: Option<SourceFormat>,
    /// How large the disk is said to be at most, in GiB.
    pub size_gib: Option<u64>,
    /// Device name; empty: `/dev/xvda` and on.
    pub device: String,
}

impl ImportDisk {
    /// A disk of which nothing else is said.
    #[must_use]
    pub fn of(source: ImportSource) -> Self {
        Self { source, format: None, size_gib: None, device: String::new() }
    }
}

/// A new image and the task that fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The image.
    pub image_id: String,
    /// The task.
    pub task_id: String,
}

/// What is known of a disk when the call is answered.
struct Known {
    disk: ImportDisk,
    /// As it looks; of one that a service has, what the caller says.
    format: Option<SourceFormat>,
    /// Of its disk; of one that a service has, of the object.
    virtual_bytes: u64,
    /// Its state.
    seen: Seen,
}

impl Ecs {
    /// Begins an import; the id of the image is valid at once.
    ///
    /// Asks for `ecs:ImportImage` on `image/*`. Errors: `MalformedName`, `MalformedDescription`, `BucketNotFound`, `MalformedObject`,
    /// `ObjectNotFound`, `Service`, `NotAnImage`, `DiskSize`, `ImageQuota`, `NameTaken`, `InvalidClientToken`, `ClientTokenMismatch`;
    /// `UploadNotFound`, `UploadIncomplete`, `UploadInUse`.
    pub async fn import_image(
        &self,
        request: &ImportImage,
        token: Option<&CallToken>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Imported> {
        self.store(&scope.region)?;
        require(permit, IMPORT_IMAGE, scope, "image/*")?;
        let token = Token::of(token, "ImportImage", scope)?;
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

    /// Runs every check and changes nothing. The checks that are returned say what each disk is.
    ///
    /// Errors: as [`Ecs::import_image`].
    pub async fn check_import_image(
        &self,
        request: &ImportImage,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Vec<Check>> {
        self.store(&scope.region)?;
        require(permit, IMPORT_IMAGE, scope, "image/*")?;
        let known = self.check_import(request, scope).await?;
        let check = |disk: Known| {
            let found = FoundDisk { format: disk.format, virtual_bytes: disk.virtual_bytes };
            Check { name: "disk", device: None, refusal: None, was_run: true, found: Some(found) }
        };
        Ok(known.into_iter().map(check).collect())
    }

    async fn check_import(&self, request: &ImportImage, scope: &Scope) -> Result<Vec<Known>> {
        request.image.check()?;
        let (mut known, mut devices) = (Vec::new(), BTreeSet::new());
        for (position, disk) in (0..).zip(&request.disks) {
            take_device(&mut devices, position, &disk.device)?;
            known.push(self.look_at_source(position, disk, scope).await?);
        }
        self.check_quota(scope).await?;
        self.check_name_is_free(&request.image.name, scope).await?;
        Ok(known)
    }

    /// A file is looked at before the call is answered; an object of a service when it was fetched, as that may take hours.
    async fn look_at_source(&self, position: u32, disk: &ImportDisk, scope: &Scope) -> Result<Known> {
        let limits = Limits { position, size_gib: disk.size_gib };
        let name = disk.source.name();
        let (format, virtual_bytes, seen) = match self.locate(&disk.source, scope).await? {
            Located::Here(file) => {
                let found = inspect(&name, disk.format, limits, file).await?;
                (Some(found.format), found.virtual_bytes, Seen::File(found.state))
            }
            Located::There(bucket) => {
                let size = bucket.size(&name).await;
                let size = size.map_err(|error| place::of_service(error, "read", disk.source.bucket(), &name))?;
                let bytes = size.ok_or_else(|| place::not_found(disk.source.bucket(), &name))?;
                limits.check_file(&name, bytes)?;
                (disk.format, bytes, Seen::Object(bytes))
            }
        };
        Ok(Known { disk: disk.clone(), format, virtual_bytes, seen })
    }

    async fn insert_import(
        &self,
        request: &ImportImage,
        known: &[Known],
        token: Option<&Token>,
        scope: &Scope,
    ) -> Result<Imported> {
        let spec = ImportSpec { disks: (0..).zip(known).map(|(n, disk)| self.imported_disk(n, disk)).collect() };
        let image = request.image.record(self.new_id("m"), scope, self.now());
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
            self.insert_imported_disks(&mut write, &image, known, &spec).await?;
            insert_tags(&mut write, &request.image.tags, &ResourceKind::Image.tagged(&image.id, scope)).await?;
            let job = NewJob {
                id: task_id.clone(),
                scope: scope.clone(),
                action: "ImportImage".to_owned(),
                image_id: image.id.clone(),
                spec: spec.to_json()?,
                place: self.place_of_import(known),
                created_at: image.created_at,
            };
            write.job_insert(&job).await?;
            for disk in &request.disks {
                if let ImportSource::Upload(id) = &disk.source {
                    self.use_upload(&mut write, id, &task_id).await?;
                }
            }
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

    /// Where an import can be done: where its files are, if one lies on this machine and not in a bucket of a service.
    fn place_of_import(&self, known: &[Known]) -> String {
        let is_here = known.iter().any(|disk| matches!(disk.seen, Seen::File(_)));
        if is_here { self.config.server_name.clone() } else { String::new() }
    }

    fn imported_disk(&self, position: u32, known: &Known) -> ImportedDisk {
        ImportedDisk {
            position,
            source: known.disk.source.clone(),
            format: known.format.map(|format| format.name().to_owned()),
            seen: known.seen.clone(),
            size_gib: known.disk.size_gib,
            snapshot: self.new_id("s"),
            blob: self.new_blob_id().to_string(),
        }
    }

    async fn insert_imported_disks(
        &self,
        write: &mut Write,
        image: &ImageRecord,
        known: &[Known],
        spec: &ImportSpec,
    ) -> Result<()> {
        for (found, disk) in known.iter().zip(&spec.disks) {
            let content =
                DiskContent { virtual_bytes: found.virtual_bytes, mode: "import".to_owned(), ..DiskContent::default() };
            let snapshot = snapshot_of(image, disk.snapshot.clone(), disk.position, content);
            write.snapshot_insert(&snapshot).await?;
            let disk = ImageDiskRecord {
                image_id: image.id.clone(),
                position: disk.position,
                device: device(disk.position, &found.disk.device),
                import_bucket: disk.source.bucket().to_owned(),
                import_object: disk.source.name(),
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
