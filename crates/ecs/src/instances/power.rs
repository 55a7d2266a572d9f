//! Machines of instances: started with their keys, watched to their end, stopped.

use std::sync::Arc;

use catalog::{DiskRecord, InstanceRecord};
use crypto::Secret;
use engine::ImageFile;
use engine::disk::Recorded;
use kms::KeyRef;

use super::InstanceError;
use super::host::Place;
use super::make::forwards_of;
use super::plan::keys_of;
use crate::disks::disk_refused;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::qemu::{Firmware, Forward, Layer, LayerFormat, Machine, MachineDisk, MachineSpec, Network, machine_in};

impl Ecs {
    /// Opens the keys of all disks and starts the machine. It runs when this returns, and nothing of the keys is left here. Whoever calls
    /// it works alone on the instance, and writes its status.
    ///
    /// Errors: `KeyNotEnabled`, `KeyNotFound`, `RoleMissing`, `KeyUseDenied`; `Tampered` for a header that is not the one that was sealed;
    /// `Hypervisor`. No machine is left.
    pub(super) async fn power_on(&self, instance: &InstanceRecord, disks: &[DiskRecord]) -> Result<()> {
        self.require_keys_work(instance, disks).await?;
        let (mut machine_disks, mut blobs) = (Vec::new(), Vec::new());
        for disk in disks {
            let blob = self.blob_of_disk(disk).await?;
            let below = self.backing_of_disk(disk, blob.as_ref()).await?;
            let files = std::iter::once(self.top_of_disk(disk)?).chain(below).collect();
            machine_disks.push(MachineDisk { id: disk.id.clone(), layers: self.open_layers(disk, files).await? });
            blobs.extend(blob);
        }
        let failed = |source| InstanceError::Hypervisor { id: instance.id.clone(), source };
        let hypervisor = self.host.hypervisor(&self.config.instances).await.map_err(failed)?;
        let spec = self.machine_spec(instance, machine_disks)?;
        let machine = Arc::new(hypervisor.start(spec).await.map_err(failed)?);
        self.host.insert(&instance.id, Arc::clone(&machine), blobs);
        self.watch(instance.id.clone(), machine);
        Ok(())
    }

    /// Refuses an instance one of whose keys cannot be used, before any is: naming key, state, region and what to do.
    pub(crate) async fn require_keys_work(&self, instance: &InstanceRecord, disks: &[DiskRecord]) -> Result<()> {
        for key in keys_of(disks) {
            self.require_enabled(&*self.key_facts(&KeyRef::Id(key), &instance.scope).await?)?;
        }
        Ok(())
    }

    /// The layers of a disk, top first, each with what opens it: it is compared with its record and its pins, then the KMS is asked.
    async fn open_layers(&self, disk: &DiskRecord, files: Vec<(ImageFile, Option<Recorded>)>) -> Result<Vec<Layer>> {
        let keys = self.keys_of_disk(disk, None);
        let work = tokio::task::spawn_blocking(move || {
            let open = |(file, recorded): (ImageFile, Option<Recorded>)| {
                let passphrase = engine::disk::passphrase(&file, recorded.as_ref(), &keys)?;
                Ok((file, passphrase))
            };
            files.into_iter().map(open).collect::<engine::Result<Vec<_>>>()
        });
        let opened = work.await.map_err(|_| EcsError::Stopping)?;
        let opened = opened.map_err(|error| disk_refused(error, &disk.id, &disk.image_id))?;
        opened.into_iter().map(|(file, passphrase)| layer(file, passphrase)).collect()
    }

    fn machine_spec(&self, instance: &InstanceRecord, disks: Vec<MachineDisk>) -> Result<MachineSpec> {
        let forwards = forwards_of(instance)?;
        let forwards = forwards.iter().map(|forward| Forward { host: forward.host, guest_port: forward.guest_port });
        Ok(MachineSpec {
            directory: Place::of(&self.config.instances, &instance.id).instance,
            id: instance.id.clone(),
            vcpus: instance.cpu,
            memory_mib: instance.memory_mib.into(),
            disks,
            network: Network {
                mac: mac_of(instance)?,
                forwards: forwards.collect(),
                restrict: !self.config.instances.network_is_open,
            },
            // Images that would rather boot by UEFI do by a BIOS, too.
            firmware: if instance.boot_mode == "UEFI" { Firmware::Uefi } else { Firmware::Bios },
        })
    }

    /// Has the end of a machine written down, whoever ended it. A service that is gone by then leaves it to the next.
    pub(super) fn watch(&self, id: String, machine: Arc<Machine>) {
        let ecs = self.weak();
        tokio::spawn(async move {
            machine.ended().await;
            if let Some(ecs) = ecs.upgrade() {
                ecs.machine_ended(&id, &machine).await;
            }
        });
    }

    /// Ends a machine at once, if one runs. Whoever calls it works alone on the instance.
    ///
    /// Errors: `Hypervisor`.
    pub(super) async fn power_off(&self, id: &str) -> Result<()> {
        if let Some(machine) = self.machine_of(id).await? {
            machine.quit().await.map_err(|source| InstanceError::Hypervisor { id: id.to_owned(), source })?;
        }
        self.host.remove(id);
        Ok(())
    }

    /// The machine of an instance, if one runs: also one that a process before this one started, which is watched from now on.
    ///
    /// Errors: `Hypervisor`.
    pub(super) async fn machine_of(&self, id: &str) -> Result<Option<Arc<Machine>>> {
        if let Some(machine) = self.host.machine(id) {
            return Ok(Some(machine).filter(|machine| !machine.is_over()));
        }
        let directory = Place::of(&self.config.instances, id).instance;
        let found = machine_in(&directory, self.config.instances.hypervisor.answer_timeout).await;
        let found = found.map_err(|source| InstanceError::Hypervisor { id: id.to_owned(), source })?;
        let Some(machine) = found.map(Arc::new) else { return Ok(None) };
        self.host.insert(id, Arc::clone(&machine), Vec::new());
        self.watch(id.to_owned(), Arc::clone(&machine));
        Ok(Some(machine))
    }
}

fn mac_of(instance: &InstanceRecord) -> Result<[u8; 6]> {
    let bytes: Option<Vec<u8>> =
        instance.mac_address.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    let mac = bytes.and_then(|bytes| bytes.try_into().ok());
    mac.ok_or_else(|| EcsError::Damaged(format!("the MAC address of instance {}", instance.id)))
}

fn layer(file: ImageFile, passphrase: Option<Secret>) -> Result<Layer> {
    use engine::SourceFormat;
    let format = match file.format {
        Some(SourceFormat::Qcow2) => LayerFormat::Qcow2,
        Some(SourceFormat::Raw) => LayerFormat::Raw,
        Some(SourceFormat::Luks1) => LayerFormat::Luks1,
        Some(SourceFormat::Vhd) => LayerFormat::Vhd,
        _ => return Err(EcsError::Damaged("a layer that the engine let pass".to_owned())),
    };
    Ok(Layer { path: file.path, format, passphrase })
}
