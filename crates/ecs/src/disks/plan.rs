//! The disks of a new instance: which there are, how large, from what, and under which key.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{DiskEncryptionDefault, ImageDiskRecord, Scope, SnapshotRecord};
use engine::EngineError;
use kms::KeyRef;

use super::encryption::{Illegal, Under, decide_disk};
use super::request::{Encryption, NewDataDisk, NewSystemDisk};
use crate::create_image::is_device;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::import_image::device;
use crate::instances::InstanceError;
use crate::key_use::NewKey;

const GIB: u64 = 1 << 30;

/// Largest disk, in GiB. Source: the vendor's limit for data disks; system disks have 2048 there.
const GIB_MAX: u64 = 32_768;

/// Most data disks of an instance. Source: ecs-images.md 9.
const DATA_DISKS_MAX: usize = 16;

/// What disks are of whose call says nothing.
const CATEGORY: &str = "cloud_essd";

/// A disk that may be made.
#[derive(Clone)]
pub(crate) struct PlannedDisk {
    pub(crate) position: u32,
    pub(crate) device: String,
    pub(crate) category: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) virtual_bytes: u64,
    /// What it is made from.
    pub(crate) source: Option<SnapshotRecord>,
    /// The image that this is a disk of.
    pub(crate) image_id: String,
    pub(crate) key: NewKey,
    /// Whether the call named the key.
    pub(crate) is_named: bool,
}

/// A disk as the call and the image say, before its key is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    device: String,
    category: String,
    name: String,
    description: String,
    virtual_bytes: u64,
    source: Option<SnapshotRecord>,
    image_id: String,
    encryption: Encryption,
}

impl Ecs {
    /// The disks of an instance from an image, the system disk first.
    ///
    /// Errors: `SnapshotNotFound`, `SnapshotNotReady`, `DeviceMalformed`, `DeviceInUse`, sizes, numbers and combinations that are not
    /// allowed, and those of keys that cannot be used.
    pub(crate) async fn plan_disks(
        &self,
        image: &[ImageDiskRecord],
        (system, data): (&NewSystemDisk, &[NewDataDisk]),
        scope: &Scope,
    ) -> Result<Vec<PlannedDisk>> {
        let mut snapshots = BTreeMap::new();
        for id in data.iter().map(|disk| &disk.snapshot_id).filter(|id| !id.is_empty()) {
            snapshots.insert(id.clone(), self.snapshot_to_use(id, scope).await?);
        }
        let default = self.catalog.read().disk_encryption_default(scope).await?;
        let mut planned = Vec::new();
        for (position, wanted) in (0..).zip(wanted_disks(image, system, data, &snapshots)?) {
            planned.push(self.plan_disk(position, wanted, &default, scope).await?);
        }
        Ok(planned)
    }

    /// A snapshot of the account that disks and images can be made from.
    async fn snapshot_to_use(&self, id: &str, scope: &Scope) -> Result<SnapshotRecord> {
        let found = self.catalog.read().snapshot_by_id(id).await?.filter(|snapshot| snapshot.scope == *scope);
        let snapshot =
            found.ok_or_else(|| EcsError::SnapshotNotFound { id: id.to_owned(), region: scope.region.clone() })?;
        if snapshot.status == "accomplished" {
            return Ok(snapshot);
        }
        Err(EcsError::SnapshotNotReady { id: snapshot.id, status: snapshot.status })
    }

    async fn plan_disk(
        &self,
        position: u32,
        wanted: Wanted,
        default: &DiskEncryptionDefault,
        scope: &Scope,
    ) -> Result<PlannedDisk> {
        let source_key = wanted.source.as_ref().and_then(|source| source.content.key_id);
        let under = decide_disk(source_key, &wanted.encryption, default)
            .map_err(|illegal| illegal_disk(illegal, label(position, &wanted.device), scope))?;
        let is_named = matches!(under, Under::Named(_));
        let key = match under {
            Under::Plain => NewKey::None,
            Under::Service => {
                self.require_kms_opened(scope).await?;
                NewKey::Service
            }
            Under::Key(id) => NewKey::Named(self.usable_key(&KeyRef::Id(id), scope).await?),
            Under::Named(name) => NewKey::Named(self.usable_key(&name.parse()?, scope).await?),
        };
        if let Some(id) = source_key {
            // Also where the disk comes under another key: what it lies on must open.
            self.require_enabled(&*self.key_facts(&KeyRef::Id(id), scope).await?)?;
        }
        let Wanted { device, category, name, description, virtual_bytes, source, image_id, .. } = wanted;
        Ok(PlannedDisk {
            position,
            device,
            category,
            name,
            description,
            virtual_bytes,
            source,
            image_id,
            key,
            is_named,
        })
    }
}

