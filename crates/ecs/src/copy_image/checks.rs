//! What a copy is refused for, in the order in which it is looked at (docs/api-coverage.md shows it, too):
//!
//! | # | check | refused with |
//! |---|---|---|
//! | 1 | name and description of the copy | `MalformedName`, `MalformedDescription` |
//! | 2 | the destination is a region | `DestinationRegionNotFound` |
//! | 3 | the source is a custom image of the account in its region, or shared with it there | `ImageNotFound` |
//! | 4 | it is Available | `ImageStatus` |
//! | 5 | flags and key fit the source's state | `Refused` |
//! | 6 | an image that is encrypted or of another account stays in its region | `EncryptedAcrossRegions`, `SharedAcrossRegions` |
//! | 7 | KMS is opened, the key is there, enabled, and ECS may use it | `KmsNotOpened`, `KeyNotFound`, `KeyNotEnabled`, … |
//! | 8 | the size, or a ticket | `TooLarge` |
//! | 9 | the number of images | `ImageQuota` |
//! | 10 | the name is free | `NameTaken` |
//! | 11 | the account's balance | `InDebt` |

use catalog::{ImageDiskRecord, ImageRecord, Read, Scope};
use engine::{Decision, SourceFormat, SourceState, decide};
use kms::KeyRef;

use super::{CopyImage, DiskPlan};
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::key_use::NewKey;
use crate::names::{check_description, check_name};

const GIB: u64 = 1 << 30;

/// One check of a call, and what came of it.
#[derive(Debug)]
pub struct Check {
    /// What was looked at, in few words.
    pub name: &'static str,
    /// Why it refuses the call; `None` where it does not, or could not be looked at because an earlier one refused.
    pub refusal: Option<EcsError>,
    /// Whether it was looked at.
    pub was_run: bool,
    /// What the disk of an import is, where the check is of one.
    pub found: Option<FoundDisk>,
}

/// What was found of a disk before it is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundDisk {
    /// As it looks; of one that a service has, what the caller says, if anything.
    pub format: Option<SourceFormat>,
    /// Of its disk; of one that a service has, of the object.
    pub virtual_bytes: u64,
}

/// A copy that may be made.
pub(crate) struct Planned {
    pub(crate) source: ImageRecord,
    pub(crate) destination: Scope,
    /// The disks of the source, and what becomes of each.
    pub(crate) disks: Vec<(ImageDiskRecord, DiskPlan)>,
    pub(crate) key: NewKey,
}

/// Runs the checks one after the other; a dry run goes on after the first that refuses.
struct Run {
    checks: Vec<Check>,
    go_on: bool,
    first: Option<EcsError>,
}

impl Run {
    /// Notes a check. `None` when it refuses; the error then stands in the list, or is the call's.
    fn note<T>(&mut self, name: &'static str, outcome: Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => {
                self.checks.push(Check { name, refusal: None, was_run: true, found: None });
                Some(value)
            }
            Err(error) if self.go_on => {
                self.checks.push(Check { name, refusal: Some(error), was_run: true, found: None });
                None
            }
            Err(error) => {
                self.first.get_or_insert(error);
                None
            }
        }
    }

    fn is_over(&self) -> bool {
        self.first.is_some()
    }

    fn skip(&mut self, names: &[&'static str]) {
        self.checks.extend(names.iter().map(|name| Check { name, refusal: None, was_run: false, found: None }));
    }
}

impl Ecs {
    /// A plan for the copy.
    ///
    /// Errors: the first check that refuses.
    pub(super) async fn plan_copy(&self, request: &CopyImage, scope: &Scope) -> Result<Planned> {
        let mut run = Run { checks: Vec::new(), go_on: false, first: None };
        let planned = self.run_copy_checks(&mut run, request, scope).await;
        match (run.first, planned) {
            (Some(error), _) => Err(error),
            (None, Some(planned)) => Ok(planned),
            (None, None) => Err(EcsError::Damaged("a check refused without a reason".to_owned())),
        }
    }

    pub(super) async fn all_copy_checks(&self, request: &CopyImage, scope: &Scope) -> Result<Vec<Check>> {
        let mut run = Run { checks: Vec::new(), go_on: true, first: None };
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
            run.skip(&["source status", "encryption", "regions", "key", "size", "quota", "name is free", "balance"]);
            return None;
        };
        let status = run.note("source status", require_available(&source));
        if run.is_over() {
            return None;
        }
        let disks = run.note("disks of the source", self.disks_of(&source.id).await)?;
        let decided = run.note("encryption", decide_disks(request, &disks));
        let crosses = destination.region != source.scope.region;
        let regions = run.note("regions", self.check_regions(&source, &disks, &destination));
        if run.is_over() {
            return None;
        }
        let decided = decided.map(|decided| disk_plans(&decided, crosses, &disks));
        let key = run.note("key", self.check_key(request, decided.as_deref(), &disks, &destination).await);
        let size = run.note("size", self.check_size(&source, &disks, &destination).await);
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
        let disks = disks.into_iter().zip(decided?).collect();
        Some(Planned { source, destination, disks, key: key? })
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

