//! What a copy is refused for, in the order in which it is looked at (docs/api-coverage.md shows it, too):
//!
//! | # | check | refused with |
//! |---|---|---|
//! | 1 | name and description of the copy | `MalformedName`, `MalformedDescription` |
//! | 2 | the destination is a region | `DestinationRegionNotFound` |
//! | 3 | the source is a custom image of the account in its region, or shared with it there | `ImageNotFound` |
//! | 4 | it is Available | `ImageStatus` |
//! | 5 | each disk that is listed is one of the source, listed once | `DeviceNotFound`, `DeviceInUse` |
//! | 6 | flags and key fit the state of each disk | `Refused` |
//! | 7 | an image that is encrypted or of another account stays in its region | `EncryptedAcrossRegions`, `SharedAcrossRegions` |
//! | 8 | KMS is opened, each key is there, enabled, and ECS may use it | `KmsNotOpened`, `KeyNotFound`, `KeyNotEnabled`, … |
//! | 9 | the size, or a ticket | `TooLarge` |
//! | 10 | the number of images | `ImageQuota` |
//! | 11 | the name is free | `NameTaken` |
//! | 12 | the account's balance | `InDebt` |
//!
//! 6 and 8 are looked at for the disks that are not listed, then for each that is, as the call lists them. A refusal that is about
//! one disk of several says which (`OfDisk`).

use catalog::{ImageDiskRecord, ImageRecord, Read, Scope};
use engine::Decision;
use kms::KeyRef;

use super::parts::{Part, is_encrypted, parts};
use super::run::{Check, Run};
use super::{CopyImage, DiskPlan};
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::key_use::NewKey;
use crate::names::{check_description, check_name};

const GIB: u64 = 1 << 30;

/// The checks that need the disks of the source.
const BEHIND_DISKS: &[&str] = &["encryption", "regions", "key", "size", "quota", "name is free", "balance"];

/// A copy that may be made.
pub(super) struct Planned {
    pub(super) source: ImageRecord,
    pub(super) destination: Scope,
    pub(super) parts: Vec<PlannedPart>,
}

/// Disks of the source, what becomes of each, and the key for those that are made anew.
pub(super) struct PlannedPart {
    pub(super) disks: Vec<(ImageDiskRecord, DiskPlan)>,
    pub(super) key: NewKey,
}

impl Ecs {
    /// A plan for the copy.
    ///
    /// Errors: the first check that refuses.
    pub(super) async fn plan_copy(&self, request: &CopyImage, scope: &Scope) -> Result<Planned> {
        let mut run = Run::new(false);
        let planned = self.run_copy_checks(&mut run, request, scope).await;
        match (run.first, planned) {
            (Some(error), _) => Err(error),
            (None, Some(planned)) => Ok(planned),
            (None, None) => Err(EcsError::Damaged("a check refused without a reason".to_owned())),
        }
    }

    pub(super) async fn all_copy_checks(&self, request: &CopyImage, scope: &Scope) -> Result<Vec<Check>> {
        let mut run = Run::new(true);
        self.run_copy_checks(&mut run, request, scope).await;
        Ok(run.checks)
    }

