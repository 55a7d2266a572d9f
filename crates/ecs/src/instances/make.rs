//! New instances: how they begin in the catalog, their files, and how what did not come to be is removed.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;

use catalog::{DiskRecord, InstanceRecord, Scope, Write};

use super::host::Place;
use super::plan::Plan;
use super::{ForwardConfig, InstanceError, NewInstances, PortForward};
use crate::copy_image::checks::may_copy;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::new_image::insert_tags;
use crate::tags::ResourceKind;

/// The vendor part of MAC addresses of virtual machines. Source: IEEE registry, as the vendor's instances have it.
const MAC_VENDOR: [u8; 3] = [0x00, 0x16, 0x3e];

/// An instance that is being made.
pub(super) struct Made {
    pub(super) instance: InstanceRecord,
    pub(super) disks: Vec<DiskRecord>,
    /// Nobody else works on it until it is known, or gone.
    _turn: tokio::sync::OwnedMutexGuard<()>,
}

impl Ecs {
    /// Begins the instances in one change. Their keys are marked, and their images kept, from now on.
    pub(super) async fn insert_making(&self, request: &NewInstances, plan: &Plan, scope: &Scope) -> Result<Vec<Made>> {
        let host = self.host.id(&self.config.instances, &*self.rooms.random).await?.to_owned();
        let mut keys = Vec::new();
        for disk in &plan.disks {
            // The mark and the service key stay useful if what follows fails.
            keys.push(self.marked_key(&disk.key, scope).await?);
        }
        let mut made = Vec::new();
        for _ in 0..request.amount {
            let instance = self.new_instance(request, plan, host.clone(), scope);
            let disks = plan.disks.iter().zip(&keys).map(|(planned, key)| DiskRecord {
                key_id: key.as_ref().map(|key| key.key.id),
                key_version_id: key.as_ref().map(|key| key.key.primary_version),
                ..self.new_disk(planned, &instance)
            });
            let disks = disks.collect();
            let turn = self.host.turn(&instance.id).await;
            made.push(Made { instance, disks, _turn: turn });
        }
        let mut write = self.catalog.write().await?;
        let done = async {
            self.recheck_making(&mut write, plan, scope).await?;
            let key_pair = match &request.key_pair {
                Some(name) => Some(self.key_pair(&mut write.read(), name, scope).await?),
                None => None,
            };
            let mut taken = self.ports_taken(&mut write, &host).await?;
            for one in &mut made {
                one.instance.forwards = self.forwards(&mut taken)?;
                write.instance_insert(&one.instance).await?;
                if let Some(pair) = &key_pair {
                    write.key_pair_attach(&pair.id, &one.instance.id).await?;
                }
                for (disk, planned) in one.disks.iter().zip(&plan.disks) {
                    self.insert_making_disk(&mut write, disk, planned).await?;
                }
                let resource = ResourceKind::Instance.tagged(&one.instance.id, scope);
                insert_tags(&mut write, &request.tags, &resource).await?;
            }
            self.recheck_instance_quota(&mut write, scope).await
        };
        let done: Result<()> = done.await;
        write.finish(done).await?;
        Ok(made)
    }

    /// What may have changed since the checks.
    async fn recheck_making(&self, write: &mut Write, plan: &Plan, scope: &Scope) -> Result<()> {
        let id = &plan.image.id;
        let not_found = || EcsError::ImageNotFound { id: id.clone(), region: scope.region.clone() };
        let mut read = write.read();
        let image = read.image_by_id(id).await?.ok_or_else(not_found)?;
        if may_copy(&mut read, &image, scope).await? { Ok(()) } else { Err(not_found()) }
    }

    /// The number again, in the change that adds them.
    async fn recheck_instance_quota(&self, write: &mut Write, scope: &Scope) -> Result<()> {
        let Some(max) = self.config.instances.instances_max else { return Ok(()) };
        if write.read().instances_count(scope).await? <= max {
            return Ok(());
        }
        Err(InstanceError::Quota { region: scope.region.clone(), max }.into())
    }

