//! `DescribeInstances`, `DescribeInstanceStatus`, `DescribeInstanceTypes`. Source: ecs-images.md 9.

use catalog::{DiskRecord, InstanceFilter, InstanceRecord, Page, PageRequest, Scope, Tag};
use kms::KeyRef;
use ram::{Action, Permit};

use super::make::forwards_of;
use super::plan::keys_of;
use super::types::InstanceType;
use super::{DescribedInstance, InstanceTypeFilter, KeyLock};
use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
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
        let mut items = Vec::with_capacity(found.items.len());
        for instance in found.items {
            items.push(self.described_instance(instance).await?);
        }
        Ok(Page { items, total_count: found.total_count })
    }

    async fn described_instance(&self, instance: InstanceRecord) -> Result<DescribedInstance> {
        let disks = self.attached_disks(&instance.id).await?;
        let tagged = ResourceKind::Instance.tagged(&instance.id, &instance.scope);
        Ok(DescribedInstance {
            tags: self.catalog.read().tags_of_resource(&tagged).await?,
            forwards: forwards_of(&instance)?,
            locks: self.key_locks(&disks, &instance.scope).await?,
            disks,
            instance,
        })
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
