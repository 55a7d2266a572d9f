//! Copies, and disks in the making, that were killed and will not go on.

use std::path::Path;

use formats::envelope::Envelope;

use crate::header_backup::image_id;
use crate::journal::{Header, Journal, journal_path};

/// Id of the sealed image that a copy to `target` made or was making; `None` where it made a plain one, or nothing tells.
///
/// While a copy runs its journal holds the id before anything is kept under it, and goes when the file has its name; then the file
/// itself tells. So whoever gives up a killed copy finds with this what to hand to [`crate::forget_image`], before removing its files.
#[must_use]
pub fn image_of_copy(target: &Path) -> Option<String> {
    match load(target) {
        Some(journal) => image_of(&journal),
        None => image_id(target),
    }
}

/// Id of the sealed image in the journal beside a target, if there is one.
pub(crate) fn image_in_journal(target: &Path) -> Option<String> {
    image_of(&load(target)?)
}

fn load(target: &Path) -> Option<Header> {
    // Which boot wrote it only matters to who goes on.
    let journal = Journal::load(&journal_path(&blobs::partial_path(target)), "").ok().flatten();
    journal.map(|(header, _)| header)
}

/// Id of the sealed image that a journal is of.
pub(crate) fn image_of(journal: &Header) -> Option<String> {
    let envelope = Envelope::decode(journal.sealing.as_ref()?.envelope.as_bytes()).ok()?;
    envelope.ctx.get("image").cloned()
}
