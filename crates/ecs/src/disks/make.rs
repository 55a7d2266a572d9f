//! The file of a disk: made, opened for a machine, removed; and how a disk stands in the catalog meanwhile.
//!
//! A record is there before its file, and goes after it: so whatever a crash leaves is found again.

use std::path::{Path, PathBuf};

use blobs::OpenBlob;
use catalog::{BlobRecord, DiskRecord, SealedImage, SealedImageRecord, Write};
use engine::disk::{Created, DiskRequest, Recorded, Seal};
use engine::{Durability, ImageFile, Overwrite, SealedRecord, SourceFormat};
use kms::KeyId;
use tokio::runtime::Handle;

use super::plan::{PlannedDisk, disk_refused};
use crate::arn;
use crate::copy_image::in_flight;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::instances::{InstanceError, Place};
use crate::jobs::keys::DiskKeys;
use crate::tags::ResourceKind;

/// How what a disk lies on is recorded under its key: it must open for as long as the disk is there.
const BACKING: &str = "backing";

impl Ecs {
    /// A disk as it stands in the catalog while its file is being made.
    pub(crate) fn new_disk(&self, planned: &PlannedDisk, instance: &catalog::InstanceRecord) -> DiskRecord {
        let id = self.new_id("d");
        let content = planned.source.as_ref().map(|source| &source.content);
        DiskRecord {
            file: format!("{id}.qcow2"),
            id,
            scope: instance.scope.clone(),
            instance_id: instance.id.clone(),
            position: planned.position,
            device: planned.device.clone(),
            name: planned.name.clone(),
            description: planned.description.clone(),
            category: planned.category.clone(),
            status: "Creating".to_owned(),
            virtual_bytes: planned.virtual_bytes,
            image_id: planned.image_id.clone(),
            snapshot_id: planned.source.as_ref().map(|source| source.id.clone()).unwrap_or_default(),
            blob_id: content.and_then(|content| content.blob_id.clone()),
            blob_format: content.map(|content| content.format.clone()).unwrap_or_default(),
            blob_key_id: content.and_then(|content| content.key_id),
            key_id: None,
            key_version_id: None,
            sealed_id: String::new(),
            created_at: self.now(),
        }
    }

    /// Adds a disk that is being made, with the use of its keys. What it lies on is kept from now on.
    ///
    /// Errors: `SourceGone` when that went meanwhile.
    pub(crate) async fn insert_making_disk(
        &self,
        write: &mut Write,
        disk: &DiskRecord,
        planned: &PlannedDisk,
    ) -> Result<()> {
        if let (Some(id), Some(source)) = (&disk.blob_id, &planned.source) {
            let blob = write.read().blob_by_id(id).await?.filter(|blob| blob.dropped_at.is_none());
            let blob = blob.ok_or_else(|| EcsError::SourceGone { snapshot: source.id.clone() })?;
            write.disk_insert(disk).await?;
            if let (Some(key), Some(version)) = (source.content.key_id, source.content.key_version_id) {
                write.sealed_image_insert(&self.backing_record(disk, &blob, (key, version))).await?;
            }
        } else {
            write.disk_insert(disk).await?;
        }
        if let (Some(key), Some(version)) = (disk.key_id, disk.key_version_id) {
            let path = arn::disk(&disk.scope, &disk.id);
            write.sealed_image_insert(&in_flight((&disk.id, path), (key, version), self.now())).await?;
        }
        Ok(())
    }

    fn backing_record(
        &self,
        disk: &DiskRecord,
        blob: &BlobRecord,
        (key_id, key_version_id): (KeyId, kms::KeyVersionId),
    ) -> SealedImageRecord {
        let image = SealedImage {
            image_id: blob.sealed_id.clone(),
            path: arn::disk(&disk.scope, &disk.id),
            key_id,
            key_version_id,
            luks_uuid: String::new(),
            mk_digest: String::new(),
            envelope: String::new(),
            mode: BACKING.to_owned(),
        };
        SealedImageRecord { image, sealed_at: self.now() }
    }

