//! What a machine is made of.

use std::net::SocketAddrV4;
use std::path::PathBuf;

use crypto::Secret;

use super::error::HypervisorError;

/// Most layers below a disk: overlay and blob, and room for an image made from an instance made from an image.
const LAYERS_MAX: usize = 16;

/// Most disks: what the slots of one PCI bus leave free.
const DISKS_MAX: usize = 24;

/// A machine to start.
pub struct MachineSpec {
    /// Its own directory, made if it is not there. Ours alone; QEMU gets a directory below it.
    pub directory: PathBuf,
    /// Its name in the list of processes: letters, digits, `-`, `_`, `.`.
    pub id: String,
    /// Number of processors.
    pub vcpus: u32,
    /// Memory, MiB.
    pub memory_mib: u64,
    /// Its disks. The guest boots from the first.
    pub disks: Vec<MachineDisk>,
    /// Its network card.
    pub network: Network,
    /// What the processor runs first.
    pub firmware: Firmware,
}

/// A disk of a machine.
pub struct MachineDisk {
    /// The name of its device in QEMU: a letter, then letters, digits, `-`, `_`, `.`. The guest sees up to 20 characters of it
    /// as the serial number, without a leading `d-`, as on the vendor's instances.
    pub id: String,
    /// Top first. Only the top is written. Backing files that headers name are never opened.
    pub layers: Vec<Layer>,
}

/// One file of a disk.
pub struct Layer {
    /// The file. It is opened by us, so QEMU needs no right on it.
    pub path: PathBuf,
    /// What it holds.
    pub format: LayerFormat,
    /// What opens it if it is encrypted: UTF-8 text. Wiped once QEMU has the layer open.
    pub passphrase: Option<Secret>,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerFormat {
    /// qcow2, with LUKS1 inside if there is a passphrase.
    Qcow2,
    /// The bytes of the disk.
    Raw,
    /// The bytes of the disk in LUKS1.
    Luks1,
    /// VHD.
    Vhd,
}

/// A network card behind QEMU's user-mode network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// Its hardware address.
    pub mac: [u8; 6],
    /// Ports of the host that lead to ports of the guest, TCP.
    pub forwards: Vec<Forward>,
    /// Whether the guest is kept from reaching the host and what is beyond it. Forwards work all the same.
    pub restrict: bool,
}

/// A port of the host that leads to one of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forward {
    /// Where the host listens. QEMU's network forwards IPv4 only.
    pub host: SocketAddrV4,
    /// The port in the guest.
    pub guest_port: u16,
}

/// What the processor runs first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Firmware {
    /// SeaBIOS, which comes with QEMU.
    #[default]
    Bios,
    /// OVMF, if it is installed.
    Uefi,
}

impl MachineSpec {
    /// Errors: `Unbuildable`, for what would be misread as an option of QEMU, or is refused by it in worse words.
    pub(super) fn check(&self) -> Result<(), HypervisorError> {
        let refuse = |why| Err(HypervisorError::Unbuildable(why));
        if !is_name(&self.id) || self.disks.iter().any(|disk| !is_name(&disk.id)) {
            return refuse("an id begins with a letter and goes on with at most 63 letters, digits, `-`, `_`, `.`");
        }
        if self.vcpus == 0 || self.memory_mib == 0 {
            return refuse("it needs a processor and memory");
        }
        if self.disks.is_empty() || self.disks.len() > DISKS_MAX {
            return refuse("it has 1 to 24 disks");
        }
        for disk in &self.disks {
            let Some((_, above)) = disk.layers.split_last() else { return refuse("a disk has a layer") };
            if disk.layers.len() > LAYERS_MAX {
                return refuse("a disk has at most 16 layers");
            }
            if above.iter().any(|layer| layer.format != LayerFormat::Qcow2) {
                return refuse("only a qcow2 file lies on another layer");
            }
            if disk.layers.iter().any(|layer| layer.format == LayerFormat::Luks1 && layer.passphrase.is_none()) {
                return refuse("a LUKS1 file needs a passphrase");
            }
            if disk.layers.iter().any(Layer::has_useless_passphrase) {
                return refuse("a raw file or a VHD has no passphrase");
            }
        }
        Ok(())
    }
}

impl Layer {
    fn has_useless_passphrase(&self) -> bool {
        matches!(self.format, LayerFormat::Raw | LayerFormat::Vhd) && self.passphrase.is_some()
    }
}

/// What QEMU takes as an id, and what cannot end an option.
fn is_name(id: &str) -> bool {
    id.len() <= 64
        && id.starts_with(|first: char| first.is_ascii_alphabetic())
        && id.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(format: LayerFormat, passphrase: Option<&str>) -> Layer {
        Layer { path: PathBuf::from("f"), format, passphrase: passphrase.map(|text| Secret::copy_of(text.as_bytes())) }
    }

    fn spec(id: &str, layers: Vec<Layer>) -> MachineSpec {
        MachineSpec {
            directory: PathBuf::from("d"),
            id: "i-1".to_owned(),
            vcpus: 1,
            memory_mib: 64,
            disks: vec![MachineDisk { id: id.to_owned(), layers }],
            network: Network::default(),
            firmware: Firmware::Bios,
        }
    }

    /// Ids that would end an option, chains that QEMU cannot build and passphrases that nothing would use are refused.
    #[test]
    fn what_cannot_be_built_is_refused_before_anything_starts() {
        use LayerFormat::{Luks1, Qcow2, Raw, Vhd};
        let good = [
            spec("d-1", vec![layer(Raw, None)]),
            spec("d-1", vec![layer(Qcow2, Some("a")), layer(Qcow2, None), layer(Luks1, Some("b"))]),
            spec("d_1.x", vec![layer(Vhd, None)]),
        ];
        for spec in good {
            spec.check().unwrap();
        }
        let bad = [
            spec("d,readonly=on", vec![layer(Raw, None)]),
            spec("1", vec![layer(Raw, None)]),
            spec("", vec![layer(Raw, None)]),
            spec("d-1", vec![]),
            spec("d-1", vec![layer(Raw, None), layer(Qcow2, None)]),
            spec("d-1", vec![layer(Luks1, None)]),
            spec("d-1", vec![layer(Raw, Some("a"))]),
            MachineSpec { vcpus: 0, ..spec("d-1", vec![layer(Raw, None)]) },
            MachineSpec { disks: vec![], ..spec("d-1", vec![layer(Raw, None)]) },
        ];
        for spec in bad {
            assert!(matches!(spec.check(), Err(HypervisorError::Unbuildable(_))), "{}", spec.disks.len());
        }
    }
}
