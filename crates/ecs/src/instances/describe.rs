//! `DescribeInstances`, `DescribeInstanceStatus`, `DescribeInstanceTypes`. Source: ecs-images.md 9.

use std::collections::BTreeMap;

use catalog::{DiskRecord, InstanceFilter, InstanceRecord, Page, PageRequest, Scope, Tag};
use kms::KeyRef;
use ram::{Action, Permit};

use super::make::forwards_of;
use super::plan::keys_of;
use super::types::InstanceType;
use super::{DescribedInstance, InstanceTypeFilter, KeyLock};
use crate::arn::require;
use crate::disks::is_attached;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::pages::by_owner;
use crate::tags::{ResourceKind, TagFilter};

const DESCRIBE_INSTANCES: Action = Action::new("ecs:DescribeInstances");
const DESCRIBE_INSTANCE_STATUS: Action = Action::new("ecs:DescribeInstanceStatus");
const DESCRIBE_INSTANCE_TYPES: Action = Action::new("ecs:DescribeInstanceTypes");

impl Ecs {
    /// Instances of an account in a region, newest first; with `tags`, those that have all of them (an empty value: any).
    ///
    /// Asks for `ecs:DescribeInstances` on `instance/*`. Errors: `RegionNotFound`.
    pub async fn describe_instances(
        &self,
        filter: &InstanceFilter,
        tags: &[Tag],
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<DescribedInstance>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_INSTANCES, scope, "instance/*")?;
        let mut filter = filter.clone();
        match self.ids_with_tags(ResourceKind::Instance, &filter.ids, &TagFilter::all_of(tags), scope).await? {
            Some(ids) if ids.is_empty() => return Ok(Page { items: Vec::new(), total_count: 0 }),
            Some(ids) => filter.ids = ids,
            None => {}
        }
        let found = self.catalog.read().instances_page(&filter, scope, page).await?;
        let items = self.described_instances(found.items, scope).await?;
        Ok(Page { items, total_count: found.total_count })
    }

    /// Instances with what belongs to them, in their order. As many queries for one instance as for a page of them, beside one for each key.
    async fn described_instances(
        &self,
        instances: Vec<InstanceRecord>,
        scope: &Scope,
    ) -> Result<Vec<DescribedInstance>> {
        let ids: Vec<&str> = instances.iter().map(|instance| instance.id.as_str()).collect();
        let mut read = self.catalog.read();
        let disks: Vec<DiskRecord> = read.disks_of_instances(&ids).await?.into_iter().filter(is_attached).collect();
        let locks = self.key_locks(&disks, scope).await?;
        let mut disks = by_owner(disks.into_iter().map(|disk| (disk.instance_id.clone(), disk)));
        let mut tags = by_owner(read.tags_of_resources((ResourceKind::Instance.name(), &ids), scope).await?);
        let mut key_pairs: BTreeMap<String, String> = read.key_pairs_of_instances(&ids).await?.into_iter().collect();
        let describe = |instance: InstanceRecord| {
            let disks = disks.remove(&instance.id).unwrap_or_default();
            let keys = keys_of(&disks);
            Ok(DescribedInstance {
                tags: tags.remove(&instance.id).unwrap_or_default(),
                key_pair: key_pairs.remove(&instance.id),
                forwards: forwards_of(&instance)?,
                locks: locks.iter().filter(|lock| keys.contains(&lock.key_id)).cloned().collect(),
                disks,
                instance,
            })
        };
        instances.into_iter().map(describe).collect()
    }

    /// The keys of these disks that cannot be used now. Nothing is remembered of it: so what heals a key heals the instance.
    pub(super) async fn key_locks(&self, disks: &[DiskRecord], scope: &Scope) -> Result<Vec<KeyLock>> {
        let mut locks = Vec::new();
        for key_id in keys_of(disks) {
            let refusal = match self.key_facts(&KeyRef::Id(key_id), scope).await {
                Ok(facts) => self.require_enabled(&facts),
                Err(error) => Err(error),
            };
            match refusal {
                Ok(()) => {}
                Err(error @ EcsError::KeyNotEnabled { state, .. }) => {
                    locks.push(KeyLock { key_id, state: Some(state), reason: error.to_string() });
                }
                Err(error @ EcsError::KeyNotFound(_)) => {
                    locks.push(KeyLock { key_id, state: None, reason: error.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(locks)
    }

    /// Ids and statuses of instances, newest first.
    ///
    /// Asks for `ecs:DescribeInstanceStatus` on `instance/*`. Errors: `RegionNotFound`.
    pub async fn instance_statuses(
        &self,
        filter: &InstanceFilter,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<(String, String)>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_INSTANCE_STATUS, scope, "instance/*")?;
        let found = self.catalog.read().instances_page(filter, scope, page).await?;
        let items = found.items.into_iter().map(|instance| (instance.id, instance.status)).collect();
        Ok(Page { items, total_count: found.total_count })
    }

    /// The types of the configuration.
    ///
    /// Asks for `ecs:DescribeInstanceTypes` on everything. Errors: `RegionNotFound`.
    pub fn describe_instance_types(
        &self,
        filter: &InstanceTypeFilter,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Vec<InstanceType>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_INSTANCE_TYPES, scope, "*")?;
        Ok(self.config.instances.types.iter().filter(|found| filter.wants(found)).cloned().collect())
    }
}
