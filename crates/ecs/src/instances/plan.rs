//! What a call that makes instances is refused for, in the order in which it is looked at, before anything is made:
//!
//! | # | check | refused with |
//! |---|---|---|
//! | 1 | name, description, host name | `MalformedName`, `MalformedDescription`, `MalformedHostName` |
//! | 2 | how many | `Amount` |
//! | 3 | the key pair is there | those of key pairs |
//! | 4 | the type is in the table | `NoType` |
//! | 5 | the image is the account's, or shared with it, and can be used | `ImageNotFound`, `ImageStatus` |
//! | 6 | a bare-metal type and an encrypted image | `BareMetal` |
//! | 7 | the disks: devices, sizes, snapshots, what they are encrypted under, and that their keys can be used | those of disks and keys |
//! | 8 | the number of instances | `Quota` |
//! | 9 | the account's balance | `InDebt` |

use std::collections::BTreeMap;

use catalog::{DiskRecord, ImageRecord, Scope};
use kms::KeyRef;
use ram::Permit;

use super::types::InstanceType;
use super::{InstanceError, KeyNeed, NewInstances};
use crate::disks::PlannedDisk;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::key_use::{DECRYPT, GENERATE_DATA_KEY, require_right};
use crate::names::{check_description, check_name};

/// Most instances of one call. Source: ecs-images.md 9.
const AMOUNT_MAX: u32 = 100;

/// Instances that may be made.
pub(super) struct Plan {
    pub(super) image: ImageRecord,
    pub(super) instance_type: InstanceType,
    pub(super) disks: Vec<PlannedDisk>,
}

impl Ecs {
    pub(super) async fn plan_instances(&self, request: &NewInstances, scope: &Scope) -> Result<Plan> {
        check_texts(request)?;
        let min = request.min_amount.unwrap_or(request.amount);
        if !(1..=AMOUNT_MAX).contains(&request.amount) || !(1..=request.amount).contains(&min) {
            return Err(InstanceError::Amount { max: AMOUNT_MAX }.into());
        }
        if let Some(name) = &request.key_pair {
            self.key_pair(&mut self.catalog.read(), name, scope).await?;
        }
        let instance_type = self.instance_type(&request.instance_type)?;
        let image = self.image_to_run(&request.image_id, scope).await?;
        let image_disks = self.disks_of(&image.id).await?;
        if instance_type.is_bare_metal() && image_disks.iter().any(|disk| disk.snapshot.content.key_id.is_some()) {
            return Err(InstanceError::BareMetal { instance_type: instance_type.name, image: image.id }.into());
        }
        let disks = self.plan_disks(&image_disks, (&request.system_disk, &request.data_disks), scope).await?;
        self.check_instance_quota(request.amount, scope).await?;
        self.rooms.kms.require_credit(&scope.account).await?;
        Ok(Plan { image, instance_type, disks })
    }

    fn instance_type(&self, name: &str) -> Result<InstanceType> {
        let found = self.config.instances.types.iter().find(|found| found.name == name);
        found.cloned().ok_or_else(|| InstanceError::NoType(name.to_owned()).into())
    }

    /// An image that instances run from: Available, or Deprecated.
    pub(crate) async fn image_to_run(&self, id: &str, scope: &Scope) -> Result<ImageRecord> {
        let image = self.image_to_use(id, scope).await?;
        if matches!(image.status.as_str(), "Available" | "Deprecated") {
            return Ok(image);
        }
        Err(EcsError::ImageStatus { id: image.id, status: image.status, wanted: "Available" })
    }

    /// Refuses when the account would have more than it may with `more` of them.
    pub(super) async fn check_instance_quota(&self, more: u32, scope: &Scope) -> Result<()> {
        let Some(max) = self.config.instances.instances_max else { return Ok(()) };
        let count = self.catalog.read().instances_count(scope).await?;
        if count + u64::from(more) <= max {
            return Ok(());
        }
        Err(InstanceError::Quota { region: scope.region.clone(), max }.into())
    }

