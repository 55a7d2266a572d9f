//! Which image a user means.

use anyhow::{Result, bail};
use ecs::ImageFilter;

use super::{ImageView, Images};

/// The image of this id, else the one of this name, whatever its status.
///
/// Errors: there is neither.
pub(crate) fn find(images: &dyn Images, named: &str, region: &str) -> Result<ImageView> {
    if let Some(image) = by_id(images, named, region)? {
        return Ok(image);
    }
    let filter = ImageFilter { name_part: named.to_owned(), ..ImageFilter::default() };
    match images.list(&filter, region)?.into_iter().find(|image| image.name == named) {
        Some(image) => Ok(image),
        None => bail!("there is no image {named} in region {region}; `reseal image list` shows those that are there"),
    }
}

/// The image of this id, if there is one.
pub(super) fn by_id(images: &dyn Images, id: &str, region: &str) -> Result<Option<ImageView>> {
    if !is_id(id) {
        return Ok(None);
    }
    let filter = ImageFilter { ids: id.to_owned(), ..ImageFilter::default() };
    Ok(images.list(&filter, region)?.into_iter().next())
}

fn is_id(text: &str) -> bool {
    text.starts_with("m-") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
