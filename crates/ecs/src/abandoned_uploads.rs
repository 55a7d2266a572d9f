//! Uploads to stores that nobody will complete. Their parts are no blob, and cost their owner.

use std::sync::Arc;

use blobs::{Begun, BlobStore, BlobUpload, StoreResult};
use catalog::Timestamp;

use crate::ecs::Ecs;
use crate::error::Result;
use crate::sweep::ORPHAN_AGE;

impl Ecs {
    /// Gives up the uploads to a store that are abandoned.
    ///
    /// Errors: the first failure; the others are given up.
    pub(crate) async fn abort_uploads(&self, store: &Arc<dyn BlobStore>) -> Result<()> {
        // Those that are written down here do not depend on a list that the service may refuse.
        let done = self.abort_abandoned(store, store.uploads_here().await).await;
        done.and(self.abort_abandoned(store, store.uploads_elsewhere().await).await)
    }

    /// `listed`: before it is asked who wants them, as a job stands in the catalog before its upload begins.
    async fn abort_abandoned(&self, store: &Arc<dyn BlobStore>, listed: StoreResult<Vec<BlobUpload>>) -> Result<()> {
        let uploads = listed?;
        if uploads.is_empty() {
            return Ok(());
        }
        let wanted = self.blobs_in_work().await?;
        let old = self.before(ORPHAN_AGE);
        let mut done = Ok(());
        for upload in uploads {
            let blob = upload.blob.to_string();
            let is_abandoned = match fate(&upload, wanted.contains(&blob), old) {
                Fate::Kept => false,
                Fate::Abandoned => true,
                Fate::OfItsJob => self.catalog.read().blob_is_of_ended_job(&blob, old).await?,
            };
            if is_abandoned {
                done = done.and(store.abort_upload(&upload).await);
            }
        }
        Ok(done?)
    }
}

/// What is to become of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// A job that is not over makes its blob, in whichever process.
    Kept,
    /// Nobody can complete it.
    Abandoned,
    /// It is abandoned if a job was to make its blob and is over: whoever still sends it is too late, and makes nothing. If no job was, it is of
    /// another catalog, or its job is about to be recorded.
    OfItsJob,
}

/// `old`: nobody can be about to record a job whose upload began before.
fn fate(upload: &BlobUpload, is_wanted: bool, old: Timestamp) -> Fate {
    match &upload.begun {
        _ if is_wanted => Fate::Kept,
        Begun::Elsewhere { at, .. } if *at >= old => Fate::OfItsJob,
        Begun::Elsewhere { .. } | Begun::Here => Fate::Abandoned,
    }
}

#[cfg(test)]
mod tests {
    use blobs::BlobId;

    use super::*;

    /// Whether a job makes the blob, where the upload began, when that was, and what becomes of it.
    #[test]
    fn only_what_nobody_can_complete_is_abandoned() {
        let old = Timestamp::from_second(1_000_000).unwrap();
        let elsewhere =
            |second| Begun::Elsewhere { at: Timestamp::from_second(second).unwrap(), upload: String::new() };
        let unreadable = Begun::Elsewhere { at: Timestamp::MAX, upload: String::new() };
        let (earlier, later) = (elsewhere(999_999), elsewhere(1_000_001));
        for (is_wanted, begun, becomes) in [
            (true, &Begun::Here, Fate::Kept),
            (true, &earlier, Fate::Kept),
            (true, &later, Fate::Kept),
            (false, &Begun::Here, Fate::Abandoned),
            (false, &earlier, Fate::Abandoned),
            (false, &later, Fate::OfItsJob),
            (false, &unreadable, Fate::OfItsJob),
        ] {
            let upload = BlobUpload { blob: BlobId::from_random([7; 16]), begun: begun.clone() };
            assert_eq!(fate(&upload, is_wanted, old), becomes, "{is_wanted} {begun:?}");
        }
    }
}
