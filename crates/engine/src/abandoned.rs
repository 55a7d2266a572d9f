//! Copies that were killed and will not go on.

use std::path::Path;

use formats::envelope::Envelope;

use crate::header_backup::image_id;
use crate::journal::{Journal, journal_path};

/// Id of the sealed image that a copy to `target` made or was making; `None` where it made a plain one, or nothing tells.
///
/// While a copy runs its journal holds the id before anything is kept under it, and goes when the file has its name; then the file
/// itself tells. So whoever gives up a killed copy finds with this what to hand to [`crate::forget_image`], before removing its files.
#[must_use]
pub fn image_of_copy(target: &Path) -> Option<String> {
    // Which boot wrote it only matters to who goes on.
    let journal = Journal::load(&journal_path(&blobs::partial_path(target)), "").ok().flatten();
    let Some((header, _)) = journal else { return image_id(target) };
    let envelope = Envelope::decode(header.sealing?.envelope.as_bytes()).ok()?;
    envelope.ctx.get("image").cloned()
}