/// What is the matter with a disk of this image that the engine refused.
pub(crate) fn disk_refused(error: EngineError, disk: &str, image: &str) -> EcsError {
    match error {
        EngineError::Tampered { reason, .. } | EngineError::Locked { reason, .. } => {
            InstanceError::Tampered { disk: disk.to_owned(), why: reason }.into()
        }
        EngineError::Format { source, .. } => {
            InstanceError::Tampered { disk: disk.to_owned(), why: source.to_string() }.into()
        }
        EngineError::NotForGuests { reason, .. } => {
            InstanceError::NotForGuests { image: image.to_owned(), why: reason }.into()
        }
        error => crate::jobs::of_engine(error),
    }
}

fn illegal_disk(illegal: Illegal, disk: String, scope: &Scope) -> EcsError {
    EcsError::from(match illegal {
        Illegal::KeyWithoutEncrypted => InstanceError::KeyWithoutEncrypted { disk },
        Illegal::WouldBePlain => InstanceError::WouldBePlain { disk },
        Illegal::EncryptedByDefault => InstanceError::EncryptedByDefault { disk, region: scope.region.clone() },
    })
}

/// How a disk that is not there yet is called in a refusal.
fn label(position: u32, device: &str) -> String {
    if position == 0 { "the system disk".to_owned() } else { format!("data disk {device}") }
}

/// The disks of the image, as the call changes them, then those that the call adds.
fn wanted_disks(
    image: &[ImageDiskRecord],
    system: &NewSystemDisk,
    data: &[NewDataDisk],
    snapshots: &BTreeMap<String, SnapshotRecord>,
) -> Result<Vec<Wanted>> {
    let (first, others) =
        image.split_first().ok_or_else(|| EcsError::Damaged("an image without a system disk".to_owned()))?;
    let system = NewDataDisk {
        category: system.category.clone(),
        size_gib: system.size_gib,
        name: system.name.clone(),
        description: system.description.clone(),
        encryption: system.encryption.clone(),
        ..NewDataDisk::default()
    };
    let mut wanted = vec![of_image(first, &system)?];
    let mut added: Vec<&NewDataDisk> = data.iter().collect();
    for disk in others {
        let said = added.iter().position(|said| said.device == disk.device && said.snapshot_id.is_empty());
        let said = said.map(|index| added.remove(index).clone()).unwrap_or_default();
        wanted.push(of_image(disk, &said)?);
    }
    let found = others.len() + added.len();
    if found > DATA_DISKS_MAX {
        return Err(InstanceError::TooManyDisks { found, max: DATA_DISKS_MAX }.into());
    }
    let mut devices: BTreeSet<String> = wanted.iter().map(|disk| disk.device.clone()).collect();
    for said in added {
        let device = device_for(said, &mut devices)?;
        wanted.push(of_call(said, device, snapshots.get(&said.snapshot_id))?);
    }
    Ok(wanted)
}

fn of_image(disk: &ImageDiskRecord, said: &NewDataDisk) -> Result<Wanted> {
    let size = size(said, Some(&disk.snapshot), &label(disk.position, &disk.device))?;
    Ok(Wanted { image_id: disk.image_id.clone(), ..filled(said, disk.device.clone(), size, Some(&disk.snapshot)) })
}

fn of_call(said: &NewDataDisk, device: String, snapshot: Option<&SnapshotRecord>) -> Result<Wanted> {
    let size = size(said, snapshot, &label(1, &device))?;
    Ok(filled(said, device, size, snapshot))
}

fn filled(said: &NewDataDisk, device: String, virtual_bytes: u64, source: Option<&SnapshotRecord>) -> Wanted {
    Wanted {
        device,
        category: if said.category.is_empty() { CATEGORY } else { &said.category }.to_owned(),
        name: said.name.clone(),
        description: said.description.clone(),
        virtual_bytes,
        source: source.cloned(),
        image_id: String::new(),
        encryption: said.encryption.clone(),
    }
}