    /// Makes the file of a disk, whose directory is there. Returns the disk as it is to be recorded.
    ///
    /// Errors: those of its keys; `Tampered`; `NotForGuests`; the system's. No file is left.
    pub(crate) async fn make_disk_file(&self, disk: DiskRecord) -> Result<DiskRecord> {
        // Held until the file is made: it keeps a downloaded blob where it is.
        let blob = self.blob_of_disk(&disk).await?;
        let backing = self.backing_of_disk(&disk, blob.as_ref()).await?;
        let path = self.file_of_disk(&disk);
        let keys = self.keys_of_disk(&disk, disk.key_id);
        let (virtual_size, is_sealed) = (disk.virtual_bytes, disk.key_id.is_some());
        let (data_dir, random) = (self.config.data_dir.clone(), self.rooms.random.clone());
        let created = self.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let work = tokio::task::spawn_blocking(move || {
            if let Some((file, recorded)) = &backing {
                engine::disk::require_recorded(file, recorded.as_ref())?;
            }
            let request = DiskRequest {
                path,
                virtual_size,
                backing: backing.map(|(file, _)| file),
                seal: is_sealed.then_some(Seal { service: &keys, created }),
                overwrite: Overwrite::Refuse,
                durability: Durability::Durable,
                data_dir,
            };
            engine::disk::create(&request, &*random)
        });
        let made = work.await.map_err(|_| EcsError::Stopping)?;
        let made = made.map_err(|error| disk_refused(error, &disk.id, &disk.image_id))?;
        finished(disk, made)
    }

    /// Writes down that a disk is made, and takes away the records of its use in flight and of a file that it had before.
    pub(crate) async fn finish_disk_record(&self, write: &mut Write, disk: &DiskRecord) -> Result<()> {
        write.disk_update(disk).await?;
        let path = arn::disk(&disk.scope, &disk.id);
        for record in write.read().sealed_images_at(&path).await? {
            if record.image.image_id != disk.sealed_id && record.image.mode != BACKING {
                write.sealed_image_delete(&record.image.image_id, &path).await?;
            }
        }
        Ok(())
    }

    /// Takes a disk out of the catalog, with its tags and the use of its keys. What it lay on is dropped when nothing else uses it.
    pub(crate) async fn forget_disk(&self, write: &mut Write, disk: &DiskRecord) -> Result<()> {
        write.sealed_images_delete_at(&arn::disk(&disk.scope, &disk.id)).await?;
        write.tags_delete_of_resource(&ResourceKind::Disk.tagged(&disk.id, &disk.scope)).await?;
        write.disk_delete(&disk.id).await?;
        if let Some(blob) = &disk.blob_id {
            write.blob_drop_if_unused(blob, self.now()).await?;
        }
        Ok(())
    }

    /// Removes a disk that no machine has: its files, then its record. It may be repeated; what fails is done when the server comes back.
    pub(crate) async fn remove_disk(&self, disk: &DiskRecord) -> Result<()> {
        self.remove_disk_files(disk, true).await?;
        let mut write = self.catalog.write().await?;
        let done = self.forget_disk(&mut write, disk).await;
        write.finish(done).await
    }

    /// A disk as it is recorded, behind every change that is on its way: also one whose answer was lost.
    pub(crate) async fn disk_for_sure(&self, id: &str) -> Result<DiskRecord> {
        let mut write = self.catalog.write().await?;
        let found = write.read().disk_by_id(id).await;
        let found = write.finish(found).await?;
        found.ok_or_else(|| EcsError::Damaged(format!("disk {id} is gone")))
    }

    /// Removes the files of a disk but the one that its record names, or with `all` that, too: also what an interrupted run left, and
    /// what is kept beside them.
    pub(crate) async fn remove_disk_files(&self, disk: &DiskRecord, all: bool) -> Result<()> {
        if all {
            // Also where the file does not tell any more.
            self.forget_kept_of_disk(disk, &disk.sealed_id).await?;
        }
        let directory = Place::of(&self.config.instances, &disk.instance_id).disks;
        let (id, kept) = (disk.id.clone(), (!all).then(|| disk.file.clone()));
        let listed = tokio::task::spawn_blocking(move || files_of(&directory, &id, kept.as_deref()));
        let failed = |source| InstanceError::Files { id: disk.instance_id.clone(), action: "remove", source };
        for (path, sealed) in listed.await.map_err(|_| EcsError::Stopping)?.map_err(failed)? {
            if let Some(sealed) = sealed.filter(|sealed| all || *sealed != disk.sealed_id) {
                self.forget_kept_of_disk(disk, &sealed).await?;
            }
            let removed = tokio::task::spawn_blocking(move || std::fs::remove_file(path)).await;
            removed.map_err(|_| EcsError::Stopping)?.map_err(failed)?;
        }
        Ok(())
    }

