use crypto::Secret;
use formats::probe::Format;

use crate::decide::SourceState;
use crate::error::{EngineError, Result};
use crate::image::{Companions, Image};
use crate::keys::KeyService;
use crate::passphrase::passphrase_of;
use crate::pins::tampered;
use crate::request::ImageFile;

/// What the record of an encrypted layer says: a file that is another, however sound, or a plain one is not opened in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The key that it is under.
    pub key_id: String,
    /// The image id in its envelope.
    pub image: String,
}

/// Refuses a layer that is not what its record says: a plain one where the record has a key, above all. `recorded`: `None` for a plain one.
///
/// Errors: `Tampered`, those of opening it.
pub fn require_recorded(file: &ImageFile, recorded: Option<&Recorded>) -> Result<()> {
    require(&Image::open(&file.path, file.format)?, recorded)
}

fn require(image: &Image, recorded: Option<&Recorded>) -> Result<()> {
    let found = image.envelope.as_ref().map(|found| &found.envelope);
    match (image.state(), recorded) {
        // A plain file that needs another one would have QEMU open what nobody named.
        (SourceState::Plain, None) => image.require_sound(Companions { backing_file: true, data_file: None }),
        (SourceState::Plain, Some(_)) => Err(tampered(image, "it is plain, but was made encrypted")),
        (SourceState::Encrypted, None) => Err(tampered(image, "it is encrypted, but was made plain")),
        (SourceState::Encrypted, Some(recorded)) => {
            let is_it = found.is_some_and(|envelope| {
                envelope.key_id == recorded.key_id && envelope.ctx.get("image") == Some(&recorded.image)
            });
            if is_it { Ok(()) } else { Err(tampered(image, "it is another image than the one that was recorded")) }
        }
    }
}

/// The passphrase with which QEMU opens one layer of a guest's disk, the disk itself or what lies under it. `None`: it is plain.
///
/// What it is is compared with its record, and its header with its pins, before any key leaves the KMS. Errors: `NotForGuests` for what QEMU does not open, LUKS2
/// above all; `Tampered`; `Locked` without envelope; the KMS's refusal.
pub fn passphrase(file: &ImageFile, recorded: Option<&Recorded>, service: &dyn KeyService) -> Result<Option<Secret>> {
    let image = Image::open(&file.path, file.format)?;
    driver_of(&image)?;
    require(&image, recorded)?;
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
