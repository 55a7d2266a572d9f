use crate::coverage::Coverage;
use crate::error::Result;
use crate::image::{Companions, Image};
use crate::verify::Verified;

/// What `verify` says of a disk. Its header was compared when its key was asked for; what is left is that no cluster of it is plain.
pub(crate) fn verified(image: &Image, id: String) -> Result<Verified> {
    image.require_sound(Companions { backing_file: true, data_file: None })?;
    Ok(Verified {
        image: id,
        file_bytes: image.file.len(),
        sealed_bytes: None,
        covers: Coverage::Header,
        intact: true,
        located: false,
        changes: Vec::new(),
        changed_leaves: 0,
    })
}
