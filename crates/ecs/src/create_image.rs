//! `CreateImage`, here from snapshots; `disks/image.rs` makes it from an instance. Source: ecs-images.md 5.
//!
//! The image has its disks from the snapshots as they are: it is Available at once, and what is encrypted stays so, under its key.

use std::collections::BTreeSet;

use catalog::{ImageDiskRecord, ImageRecord, Scope, SealedImage, SealedImageRecord, SnapshotRecord, Write};
use kms::KeyRef;
use ram::{Action, Permit};

use crate::arn::{image_disk, require};
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::import_image::{GIB, device};
use crate::new_image::{NewImage, insert_tags};
use crate::tags::ResourceKind;
use crate::tokens::{CallToken, Token};

const CREATE_IMAGE: Action = Action::new("ecs:CreateImage");

/// What is to become an image.
#[derive(Debug, Clone, Default)]
pub struct CreateImage {
    /// The instance whose disks the image has; it counts before `disks`. Empty: none.
    pub instance_id: String,
    /// The disks: one system disk, and up to 16 data disks.
    pub disks: Vec<NewImageDisk>,
    /// What is said of it.
    pub image: NewImage,
}

/// One disk.
#[derive(Debug, Clone, Default)]
pub struct NewImageDisk {
    /// What is on it.
    pub snapshot_id: String,
    /// Device name; empty: `/dev/xvda` and on.
    pub device: String,
    /// Whether it is the system disk; `None`: as the disk that the snapshot is of.
    pub is_system: Option<bool>,
    /// Its size in GiB, which is that of the snapshot.
    pub size_gib: Option<u64>,
}