    async fn run_copy_checks(&self, run: &mut Run, request: &CopyImage, scope: &Scope) -> Option<Planned> {
        let texts = check_name(&request.name).and_then(|()| check_description(&request.description));
        let texts = run.note("name and description", texts);
        if run.is_over() {
            return None;
        }
        let destination = run.note("destination region", self.destination(request, scope));
        let source = match destination {
            Some(_) => run.note("source image", self.image_to_use(&request.image_id, scope).await),
            None => None,
        };
        let (Some(destination), Some(source)) = (destination, source) else {
            run.skip(&["source status", "disks of the source"]);
            run.skip(BEHIND_DISKS);
            return None;
        };
        let status = run.note("source status", require_available(&source));
        if run.is_over() {
            return None;
        }
        let parts = self.disks_of(&source.id).await.and_then(|disks| parts(request, disks));
        let Some(parts) = run.note("disks of the source", parts) else {
            run.skip(BEHIND_DISKS);
            return None;
        };
        let crosses = destination.region != source.scope.region;
        let plans: Vec<_> =
            parts.iter().map(|part| run.note_of("encryption", part.device, part.plans(crosses))).collect();
        let regions = run.note("regions", self.check_regions(&source, &parts, &destination));
        let mut keys = Vec::new();
        for (part, plans) in parts.iter().zip(&plans) {
            if run.is_over() {
                return None;
            }
            let key = self.check_key(part, plans.as_deref(), &destination).await;
            keys.push(run.note_of("key", part.device, key));
        }
        let size = run.note("size", self.check_size(&source, &parts, &destination).await);
        if run.is_over() {
            return None;
        }
        let quota = run.note("quota", self.check_quota(&destination).await);
        let name = run.note("name is free", self.check_name_is_free(&request.name, &destination).await);
        if run.is_over() {
            return None;
        }
        let balance = run.note("balance", self.check_balance(&destination).await);
        let (_, _, _, _, _, _, _) = (texts?, status?, regions?, size?, quota?, name?, balance?);
        let planned = |((part, plans), key): ((Part<'_>, Option<Vec<DiskPlan>>), Option<NewKey>)| {
            Some(PlannedPart { disks: part.disks.into_iter().zip(plans?).collect(), key: key? })
        };
        let parts = parts.into_iter().zip(plans).zip(keys).map(planned).collect::<Option<_>>()?;
        Some(Planned { source, destination, parts })
    }

    /// An image of the account.
    ///
    /// Errors: `ImageNotFound`.
    pub(crate) async fn image(&self, id: &str, scope: &Scope) -> Result<ImageRecord> {
        let found = self.catalog.read().image_by_id(id).await?.filter(|image| image.scope == *scope);
        found.ok_or_else(|| EcsError::ImageNotFound { id: id.to_owned(), region: scope.region.clone() })
    }

    pub(crate) async fn disks_of(&self, image_id: &str) -> Result<Vec<ImageDiskRecord>> {
        Ok(self.catalog.read().image_disks(image_id).await?)
    }

    /// An image of the account, or one that another shares with it.
    ///
    /// Errors: `ImageNotFound`.
    pub(crate) async fn image_to_use(&self, id: &str, scope: &Scope) -> Result<ImageRecord> {
        let mut read = self.catalog.read();
        match read.image_by_id(id).await?.filter(|image| image.scope.region == scope.region) {
            Some(image) if may_copy(&mut read, &image, scope).await? => Ok(image),
            _ => Err(EcsError::ImageNotFound { id: id.to_owned(), region: scope.region.clone() }),
        }
    }

    fn check_regions(&self, source: &ImageRecord, parts: &[Part<'_>], destination: &Scope) -> Result<()> {
        let crosses = destination.region != source.scope.region;
        if crosses && source.scope.account != destination.account {
            return Err(EcsError::SharedAcrossRegions { id: source.id.clone() });
        }
        if crosses && disks_in(parts).any(is_encrypted) && !self.config.encrypted_cross_region_copy {
            return Err(EcsError::EncryptedAcrossRegions { id: source.id.clone() });
        }
        Ok(())
    }

    /// The key for what is made anew of a part, and whether the keys of what is kept can still open it: nothing becomes Available under a
    /// key that cannot.
    async fn check_key(&self, part: &Part<'_>, plans: Option<&[DiskPlan]>, destination: &Scope) -> Result<NewKey> {
        for disk in &part.disks {
            let present = self.check_present_key(disk, destination).await;
            present.map_err(|error| error.of_disk(&disk.device))?;
        }
        let new = self.new_key(part.key, plans, destination).await;
        new.map_err(|error| part.refused(error))
    }

    async fn check_present_key(&self, disk: &ImageDiskRecord, destination: &Scope) -> Result<()> {
        let Some(key) = disk.snapshot.content.key_id else { return Ok(()) };
        self.require_kms_opened(destination).await?;
        let facts = self.key_facts(&KeyRef::Id(key), &disk.snapshot.scope).await?;
        self.require_enabled(&facts)
    }

    async fn new_key(&self, named: Option<&str>, plans: Option<&[DiskPlan]>, destination: &Scope) -> Result<NewKey> {
        if let Some(key) = named {
            return Ok(NewKey::Named(self.usable_key(&key.parse()?, destination).await?));
        }
        if plans.is_some_and(|plans| plans.iter().all(|plan| !makes_encrypted(*plan))) {
            return Ok(NewKey::None);
        }
        self.require_kms_opened(destination).await?;
        Ok(NewKey::Service)
    }

    async fn check_size(&self, source: &ImageRecord, parts: &[Part<'_>], destination: &Scope) -> Result<()> {
        let gib = disks_in(parts).map(|disk| disk.snapshot.content.virtual_bytes.div_ceil(GIB)).sum();
        let max = self.copy_gib_max(destination).await?;
        if gib <= max { Ok(()) } else { Err(EcsError::TooLarge { id: source.id.clone(), gib, max }) }
    }

    /// Errors: `ImageQuota`.
    pub(crate) async fn check_quota(&self, scope: &Scope) -> Result<()> {
        let Some(max) = self.config.images_max else { return Ok(()) };
        let count = self.catalog.read().images_count(scope).await?;
        if count < max { Ok(()) } else { Err(EcsError::ImageQuota { region: scope.region.clone(), max }) }
    }

    /// Errors: `NameTaken`.
    pub(crate) async fn check_name_is_free(&self, name: &str, scope: &Scope) -> Result<()> {
        match self.catalog.read().image_by_name(name, scope).await? {
            Some(_) => Err(EcsError::NameTaken { name: name.to_owned(), region: scope.region.clone() }),
            None => Ok(()),
        }
    }

    async fn check_balance(&self, destination: &Scope) -> Result<()> {
        Ok(self.rooms.kms.require_credit(&destination.account).await?)
    }
}

/// Whether an image is the account's own, or shared with it.
pub(crate) async fn may_copy(read: &mut Read<'_>, image: &ImageRecord, scope: &Scope) -> Result<bool> {
    Ok(image.scope.account == scope.account || read.image_is_shared_with(&image.id, &scope.account).await?)
}

fn disks_in<'p>(parts: &'p [Part<'_>]) -> impl Iterator<Item = &'p ImageDiskRecord> {
    parts.iter().flat_map(|part| &part.disks)
}

fn makes_encrypted(plan: DiskPlan) -> bool {
    matches!(plan, DiskPlan::Make(Decision::Encrypt | Decision::Reencrypt | Decision::Rewrap))
}

fn require_available(image: &ImageRecord) -> Result<()> {
    if image.status == "Available" {
        return Ok(());
    }
    Err(EcsError::ImageStatus { id: image.id.clone(), status: image.status.clone(), wanted: "Available" })
}
