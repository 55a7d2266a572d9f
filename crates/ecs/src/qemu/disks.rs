//! Gives a machine its disks: descriptors, passphrases, nodes, bottom first.

use std::fs::{File, OpenOptions};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::HypervisorError;
use super::qmp::{Qmp, secret_command};
use super::spec::{Layer, LayerFormat, MachineDisk};

/// The object that holds a passphrase, for as long as it takes to open one layer.
const SECRET: &str = "passphrase";

/// The guest's view of a serial number: virtio-blk has 20 bytes for it.
const SERIAL_LEN: usize = 20;

/// Plugs all disks. Passphrases are wiped one after the other, as QEMU has their layers open.
///
/// Errors: those of layers (`File`, `WrongPassphrase`, `PassphraseMissing`, `LayerInUse`, `LayerRefused`) and of QMP.
pub(super) async fn plug(qmp: &mut Qmp, disks: Vec<MachineDisk>) -> Result<(), HypervisorError> {
    let mut set = 0;
    for (position, disk) in disks.into_iter().enumerate() {
        let mut below = None;
        let top = disk.layers.first().map(|layer| layer.path.clone()).unwrap_or_default();
        let layers = disk.layers.len();
        for (height, layer) in disk.layers.into_iter().rev().enumerate() {
            let node = format!("disk{position}-layer{height}");
            open_layer(qmp, layer, &node, below.as_deref(), Access { set, is_top: height + 1 == layers }).await?;
            below = Some(node);
            set += 1;
        }
        let serial: String = disk.id.strip_prefix("d-").unwrap_or(&disk.id).chars().take(SERIAL_LEN).collect();
        let device = json!({ "driver": "virtio-blk-pci", "id": disk.id, "drive": below, "serial": serial, "bootindex": position });
        // Here QEMU asks for the lock on what it is going to write.
        qmp.call("device_add", device).await.map_err(|error| of_device(error, top))?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Access {
    /// The number of the descriptor's set in QEMU.
    set: usize,
    is_top: bool,
}

async fn open_layer(
    qmp: &mut Qmp,
    layer: Layer,
    node: &str,
    below: Option<&str>,
    access: Access,
) -> Result<(), HypervisorError> {
    let file = open_file(&layer.path, access)?;
    qmp.call_with_file("add-fd", json!({ "fdset-id": access.set }), file.as_fd()).await?;
    drop(file);
    let file_node = format!("{node}-file");
    let reading = !access.is_top;
    // QEMU's locks on the image are on: two machines never write one disk, and nobody writes below another.
    let protocol = json!({
        "driver": "file", "node-name": file_node, "filename": format!("/dev/fdset/{}", access.set),
        "read-only": reading, "auto-read-only": false, "locking": "on",
    });
    let format = format_node(&layer, node, &file_node, below, reading);
    let Layer { path, passphrase, .. } = layer;
    qmp.call("blockdev-add", protocol).await.map_err(|error| of_layer(error, &path))?;
    let Some(passphrase) = passphrase else {
        return qmp.call("blockdev-add", format).await.map(drop).map_err(|error| of_layer(error, &path));
    };
    qmp.call_secret("object-add", &secret_command(SECRET, &passphrase)).await?;
    drop(passphrase);
    let opened = qmp.call("blockdev-add", format).await;
    // Whatever came of it: `qom-get` would give the passphrase to anyone with the socket.
    qmp.call("object-del", json!({ "id": SECRET })).await?;
    opened.map(drop).map_err(|error| of_layer(error, &path))
}

fn open_file(path: &Path, access: Access) -> Result<File, HypervisorError> {
    let file = OpenOptions::new().read(true).write(access.is_top).open(path);
    file.map_err(HypervisorError::file("opening", path))
}

/// The backing file is said in so many words, `null` too, so that the name in a header counts for nothing.
fn format_node(layer: &Layer, node: &str, file_node: &str, below: Option<&str>, reading: bool) -> Value {
    let mut format = json!({ "node-name": node, "file": file_node, "read-only": reading, "discard": "unmap" });
    let encrypted = layer.passphrase.is_some();
    match layer.format {
        LayerFormat::Qcow2 => {
            format["driver"] = "qcow2".into();
            format["backing"] = below.into();
            if encrypted {
                format["encrypt"] = json!({ "format": "luks", "key-secret": SECRET });
            }
        }
        LayerFormat::Raw => format["driver"] = "raw".into(),
        LayerFormat::Vhd => format["driver"] = "vpc".into(),
        LayerFormat::Luks1 => {
            format["driver"] = "luks".into();
            format["key-secret"] = SECRET.into();
        }
    }
    format
}

/// QEMU has one class for all of its errors; its words are all there is to tell them apart. (QEMU 7.2 to 10.0)
fn of_layer(error: HypervisorError, path: &Path) -> HypervisorError {
    let HypervisorError::Refused { reason, .. } = error else { return error };
    let path = path.to_owned();
    if reason.contains("Invalid password") {
        HypervisorError::WrongPassphrase { path }
    } else if reason.contains("key-secret' is required") {
        HypervisorError::PassphraseMissing { path }
    } else if is_lock(&reason) {
        HypervisorError::LayerInUse { path }
    } else {
        HypervisorError::LayerRefused { path, reason }
    }
}

fn of_device(error: HypervisorError, top: PathBuf) -> HypervisorError {
    match error {
        HypervisorError::Refused { reason, .. } if is_lock(&reason) => HypervisorError::LayerInUse { path: top },
        error => error,
    }
}

fn is_lock(reason: &str) -> bool {
    reason.contains("Failed to get") && reason.contains("lock")
}
