//! `DescribeDisks`. Source: ecs-images.md 8.

use catalog::{DiskFilter, DiskRecord, Page, PageRequest, Read, Scope, Tag};
use ram::{Action, Permit};

use super::request::DescribedDisk;
use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::Result;
use crate::instances::InstanceError;
use crate::pages::by_owner;
use crate::tags::{ResourceKind, TagFilter};

const DESCRIBE_DISKS: Action = Action::new("ecs:DescribeDisks");

impl Ecs {
    /// Disks of an account in a region, newest first; with `tags`, those that have all of them (an empty value: any).
    ///
    /// Asks for `ecs:DescribeDisks` on `disk/*`. Errors: `RegionNotFound`.
    pub async fn describe_disks(
        &self,
        filter: &DiskFilter,
        tags: &[Tag],
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<DescribedDisk>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_DISKS, scope, "disk/*")?;
        let mut filter = filter.clone();
        match self.ids_with_tags(ResourceKind::Disk, &filter.ids, &TagFilter::all_of(tags), scope).await? {
            Some(ids) if ids.is_empty() => return Ok(Page { items: Vec::new(), total_count: 0 }),
            Some(ids) => filter.ids = ids,
            None => {}
        }
        let mut read = self.catalog.read();
        let found = read.disks_page(&filter, scope, page).await?;
        let ids: Vec<&str> = found.items.iter().map(|disk| disk.id.as_str()).collect();
        let mut tags = by_owner(read.tags_of_resources((ResourceKind::Disk.name(), &ids), scope).await?);
        let describe = |disk: DiskRecord| DescribedDisk {
            attached_at: disk.created_at,
            tags: tags.remove(&disk.id).unwrap_or_default(),
            disk,
        };
        Ok(Page { items: found.items.into_iter().map(describe).collect(), total_count: found.total_count })
    }

    /// The disks that a machine has, the system disk first: not those that are being made or removed.
    pub(crate) async fn attached_disks(&self, instance_id: &str) -> Result<Vec<DiskRecord>> {
        let disks = self.catalog.read().disks_of_instance(instance_id).await?;
        Ok(disks.into_iter().filter(is_attached).collect())
    }

    /// A disk of the account that callers know of.
    ///
    /// Errors: `DiskNotFound`.
    pub(crate) async fn disk(&self, read: &mut Read<'_>, id: &str, scope: &Scope) -> Result<DiskRecord> {
        let known = read.disk_by_id(id).await?.filter(|disk| disk.scope == *scope && is_attached(disk));
        let not_found = || InstanceError::DiskNotFound { id: id.to_owned(), region: scope.region.clone() };
        Ok(known.ok_or_else(not_found)?)
    }

    /// Where a disk of the account is: some calls name no region. `scope` for one that is not there.
    ///
    /// Errors: failures of the catalog.
    pub async fn scope_of_disk(&self, id: &str, scope: &Scope) -> Result<Scope> {
        let found = self.catalog.read().disk_by_id(id).await?.map(|disk| disk.scope);
        Ok(found.filter(|found| found.account == scope.account).unwrap_or_else(|| scope.clone()))
    }
}

/// Whether a machine has a disk. Others are being made, or wait to be removed.
pub(crate) fn is_attached(disk: &DiskRecord) -> bool {
    disk.status == "In_use"
}