impl Ecs {
    /// Makes an image from snapshots, or begins one from an instance. Returns its id.
    ///
    /// Asks for `ecs:CreateImage` on `image/*` and on each snapshot. Errors: `MalformedName`, `MalformedDescription`,
    /// `MalformedFamily`, `SnapshotNotFound`, `SnapshotNotReady`, `SystemDisk`, `DeviceMalformed`, `DeviceInUse`, `SnapshotSize`,
    /// `KmsNotOpened`, `KeyNotFound`, `KeyNotEnabled`, `ImageQuota`, `NameTaken`, `InvalidClientToken`, `ClientTokenMismatch`.
    pub async fn create_image(
        &self,
        request: &CreateImage,
        token: Option<&CallToken>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<String> {
        let token = Token::of(token, "CreateImage", scope)?;
        if !request.instance_id.is_empty() {
            return self.create_image_of_instance(request, token.as_ref(), permit, scope).await;
        }
        self.permit_create(request, permit, scope)?;
        if let Some(token) = &token
            && let Some(answer) = token.earlier_answer(&mut self.catalog.read()).await?
        {
            return Ok(answer);
        }
        self.check_create(request, scope).await?;
        let image = self.new_image(request, scope);
        let mut write = self.catalog.write().await?;
        let done = async {
            if let Some(token) = &token
                && let Some(answer) = token.earlier_answer(&mut write.read()).await?
            {
                return Ok(answer);
            }
            if !write.image_insert(&image).await? {
                return Err(EcsError::NameTaken { name: image.name.clone(), region: scope.region.clone() });
            }
            // Looked at again: a snapshot may have gone since the checks.
            for (position, disk, snapshot) in
                plan(&request.disks, self.snapshots_of(&mut write, request, scope).await?)?
            {
                let disk = new_disk(&image, position, disk, snapshot);
                self.insert_disk(&mut write, &disk).await?;
            }
            insert_tags(&mut write, &request.image.tags, &ResourceKind::Image.tagged(&image.id, scope)).await?;
            if let Some(token) = &token {
                token.remember(&mut write, &image.id, image.created_at).await?;
            }
            Ok(image.id.clone())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Runs every check and changes nothing.
    ///
    /// Errors: as [`Ecs::create_image`].
    pub async fn check_create_image(&self, request: &CreateImage, permit: &Permit, scope: &Scope) -> Result<()> {
        if !request.instance_id.is_empty() {
            return self.check_image_of_instance(request, permit, scope).await;
        }
        self.permit_create(request, permit, scope)?;
        self.check_create(request, scope).await
    }

    fn permit_create(&self, request: &CreateImage, permit: &Permit, scope: &Scope) -> Result<()> {
        self.store(&scope.region)?;
        require(permit, CREATE_IMAGE, scope, "image/*")?;
        let snapshots = request.disks.iter().map(|disk| format!("snapshot/{}", disk.snapshot_id));
        snapshots.into_iter().try_for_each(|snapshot| require(permit, CREATE_IMAGE, scope, &snapshot))
    }

    async fn check_create(&self, request: &CreateImage, scope: &Scope) -> Result<()> {
        request.image.check()?;
        let mut write = self.catalog.write().await?;
        let found = self.snapshots_of(&mut write, request, scope).await;
        let snapshots = write.finish(found).await?;
        for (_, _, snapshot) in plan(&request.disks, snapshots)? {
            if let Some(key) = snapshot.content.key_id {
                self.require_kms_opened(scope).await?;
                self.require_enabled(&*self.key_facts(&KeyRef::Id(key), scope).await?)?;
            }
        }
        self.check_quota(scope).await?;
        self.check_name_is_free(&request.image.name, scope).await
    }

    /// The snapshots in the order of the disks.
    async fn snapshots_of(
        &self,
        write: &mut Write,
        request: &CreateImage,
        scope: &Scope,
    ) -> Result<Vec<SnapshotRecord>> {
        let mut snapshots = Vec::new();
        for disk in &request.disks {
            let id = &disk.snapshot_id;
            let found = write.read().snapshot_by_id(id).await?.filter(|snapshot| snapshot.scope == *scope);
            let snapshot =
                found.ok_or_else(|| EcsError::SnapshotNotFound { id: id.clone(), region: scope.region.clone() })?;
            if snapshot.status != "accomplished" {
                return Err(EcsError::SnapshotNotReady { id: snapshot.id, status: snapshot.status });
            }
            snapshots.push(snapshot);
        }
        Ok(snapshots)
    }

    /// It has its disks from the start.
    fn new_image(&self, request: &CreateImage, scope: &Scope) -> ImageRecord {
        let image = request.image.record(self.new_id("m"), scope, self.now());
        ImageRecord { status: "Available".to_owned(), progress: 100, remain_s: Some(0), ..image }
    }

    /// A sealed disk is recorded under its key for this image, too.
    async fn insert_disk(&self, write: &mut Write, disk: &ImageDiskRecord) -> Result<()> {
        let snapshot = &disk.snapshot;
        let records = self.records_of_snapshot(write, snapshot).await?;
        if snapshot.content.key_id.is_some() && records.is_empty() {
            return Err(EcsError::Damaged(format!("snapshot {} is not recorded under its key", snapshot.id)));
        }
        write.image_disk_insert(disk).await?;
        for record in records {
            let path = image_disk(&snapshot.scope, &disk.image_id, disk.position);
            let image = SealedImage { path, mode: "keep".to_owned(), ..record.image };
            write.sealed_image_insert(&SealedImageRecord { image, sealed_at: self.now() }).await?;
        }
        Ok(())
    }
}

fn new_disk(image: &ImageRecord, position: u32, disk: &NewImageDisk, snapshot: SnapshotRecord) -> ImageDiskRecord {
    ImageDiskRecord {
        image_id: image.id.clone(),
        position,
        device: device(position, &disk.device),
        import_bucket: String::new(),
        import_object: String::new(),
        snapshot,
    }
}

/// Each disk with its position: the system disk first, the others in the order of the call.
fn plan(disks: &[NewImageDisk], snapshots: Vec<SnapshotRecord>) -> Result<Vec<(u32, &NewImageDisk, SnapshotRecord)>> {
    let is_system = |disk: &NewImageDisk, snapshot: &SnapshotRecord| {
        disk.is_system.unwrap_or(disks.len() == 1 || snapshot.disk_type == "system")
    };
    let (system, data): (Vec<_>, Vec<_>) =
        disks.iter().zip(snapshots).partition(|(disk, snapshot)| is_system(disk, snapshot));
    if system.len() != 1 {
        return Err(EcsError::SystemDisk { found: system.len() });
    }
    let mut devices = BTreeSet::new();
    let mut planned = Vec::new();
    for (position, (disk, snapshot)) in (0..).zip(system.into_iter().chain(data)) {
        check_size(disk, &snapshot)?;
        take_device(&mut devices, position, &disk.device)?;
        planned.push((position, disk, snapshot));
    }
    Ok(planned)
}

fn check_size(disk: &NewImageDisk, snapshot: &SnapshotRecord) -> Result<()> {
    let found = snapshot.content.virtual_bytes.div_ceil(GIB);
    match disk.size_gib {
        Some(wanted) if wanted != found => Err(EcsError::SnapshotSize { id: snapshot.id.clone(), wanted, found }),
        _ => Ok(()),
    }
}

/// Takes the device name of a disk, or the one of its position: exports name their objects after it, so no two disks have the same.
///
/// Errors: `DeviceMalformed`, `DeviceInUse`.
pub(crate) fn take_device(devices: &mut BTreeSet<String>, position: u32, given: &str) -> Result<()> {
    let device = device(position, given);
    if !is_device(&device) {
        return Err(EcsError::DeviceMalformed(device.escape_default().to_string()));
    }
    if !devices.insert(device.clone()) {
        return Err(EcsError::DeviceInUse(device));
    }
    Ok(())
}

/// `/dev/xvda` to `/dev/xvdz`, or `/dev/vda` and on.
pub(crate) fn is_device(name: &str) -> bool {
    let letter = name.strip_prefix("/dev/xvd").or_else(|| name.strip_prefix("/dev/vd"));
    letter.is_some_and(|letter| letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use catalog::{DiskContent, Timestamp};

    use super::*;

    fn snapshot(id: &str, disk_type: &str) -> SnapshotRecord {
        SnapshotRecord {
            id: id.to_owned(),
            scope: Scope::default(),
            name: String::new(),
            description: String::new(),
            status: "accomplished".to_owned(),
            disk_type: disk_type.to_owned(),
            image_id: String::new(),
            source_disk_id: String::new(),
            content: DiskContent { virtual_bytes: GIB + 1, ..DiskContent::default() },
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn disk(is_system: Option<bool>, device: &str, size_gib: Option<u64>) -> NewImageDisk {
        NewImageDisk { snapshot_id: String::new(), device: device.to_owned(), is_system, size_gib }
    }

    /// The system disk comes first wherever it stands in the call, and each rule about disks has its refusal.
    #[test]
    fn disks_are_put_in_order() {
        let two = || vec![snapshot("s-data", "data"), snapshot("s-system", "system")];
        let disks = [disk(None, "", Some(2)), disk(None, "", None)];
        let planned = plan(&disks, two()).unwrap();
        let order: Vec<_> = planned.iter().map(|(position, _, snapshot)| (*position, snapshot.id.as_str())).collect();
        assert_eq!(order, [(0, "s-system"), (1, "s-data")]);
        let swapped = [disk(Some(true), "/dev/xvdc", None), disk(Some(false), "", None)];
        assert_eq!(plan(&swapped, two()).unwrap()[0].2.id, "s-data");
        assert_eq!(plan(&[disk(None, "", None)], vec![snapshot("s-data", "data")]).unwrap().len(), 1);
        let refused = |disks: &[NewImageDisk]| plan(disks, two()).unwrap_err();
        let both = [disk(Some(true), "", None), disk(None, "", None)];
        assert!(matches!(refused(&both), EcsError::SystemDisk { found: 2 }));
        let grown = [disk(None, "", Some(3)), disk(None, "", None)];
        assert!(matches!(refused(&grown), EcsError::SnapshotSize { wanted: 3, found: 2, .. }));
        let odd = [disk(None, "/dev/../sda", None), disk(None, "", None)];
        assert!(matches!(refused(&odd), EcsError::DeviceMalformed(_)));
        let same = [disk(None, "/dev/xvda", None), disk(None, "", None)];
        assert!(matches!(refused(&same), EcsError::DeviceInUse(_)));
    }
}
