//! Hands out the LUKS passphrase of a sealed image, for tools that open it themselves.

use std::path::Path;

use crypto::Secret;

use crate::error::Result;
use crate::image::{Companions, Image};
use crate::keys::KeyService;
use crate::pins::open_sealed;

/// The passphrase of the image, or of the disk of an instance: base64 text of its data key, no newline.
///
/// Errors: as for opening it. A header that is not the one that was sealed gets no passphrase.
pub fn passphrase(path: &Path, service: &dyn KeyService) -> Result<Secret> {
    passphrase_of(&Image::open(path, None)?, service)
}

pub(crate) fn passphrase_of(image: &Image, service: &dyn KeyService) -> Result<Secret> {
    // What lies under a disk has a passphrase of its own.
    image.require_sound(Companions { backing_file: true, data_file: None })?;
    Ok(open_sealed(image, service)?.passphrase)
}
