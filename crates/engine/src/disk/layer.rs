use crypto::Secret;
use formats::probe::Format;

use crate::decide::SourceState;
use crate::error::{EngineError, Result};
use crate::image::Image;
use crate::keys::KeyService;
use crate::passphrase::passphrase_of;
use crate::request::ImageFile;

/// The passphrase with which QEMU opens one layer of a guest's disk, the disk itself or what lies under it. `None`: it is plain.
///
/// The header is compared with its pins before any key leaves the KMS. Errors: `NotForGuests` for what QEMU does not open, LUKS2
/// above all; `Tampered`; `Locked` without envelope; the KMS's refusal.
pub fn passphrase(file: &ImageFile, service: &dyn KeyService) -> Result<Option<Secret>> {
    let image = Image::open(&file.path, file.format)?;
    driver_of(&image)?;
    match image.state() {
        SourceState::Plain => Ok(None),
        SourceState::Encrypted => passphrase_of(&image, service).map(Some),
    }
}

/// QEMU's name of the format of a layer.
pub(super) fn driver_of(image: &Image) -> Result<&'static str> {
    let unopened = |what: &str| EngineError::NotForGuests {
        path: image.path().to_owned(),
        reason: format!("{what}; copy the image to qcow2 first"),
    };
    match image.format {
        Format::Qcow2 => Ok("qcow2"),
        Format::Raw => Ok("raw"),
        Format::Luks1 => Ok("luks"),
        Format::Vhd => Ok("vpc"),
        Format::Luks2 => Err(unopened("QEMU opens LUKS1 and not LUKS2")),
        Format::Vhdx | Format::Vmdk => Err(unopened("disks of guests lie on qcow2, raw, LUKS1 or VHD only")),
    }
}