    /// The rights on keys that RunInstances and CreateInstance ask the caller for: to open those of the image, and to make data keys
    /// under those that the call names. Keys that are not there, and the service key, need none.
    ///
    /// Errors: `RegionNotFound`, failures of the catalog.
    pub async fn keys_of_new_instances(&self, request: &NewInstances, scope: &Scope) -> Result<Vec<KeyNeed>> {
        self.store(&scope.region)?;
        let image = match self.image_to_use(&request.image_id, scope).await {
            Ok(image) => image,
            // The call is refused for it, whatever the caller may do with keys.
            Err(EcsError::ImageNotFound { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut opened: Vec<_> =
            self.disks_of(&image.id).await?.into_iter().filter_map(|disk| disk.snapshot.content.key_id).collect();
        for disk in request.data_disks.iter().filter(|disk| !disk.snapshot_id.is_empty()) {
            let snapshot = self.catalog.read().snapshot_by_id(&disk.snapshot_id).await?;
            opened.extend(snapshot.filter(|found| found.scope == *scope).and_then(|found| found.content.key_id));
        }
        let data = request.data_disks.iter().map(|disk| &disk.encryption);
        let named =
            std::iter::once(&request.system_disk.encryption).chain(data).filter_map(|asked| asked.key.as_deref());
        self.key_needs(opened, named, scope).await
    }

    /// The rights on keys that StartInstance and RebootInstance ask the caller for: to open those of its disks.
    ///
    /// Errors: failures of the catalog.
    pub async fn keys_of_instance(&self, id: &str, scope: &Scope) -> Result<Vec<KeyNeed>> {
        let found = self.catalog.read().instance_by_id(id).await?.filter(|instance| instance.scope == *scope);
        let Some(instance) = found else { return Ok(Vec::new()) };
        let disks = self.attached_disks(&instance.id).await?;
        self.key_needs(keys_of(&disks), std::iter::empty(), scope).await
    }

    pub(crate) async fn key_needs(
        &self,
        opened: Vec<kms::KeyId>,
        named: impl Iterator<Item = &str>,
        scope: &Scope,
    ) -> Result<Vec<KeyNeed>> {
        let opened = opened.into_iter().map(|id| (DECRYPT, Some(KeyRef::Id(id))));
        let named = named.map(|name| (GENERATE_DATA_KEY, name.parse().ok()));
        let mut needs = BTreeMap::new();
        for (action, key) in opened.chain(named) {
            let Some(key) = key else { continue };
            if let Some(facts) = self.own_key(&key, scope).await? {
                needs.entry((facts.key.id, action)).or_insert(KeyNeed { action, facts });
            }
        }
        Ok(needs.into_values().collect())
    }
}

/// Refuses a caller without these rights: what a name stands for may have changed since they were asked for.
pub(crate) fn require_keys(needs: &[KeyNeed], permit: &Permit) -> Result<()> {
    needs.iter().try_for_each(|need| require_right(need.action, &need.facts, permit))
}

/// Refuses a caller who may not make data keys under the keys that the call named for these disks.
pub(crate) fn require_named(disks: &[PlannedDisk], permit: &Permit) -> Result<()> {
    disks.iter().filter(|disk| disk.is_named).try_for_each(|disk| disk.key.require(permit))
}

/// Every key that must open for these disks, once: their own, and those of what they lie on.
pub(super) fn keys_of(disks: &[DiskRecord]) -> Vec<kms::KeyId> {
    let mut keys: Vec<_> = disks.iter().flat_map(|disk| [disk.key_id, disk.blob_key_id]).flatten().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn check_texts(request: &NewInstances) -> Result<()> {
    let disks = request.data_disks.iter().map(|disk| (&disk.name, &disk.description));
    let system = (&request.system_disk.name, &request.system_disk.description);
    for (name, description) in [(&request.name, &request.description), system].into_iter().chain(disks) {
        check_instance_name(name)?;
        check_description(description)?;
    }
    check_host_name(&request.host_name)
}

/// The rules of an image's name. Source: ecs-images.md 2, UNSURE for instances.
pub(super) fn check_instance_name(name: &str) -> Result<()> {
    check_name(name).map_err(|error| match error {
        EcsError::MalformedName { name, why } => InstanceError::MalformedName { name, why }.into(),
        error => error,
    })
}

fn check_host_name(name: &str) -> Result<()> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let fits = (2..=64).contains(&name.len()) && name.chars().all(is_inner);
    if name.is_empty() || (fits && is_end(name.chars().next()) && is_end(name.chars().last())) {
        return Ok(());
    }
    Err(InstanceError::MalformedHostName(name.escape_default().to_string()).into())
}