/// The device that the call names, or the next that is free.
fn device_for(said: &NewDataDisk, taken: &mut BTreeSet<String>) -> Result<String> {
    let free = || (1..=25).map(|position| device(position, "")).find(|device| !taken.contains(device));
    let device = if said.device.is_empty() { free().unwrap_or_default() } else { said.device.clone() };
    if !is_device(&device) {
        return Err(EcsError::DeviceMalformed(device.escape_default().to_string()));
    }
    if !taken.insert(device.clone()) {
        return Err(EcsError::DeviceInUse(device));
    }
    Ok(device)
}

/// Bytes of a disk: what the call says, else those of what it is made from, which it never has less than.
fn size(said: &NewDataDisk, source: Option<&SnapshotRecord>, disk: &str) -> Result<u64> {
    let least = source.map(|source| source.content.virtual_bytes);
    match (said.size_gib, least) {
        (None, Some(least)) => Ok(least.next_multiple_of(512)),
        (Some(wanted), _) if (1..=GIB_MAX).contains(&wanted) => {
            let least = least.unwrap_or(0);
            let bytes = wanted * GIB;
            let too_small =
                || InstanceError::TooSmall { disk: disk.to_owned(), wanted, least: least.div_ceil(GIB) }.into();
            if bytes >= least { Ok(bytes) } else { Err(too_small()) }
        }
        _ => Err(InstanceError::DiskSize { disk: disk.to_owned(), max: GIB_MAX }.into()),
    }
}

#[cfg(test)]
mod tests {
    use catalog::{DiskContent, Timestamp};

    use super::*;

    fn snapshot(id: &str, gib: u64) -> SnapshotRecord {
        SnapshotRecord {
            id: id.to_owned(),
            scope: Scope::default(),
            name: String::new(),
            description: String::new(),
            status: "accomplished".to_owned(),
            disk_type: "data".to_owned(),
            image_id: String::new(),
            source_disk_id: String::new(),
            content: DiskContent { virtual_bytes: gib * GIB, ..DiskContent::default() },
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn image(sizes: &[u64]) -> Vec<ImageDiskRecord> {
        let disk = |(position, gib): (u32, &u64)| ImageDiskRecord {
            image_id: "m-1".to_owned(),
            position,
            device: device(position, ""),
            import_bucket: String::new(),
            import_object: String::new(),
            snapshot: snapshot(&format!("s-{position}"), *gib),
        };
        (0..).zip(sizes).map(disk).collect()
    }

    fn data(device: &str, size_gib: Option<u64>, snapshot_id: &str) -> NewDataDisk {
        let (device, snapshot_id) = (device.to_owned(), snapshot_id.to_owned());
        NewDataDisk { device, size_gib, snapshot_id, ..NewDataDisk::default() }
    }

    /// Disks of the image come first and are changed by their device; others follow on the devices that are free.
    #[test]
    fn disks_of_image_and_call_come_together() {
        let system = NewSystemDisk { size_gib: Some(20), ..NewSystemDisk::default() };
        let snapshots = BTreeMap::from([("s-9".to_owned(), snapshot("s-9", 3))]);
        let call = [data("/dev/xvdb", Some(8), ""), data("", Some(1), ""), data("", None, "s-9")];
        let wanted = wanted_disks(&image(&[5, 2]), &system, &call, &snapshots).unwrap();
        let shown: Vec<_> =
            wanted.iter().map(|d| (d.device.as_str(), d.virtual_bytes / GIB, d.source.is_some())).collect();
        let expected =
            [("/dev/xvda", 20, true), ("/dev/xvdb", 8, true), ("/dev/xvdc", 1, false), ("/dev/xvdd", 3, true)];
        assert_eq!(shown, expected);
    }

    /// Each rule about sizes, devices and numbers has its refusal.
    #[test]
    fn what_is_not_allowed_is_refused() {
        let none = BTreeMap::new();
        let refused = |call: &[NewDataDisk]| {
            wanted_disks(&image(&[5]), &NewSystemDisk::default(), call, &none).unwrap_err().to_string()
        };
        assert!(refused(&[data("", None, "")]).contains("needs a size"));
        assert!(refused(&[data("", Some(0), "")]).contains("needs a size"));
        assert!(refused(&[data("/dev/../x", Some(1), "")]).contains("not the name of a device"));
        assert!(refused(&[data("/dev/xvda", Some(1), "")]).contains("two disks"));
        assert!(refused(&vec![data("", Some(1), ""); 17]).contains("at most 16"));
        let small = NewSystemDisk { size_gib: Some(4), ..NewSystemDisk::default() };
        let error = wanted_disks(&image(&[5]), &small, &[], &none).unwrap_err();
        assert!(error.to_string().contains("less than the 5 GiB"), "{error}");
    }
}
