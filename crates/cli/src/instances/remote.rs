//! Instances at a server.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use api::Product;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ecs::NewInstances;
use serde::Deserialize;
use serde_json::Value;

use super::{AttachedDiskView, ForwardView, InstanceView, Instances, LockView};
use crate::images::{RemoteImages, given};
use crate::installation::Installation;
use crate::store::Store;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instance {
    instance_id: String,
    instance_name: String,
    description: String,
    region_id: String,
    status: String,
    instance_type: String,
    cpu: u32,
    memory: u32,
    image_id: String,
    creation_time: String,
    start_time: String,
    key_pair_name: String,
    deletion_protection: bool,
    reseal: Extension,
}

/// What the vendor's API does not tell.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Extension {
    encrypted: bool,
    failure: String,
    locks: Locks,
    forwards: Forwards,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Locks {
    lock: Vec<Lock>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lock {
    #[serde(rename = "KMSKeyId")]
    key_id: String,
    key_state: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Forwards {
    forward: Vec<Forward>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Forward {
    host_address: String,
    host_port: u16,
    guest_port: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Disk {
    disk_id: String,
    device: String,
    r#type: String,
    image_id: String,
    source_snapshot_id: String,
    #[serde(rename = "KMSKeyId")]
    key_id: String,
    reseal: DiskExtension,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DiskExtension {
    virtual_bytes: u64,
    #[serde(rename = "KMSKeyVersionId")]
    key_version_id: String,
}

impl RemoteImages {
    fn change(&self, action: &'static str, id: &str, force: (&str, bool)) -> Result<()> {
        let mut parameters = vec![("InstanceId", id)];
        parameters.extend(force.1.then_some((force.0, "true")));
        self.call(action, &parameters).map(drop)
    }
}

impl Instances for RemoteImages {
    fn instances(&self, ids: &str) -> Result<Vec<InstanceView>> {
        let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
        let ids = if ids.is_empty() { String::new() } else { serde_json::to_string(&ids)? };
        let mut parameters = vec![("RegionId", self.region.as_str())];
        parameters.extend(given("InstanceIds", &ids));
        let found: Vec<Instance> =
            self.remote.list_product(Product::Ecs, "DescribeInstances", &parameters, ("Instances", "Instance"))?;
        Ok(found.into_iter().map(Instance::into_view).collect())
    }

    fn attached_disks(&self, instance_id: &str) -> Result<Vec<AttachedDiskView>> {
        let parameters = [("RegionId", self.region.as_str()), ("InstanceId", instance_id)];
        let found: Vec<Disk> =
            self.remote.list_product(Product::Ecs, "DescribeDisks", &parameters, ("Disks", "Disk"))?;
        Ok(found.into_iter().map(Disk::into_view).collect())
    }

    fn run(&self, new: &NewInstances) -> Result<Vec<String>> {
        let owned = parameters_of(new);
        let parameters: Vec<(&str, &str)> = owned.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut answer: Value = self.call("RunInstances", &parameters)?.read()?;
        serde_json::from_value(answer["InstanceIdSets"]["InstanceIdSet"].take())
            .context("the answer to RunInstances is not that of this API")
    }

    fn start(&self, id: &str) -> Result<()> {
        self.call("StartInstance", &[("InstanceId", id)]).map(drop)
    }

    fn stop(&self, id: &str, force: bool) -> Result<()> {
        self.change("StopInstance", id, ("ForceStop", force))
    }

    fn reboot(&self, id: &str, force: bool) -> Result<()> {
        self.change("RebootInstance", id, ("ForceStop", force))
    }

    fn delete_instance(&self, id: &str, force: bool) -> Result<()> {
        self.change("DeleteInstance", id, ("Force", force))
    }

    fn console_output(&self, id: &str) -> Result<Vec<u8>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Output {
            console_output: String,
        }
        let answer: Output = self.call("GetInstanceConsoleOutput", &[("InstanceId", id)])?.read()?;
        STANDARD.decode(answer.console_output).context("the console's output is not base64")
    }

    /// The server may be on this host: then its data directory is here, and whoever may read that may use the console.
    fn console_socket(&self, id: &str, store: &Store) -> Result<PathBuf> {
        let socket = Installation::read(store)?.console_socket(store, id);
        if socket.exists() {
            return Ok(socket);
        }
        bail!(
            "the console of instance {id} is on the server's host; run `reseal instance console` there, with its data directory (--data)"
        )
    }
}

/// All that can be said of new instances by a command.
fn parameters_of(new: &NewInstances) -> Vec<(String, String)> {
    let mut said = Vec::new();
    let mut say = |name: &str, value: String| {
        if !value.is_empty() {
            said.push((name.to_owned(), value));
        }
    };
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string()).unwrap_or_default();
    say("ImageId", new.image_id.clone());
    say("InstanceType", new.instance_type.clone());
    say("InstanceName", new.name.clone());
    say("Description", new.description.clone());
    say("Amount", new.amount.to_string());
    say("DeletionProtection", flag(new.is_protected.then_some(true)));
    say("SystemDisk.Size", number(new.system_disk.size_gib));
    say("SystemDisk.Encrypted", flag(new.system_disk.encryption.encrypted));
    say("SystemDisk.KMSKeyId", new.system_disk.encryption.key.clone().unwrap_or_default());
    for (position, disk) in (1..).zip(&new.data_disks) {
        say(&format!("DataDisk.{position}.Size"), number(disk.size_gib));
        say(&format!("DataDisk.{position}.SnapshotId"), disk.snapshot_id.clone());
        say(&format!("DataDisk.{position}.Encrypted"), flag(disk.encryption.encrypted));
        say(&format!("DataDisk.{position}.KMSKeyId"), disk.encryption.key.clone().unwrap_or_default());
    }
    said
}

impl Instance {
    fn into_view(self) -> InstanceView {
        let lock = |lock: Lock| LockView { key_id: lock.key_id, key_state: lock.key_state, reason: lock.reason };
        let forward = |forward: Forward| ForwardView {
            host_address: forward.host_address,
            host_port: forward.host_port,
            guest_port: forward.guest_port,
        };
        InstanceView {
            instance_id: self.instance_id,
            name: self.instance_name,
            description: self.description,
            region: self.region_id,
            status: self.status,
            instance_type: self.instance_type,
            cpu: self.cpu,
            memory_mib: self.memory,
            image_id: self.image_id,
            encrypted: self.reseal.encrypted,
            creation_time: self.creation_time,
            start_time: self.start_time,
            key_pair: self.key_pair_name,
            protected: self.deletion_protection,
            failure: self.reseal.failure,
            locks: self.reseal.locks.lock.into_iter().map(lock).collect(),
            forwards: self.reseal.forwards.forward.into_iter().map(forward).collect(),
        }
    }
}

impl Disk {
    fn into_view(self) -> AttachedDiskView {
        AttachedDiskView {
            disk_id: self.disk_id,
            device: self.device,
            kind: self.r#type,
            virtual_bytes: self.reseal.virtual_bytes,
            image_id: self.image_id,
            snapshot_id: self.source_snapshot_id,
            key_id: self.key_id,
            key_version_id: self.reseal.key_version_id,
        }
    }
}
