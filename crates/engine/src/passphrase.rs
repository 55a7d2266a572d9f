//! Hands out the LUKS passphrase of a sealed image, for tools that open it themselves.

use std::path::Path;

use crypto::Secret;

use crate::error::Result;
use crate::image::Image;
use crate::keys::KeyService;
use crate::pins::open_sealed;

/// The passphrase of the image: base64 text of its data key, no newline.
///
/// Errors: as for opening it. A header that is not the one that was sealed gets no passphrase.
pub fn passphrase(path: &Path, service: &dyn KeyService) -> Result<Secret> {
    let image = Image::open(path, None)?;
    image.require_sound()?;
    Ok(open_sealed(&image, service)?.passphrase)
}