    fn check_regions(&self, source: &ImageRecord, disks: &[ImageDiskRecord], destination: &Scope) -> Result<()> {
        let crosses = destination.region != source.scope.region;
        if crosses && source.scope.account != destination.account {
            return Err(EcsError::SharedAcrossRegions { id: source.id.clone() });
        }
        if crosses && disks.iter().any(is_encrypted) && !self.config.encrypted_cross_region_copy {
            return Err(EcsError::EncryptedAcrossRegions { id: source.id.clone() });
        }
        Ok(())
    }

    /// The key for what is made anew, and whether the keys of what is kept can still open it: nothing becomes Available under a key
    /// that cannot.
    async fn check_key(
        &self,
        request: &CopyImage,
        plans: Option<&[DiskPlan]>,
        disks: &[ImageDiskRecord],
        destination: &Scope,
    ) -> Result<NewKey> {
        for disk in disks {
            if let Some(key) = disk.snapshot.content.key_id {
                self.require_kms_opened(destination).await?;
                let facts = self.key_facts(&KeyRef::Id(key), &disk.snapshot.scope).await?;
                self.require_enabled(&facts)?;
            }
        }
        if let Some(key) = &request.key {
            let key: KeyRef = key.parse()?;
            return Ok(NewKey::Named(self.usable_key(&key, destination).await?));
        }
        if plans.is_some_and(|plans| plans.iter().all(|plan| !makes_encrypted(*plan))) {
            return Ok(NewKey::None);
        }
        self.require_kms_opened(destination).await?;
        Ok(NewKey::Service)
    }

    async fn check_size(&self, source: &ImageRecord, disks: &[ImageDiskRecord], destination: &Scope) -> Result<()> {
        let gib = disks.iter().map(|disk| disk.snapshot.content.virtual_bytes.div_ceil(GIB)).sum();
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

fn is_encrypted(disk: &ImageDiskRecord) -> bool {
    disk.snapshot.content.key_id.is_some()
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

/// One decision a disk, by the table of DESIGN.md 1.
fn decide_disks(request: &CopyImage, disks: &[ImageDiskRecord]) -> Result<Vec<Decision>> {
    let state = |disk| if is_encrypted(disk) { SourceState::Encrypted } else { SourceState::Plain };
    disks.iter().map(|disk| Ok(decide(state(disk), request.encryption())?)).collect()
}

/// In another region the store is another, so kept bytes move; what is encrypted comes under a key of that region, as the policy
/// allows it only so.
fn disk_plans(decided: &[Decision], crosses: bool, disks: &[ImageDiskRecord]) -> Vec<DiskPlan> {
    let plan = |(decision, disk): (&Decision, &ImageDiskRecord)| match decision {
        Decision::Keep if !crosses => DiskPlan::Share,
        Decision::Keep if is_encrypted(disk) => DiskPlan::Make(Decision::Reencrypt),
        Decision::Keep => DiskPlan::Move,
        made => DiskPlan::Make(*made),
    };
    decided.iter().zip(disks).map(plan).collect()
}

#[cfg(test)]
mod tests {
    use catalog::{DiskContent, SnapshotRecord, Timestamp};

    use super::*;

    fn disk(key: Option<u8>) -> ImageDiskRecord {
        let key_id = key.map(|byte| catalog::KeyId::new(Timestamp::UNIX_EPOCH, [byte; 10]));
        ImageDiskRecord {
            image_id: "m-1".to_owned(),
            position: 0,
            device: "/dev/xvda".to_owned(),
            import_bucket: String::new(),
            import_object: String::new(),
            snapshot: SnapshotRecord {
                id: "s-1".to_owned(),
                scope: Scope::default(),
                name: String::new(),
                description: String::new(),
                status: "accomplished".to_owned(),
                disk_type: "system".to_owned(),
                image_id: "m-1".to_owned(),
                source_disk_id: String::new(),
                content: DiskContent { key_id, ..DiskContent::default() },
                created_at: Timestamp::UNIX_EPOCH,
                updated_at: Timestamp::UNIX_EPOCH,
            },
        }
    }

    /// The rows of DESIGN.md 1, for a disk that is plain and one that is encrypted, within a region and across.
    #[test]
    fn every_row_of_the_design_gives_its_plan() {
        use DiskPlan::{Make, Move, Share};
        let (plain, sealed) = (disk(None), disk(Some(1)));
        let cases = [
            (false, None, false, [Share, Share]),
            (true, None, false, [Make(Decision::Encrypt), Share]),
            (true, Some("k"), false, [Make(Decision::Encrypt), Make(Decision::Reencrypt)]),
            (false, None, true, [Move, Make(Decision::Reencrypt)]),
            (true, None, true, [Make(Decision::Encrypt), Make(Decision::Reencrypt)]),
        ];
        for (encrypted, key, crosses, wanted) in cases {
            let request = CopyImage { encrypted, key: key.map(str::to_owned), ..CopyImage::default() };
            let disks = [plain.clone(), sealed.clone()];
            let decided = decide_disks(&request, &disks).unwrap();
            assert_eq!(disk_plans(&decided, crosses, &disks), wanted, "{request:?} {crosses}");
            // Nothing that is encrypted becomes plain, and nothing is moved that is.
            assert!(matches!(wanted[1], Share | Make(Decision::Reencrypt)));
        }
        let named = CopyImage { key: Some("k".to_owned()), ..CopyImage::default() };
        for disk in [plain, sealed] {
            assert!(matches!(decide_disks(&named, &[disk]), Err(EcsError::Refused(_))));
        }
    }
}
