//! Uploads to stores that nobody will complete. Their parts are no blob, and cost their owner.

use std::sync::Arc;

use blobs::{Begun, BlobStore, BlobUpload};
use catalog::Timestamp;

use crate::ecs::Ecs;
use crate::error::Result;
use crate::sweep::ORPHAN_AGE;

/// What the catalog knows of the blob that an upload was to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// A job that is not over makes it, in whichever process.
    Wanted,
    /// A job made it, or was to, and is over: whoever still sends it is too late, and makes nothing.
    Over,
    /// No job makes it: it is of another catalog, or of long ago.
    Nobody,
}

impl Ecs {
    /// Gives up the uploads to a store that are abandoned.
    ///
    /// Errors: the first failure; the others are given up.
    pub(crate) async fn abort_uploads(&self, store: &Arc<dyn BlobStore>) -> Result<()> {
        // Listed before it is asked who wants them: a job stands in the catalog before its upload begins.
        let uploads = store.uploads().await?;
        let wanted = self.blobs_in_work().await?;
        let old = self.before(ORPHAN_AGE);
        let mut done = Ok(());
        for upload in uploads {
            let blob = upload.blob.to_string();
            let known = if wanted.contains(&blob) {
                Known::Wanted
            } else if self.catalog.read().blob_is_of_ended_job(&blob).await? {
                Known::Over
            } else {
                Known::Nobody
            };
            if is_abandoned(&upload, known, old) {
                done = done.and(store.abort_upload(&upload).await);
            }
        }
        Ok(done?)
    }
}

/// `old`: nobody can be about to record a job whose upload began before.
fn is_abandoned(upload: &BlobUpload, known: Known, old: Timestamp) -> bool {
    match (known, &upload.begun) {
        (Known::Wanted, _) => false,
        (Known::Over, _) | (Known::Nobody, Begun::Here) => true,
        (Known::Nobody, Begun::Elsewhere { at, .. }) => *at < old,
    }
}

#[cfg(test)]
mod tests {
    use blobs::BlobId;

    use super::*;

    /// Who knows the blob, where the upload began, whether it is a day old, and whether it is given up.
    #[test]
    fn only_what_nobody_can_complete_is_abandoned() {
        let old = Timestamp::from_second(1_000_000).unwrap();
        let elsewhere =
            |second| Begun::Elsewhere { at: Timestamp::from_second(second).unwrap(), upload: String::new() };
        let unreadable = Begun::Elsewhere { at: Timestamp::MAX, upload: String::new() };
        let (earlier, later) = (elsewhere(999_999), elsewhere(1_000_001));
        for (known, begun, wanted) in [
            (Known::Wanted, &Begun::Here, false),
            (Known::Wanted, &earlier, false),
            (Known::Over, &Begun::Here, true),
            (Known::Over, &earlier, true),
            (Known::Over, &later, true),
            (Known::Nobody, &Begun::Here, true),
            (Known::Nobody, &earlier, true),
            (Known::Nobody, &later, false),
            (Known::Nobody, &unreadable, false),
        ] {
            let upload = BlobUpload { blob: BlobId::from_random([7; 16]), begun: begun.clone() };
            assert_eq!(is_abandoned(&upload, known, old), wanted, "{known:?} {begun:?}");
        }
    }
}