    /// Removes what is kept beside a file of a disk. What a file says that it is, a guest that broke out may have written: nothing is
    /// removed that another image or disk has.
    async fn forget_kept_of_disk(&self, disk: &DiskRecord, sealed: &str) -> Result<()> {
        let path = arn::disk(&disk.scope, &disk.id);
        if !self.catalog.read().sealed_image_is_recorded_elsewhere(sealed, &path).await? {
            engine::forget_image(&self.config.data_dir, sealed)?;
        }
        Ok(())
    }

    /// The key service for a disk. `key`: the one for a new data key.
    pub(crate) fn keys_of_disk(&self, disk: &DiskRecord, key: Option<KeyId>) -> DiskKeys {
        DiskKeys {
            ecs: self.shared(),
            runtime: Handle::current(),
            job: disk.instance_id.clone(),
            scope: disk.scope.clone(),
            source_scope: disk.scope.clone(),
            key,
            recorded_at: arn::disk(&disk.scope, &disk.id),
        }
    }

    /// Where the file of a disk lies.
    pub(crate) fn file_of_disk(&self, disk: &DiskRecord) -> PathBuf {
        Place::of(&self.config.instances, &disk.instance_id).disks.join(&disk.file)
    }

    /// What a disk lies on, as a local file while the handle lives.
    pub(crate) async fn blob_of_disk(&self, disk: &DiskRecord) -> Result<Option<OpenBlob>> {
        let Some(id) = &disk.blob_id else { return Ok(None) };
        let id = id.parse().map_err(|_| EcsError::Damaged(format!("the blob of disk {}", disk.id)))?;
        Ok(Some(self.store(&disk.scope.region)?.open(&id).await?))
    }
}

impl Ecs {
    /// What lies under a disk, and what it was recorded as.
    pub(crate) async fn backing_of_disk(
        &self,
        disk: &DiskRecord,
        blob: Option<&OpenBlob>,
    ) -> Result<Option<(ImageFile, Option<Recorded>)>> {
        let (Some(blob), Some(id)) = (blob, &disk.blob_id) else { return Ok(None) };
        let file = image_file(blob.path().to_owned(), &disk.blob_format)?;
        let Some(key) = disk.blob_key_id else { return Ok(Some((file, None))) };
        let found = self.catalog.read().blob_by_id(id).await?;
        let image = found.ok_or_else(|| EcsError::Damaged(format!("the blob of disk {}", disk.id)))?.sealed_id;
        Ok(Some((file, Some(Recorded { key_id: key.to_string(), image }))))
    }

    /// The file of a disk, and what it was recorded as.
    pub(crate) fn top_of_disk(&self, disk: &DiskRecord) -> Result<(ImageFile, Option<Recorded>)> {
        let recorded = disk.key_id.map(|key| Recorded { key_id: key.to_string(), image: disk.sealed_id.clone() });
        Ok((image_file(self.file_of_disk(disk), "qcow2")?, recorded))
    }
}

/// The files of a disk but one, each with the id in its envelope, or in that of the one that a work file was to become.
fn files_of(directory: &Path, disk: &str, kept: Option<&str>) -> std::io::Result<Vec<(PathBuf, Option<String>)>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(disk) && kept != Some(name.as_str()) {
            let stem = name.split_once(".qcow2").map_or(name.as_str(), |(stem, _)| stem);
            let sealed = engine::image_of_copy(&directory.join(format!("{stem}.qcow2")));
            files.push((path, sealed));
        }
    }
    Ok(files)
}

/// A file in the format of a record.
fn image_file(path: PathBuf, format: &str) -> Result<ImageFile> {
    let format: SourceFormat = format.parse().map_err(|_| EcsError::Damaged(format!("the format {format}")))?;
    Ok(ImageFile { path, format: Some(format) })
}

fn finished(disk: DiskRecord, made: Created) -> Result<DiskRecord> {
    let disk = DiskRecord { status: "In_use".to_owned(), ..disk };
    let Some(SealedRecord { image, key_id, key_version, .. }) = made.sealed else { return Ok(disk) };
    let damaged = || EcsError::Damaged(format!("the envelope of disk {}", disk.id));
    // What was asked for, or nothing.
    if disk.key_id.is_none_or(|key| key.to_string() != key_id) {
        return Err(damaged());
    }
    let key_version_id = Some(key_version.parse().map_err(|_| damaged())?);
    Ok(DiskRecord { sealed_id: image, key_version_id, ..disk })
}
