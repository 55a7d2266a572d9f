//! Instances in the data directory, with no server beside it.

use std::path::PathBuf;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ecs::{
    DescribedDisk, DescribedInstance, DiskFilter, InstanceFilter, KeyLock, NewInstances, Page, PageRequest, PortForward,
};

use super::{AttachedDiskView, ForwardView, InstanceView, Instances, LockView};
use crate::images::LocalImages;
use crate::output;
use crate::store::Store;

impl LocalImages {
    /// All items of a list, page by page.
    fn every<T>(&self, page: impl AsyncFn(PageRequest) -> ecs::Result<Page<T>>) -> Result<Vec<T>> {
        let mut request = PageRequest::first();
        let mut items = Vec::new();
        loop {
            let found = self.runtime.block_on(page(request))?;
            let is_last = found.items.is_empty();
            items.extend(found.items);
            if is_last || items.len() as u64 >= found.total_count {
                return Ok(items);
            }
            request = request.next();
        }
    }
}

impl Instances for LocalImages {
    fn instances(&self, ids: &str) -> Result<Vec<InstanceView>> {
        let filter = InstanceFilter { ids: ids.to_owned(), ..InstanceFilter::default() };
        let (permit, scope) = (&self.permit, &self.scope);
        let found = self.every(async |page| self.ecs.describe_instances(&filter, &[], page, permit, scope).await)?;
        Ok(found.iter().map(view).collect())
    }

    fn attached_disks(&self, instance_id: &str) -> Result<Vec<AttachedDiskView>> {
        let filter = DiskFilter { instance_id: instance_id.to_owned(), ..DiskFilter::default() };
        let (permit, scope) = (&self.permit, &self.scope);
        let found = self.every(async |page| self.ecs.describe_disks(&filter, &[], page, permit, scope).await)?;
        Ok(found.into_iter().map(disk_view).collect())
    }

    fn run(&self, new: &NewInstances) -> Result<Vec<String>> {
        Ok(self.runtime.block_on(self.ecs.run_instances(new, None, &self.permit, &self.scope))?)
    }

    fn start(&self, id: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.ecs.start_instance(id, &self.permit, &self.scope))?)
    }

    fn stop(&self, id: &str, force: bool) -> Result<()> {
        Ok(self.runtime.block_on(self.ecs.stop_instance(id, force, &self.permit, &self.scope))?)
    }

    fn reboot(&self, id: &str, force: bool) -> Result<()> {
        Ok(self.runtime.block_on(self.ecs.reboot_instance(id, force, &self.permit, &self.scope))?)
    }

    fn delete_instance(&self, id: &str, force: bool) -> Result<()> {
        Ok(self.runtime.block_on(self.ecs.delete_instance(id, force, &self.permit, &self.scope))?)
    }

    fn console_output(&self, id: &str) -> Result<Vec<u8>> {
        let output = self.runtime.block_on(self.ecs.console_output(id, &self.permit, &self.scope))?;
        STANDARD.decode(output.base64).context("the console's output is not base64")
    }

    fn console_socket(&self, id: &str, _: &Store) -> Result<PathBuf> {
        Ok(self.runtime.block_on(self.ecs.console_socket(id, &self.permit, &self.scope))?)
    }
}

fn view(described: &DescribedInstance) -> InstanceView {
    let instance = &described.instance;
    InstanceView {
        instance_id: instance.id.clone(),
        name: instance.name.clone(),
        description: instance.description.clone(),
        region: instance.scope.region.to_string(),
        status: instance.status.clone(),
        instance_type: instance.instance_type.clone(),
        cpu: instance.cpu,
        memory_mib: instance.memory_mib,
        image_id: instance.image_id.clone(),
        encrypted: described.disks.iter().any(|disk| disk.key_id.is_some()),
        creation_time: output::time_to_the_minute(instance.created_at),
        start_time: instance.started_at.map(output::time_to_the_minute).unwrap_or_default(),
        key_pair: described.key_pair.clone().unwrap_or_default(),
        protected: instance.is_protected,
        failure: instance.failure.clone(),
        locks: described.locks.iter().map(lock_view).collect(),
        forwards: described.forwards.iter().map(forward_view).collect(),
    }
}

fn lock_view(lock: &KeyLock) -> LockView {
    LockView {
        key_id: lock.key_id.to_string(),
        key_state: lock.state.map(|state| state.to_string()).unwrap_or_default(),
        reason: lock.reason.clone(),
    }
}

fn forward_view(forward: &PortForward) -> ForwardView {
    ForwardView {
        host_address: forward.host.ip().to_string(),
        host_port: forward.host.port(),
        guest_port: forward.guest_port,
    }
}

fn disk_view(described: DescribedDisk) -> AttachedDiskView {
    let disk = described.disk;
    AttachedDiskView {
        kind: if disk.position == 0 { "system" } else { "data" }.to_owned(),
        key_id: disk.key_id.map(|id| id.to_string()).unwrap_or_default(),
        key_version_id: disk.key_version_id.map(|id| id.to_string()).unwrap_or_default(),
        disk_id: disk.id,
        device: disk.device,
        virtual_bytes: disk.virtual_bytes,
        image_id: disk.image_id,
        snapshot_id: disk.snapshot_id,
    }
}