    fn new_instance(&self, request: &NewInstances, plan: &Plan, host: String, scope: &Scope) -> InstanceRecord {
        let (image, now) = (&plan.image, self.now());
        InstanceRecord {
            id: self.new_id("i"),
            scope: scope.clone(),
            name: request.name.clone(),
            description: request.description.clone(),
            host_name: request.host_name.clone(),
            image_id: image.id.clone(),
            instance_type: plan.instance_type.name.clone(),
            cpu: plan.instance_type.cpu,
            memory_mib: plan.instance_type.memory_mib,
            os_type: image.os_type.clone(),
            os_name: image.os_name.clone(),
            platform: image.platform.clone(),
            architecture: image.architecture.clone(),
            boot_mode: image.boot_mode.clone(),
            status: "Pending".to_owned(),
            doing: "making".to_owned(),
            status_at: now,
            host,
            is_protected: request.is_protected,
            failure: String::new(),
            mac_address: self.new_mac(),
            forwards: "[]".to_owned(),
            created_at: now,
            started_at: None,
        }
    }

    fn new_mac(&self) -> String {
        let mut own = [0; 3];
        self.rooms.random.fill(&mut own);
        let bytes: Vec<String> = MAC_VENDOR.iter().chain(&own).map(|byte| format!("{byte:02x}")).collect();
        bytes.join(":")
    }

    /// Ports that instances of this host have, of all accounts.
    async fn ports_taken(&self, write: &mut Write, host: &str) -> Result<BTreeSet<u16>> {
        let (mut taken, mut behind) = (BTreeSet::new(), String::new());
        if self.config.instances.forwards.is_none() {
            return Ok(taken);
        }
        loop {
            let part = write.read().instances_of_host_after(host, &behind).await?;
            let Some(last) = part.last() else { return Ok(taken) };
            behind.clone_from(&last.id);
            for instance in &part {
                taken.extend(forwards_of(instance)?.iter().map(|forward| forward.host.port()));
            }
        }
    }

    /// A port of the host for each port of a guest that is to be reached, as JSON.
    fn forwards(&self, taken: &mut BTreeSet<u16>) -> Result<String> {
        let forwards = match &self.config.instances.forwards {
            Some(config) => free_ports(config, taken).ok_or(InstanceError::NoPorts)?,
            None => Vec::new(),
        };
        serde_json::to_string(&forwards).map_err(|error| EcsError::Damaged(error.to_string()))
    }

    /// Makes the directory of an instance, and the files of its disks.
    pub(super) async fn make_files(&self, made: &mut Made) -> Result<()> {
        self.make_place(&made.instance.id)?;
        for disk in &mut made.disks {
            *disk = self.make_disk_file(disk.clone()).await?;
        }
        Ok(())
    }

    fn make_place(&self, id: &str) -> Result<()> {
        let failed = |source| InstanceError::Files { id: id.to_owned(), action: "make", source };
        Ok(Place::of(&self.config.instances, id).make().map_err(failed)?)
    }

    /// Removes an instance that nobody was told of. What cannot be removed now is found again.
    pub(super) async fn unmake(&self, id: &str) {
        if let Err(error) = self.remove_instance(id).await {
            tracing::warn!(instance = id, %error, "what is left of an instance that was not made is removed later");
        }
    }
}

/// Ports of the host that lead into a guest.
pub(super) fn forwards_of(instance: &InstanceRecord) -> Result<Vec<PortForward>> {
    serde_json::from_str(&instance.forwards)
        .map_err(|error| EcsError::Damaged(format!("the ports of instance {}: {error}", instance.id)))
}

/// `None` when fewer are free than are needed.
fn free_ports(config: &ForwardConfig, taken: &mut BTreeSet<u16>) -> Option<Vec<PortForward>> {
    let mut free = config.ports.clone().filter(|port| !taken.contains(port)).collect::<Vec<_>>().into_iter();
    config
        .guest_ports
        .iter()
        .map(|guest_port| {
            let port = free.next()?;
            taken.insert(port);
            Some(PortForward { host: SocketAddrV4::new(config.address, port), guest_port: *guest_port })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// Each guest has ports of its own, in order, until there are none.
    #[test]
    fn ports_are_given_once() {
        let config = ForwardConfig { address: Ipv4Addr::LOCALHOST, ports: 2200..=2203, guest_ports: vec![22, 80] };
        let mut taken = BTreeSet::from([2201]);
        let first = free_ports(&config, &mut taken).unwrap();
        let shown: Vec<_> = first.iter().map(|forward| (forward.host.port(), forward.guest_port)).collect();
        assert_eq!(shown, [(2200, 22), (2202, 80)]);
        assert_eq!(free_ports(&config, &mut taken), None);
    }
}
