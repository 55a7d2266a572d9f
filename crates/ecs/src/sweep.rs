//! What nobody uses goes: blobs that lost their last snapshot, and what a crash left.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use blobs::{BlobId, BlobStore};
use catalog::{Region, Timestamp};

use crate::ecs::Ecs;
use crate::error::Result;

/// What nobody knows is removed when it is so old that no job of another process can be about to record it.
const ORPHAN_AGE: Duration = Duration::from_secs(24 * 3600);

/// How long client tokens and ended jobs are remembered.
const TOKEN_AGE: Duration = Duration::from_secs(24 * 3600);
const JOB_AGE: Duration = Duration::from_secs(90 * 24 * 3600);

/// Blobs of one look.
const BATCH: u32 = 100;

impl Ecs {
    /// Removes dropped blobs, orphans and abandoned uploads. `alone`: no other process works on these stores, so age does not matter.
    ///
    /// What is there is listed first, and who needs it is asked then: a job stands in the catalog before it makes anything, and a blob
    /// does before its job is over.
    ///
    /// Errors: the first failure; what could not be removed is found again.
    pub async fn sweep(&self, alone: bool) -> Result<()> {
        self.remove_dropped().await?;
        for (region, store) in &self.stores {
            self.remove_work_files(store, alone).await?;
            self.remove_orphans(region, store, alone).await?;
            store.abort_uploads(self.before(ORPHAN_AGE)).await?;
        }
        let mut write = self.catalog.write().await?;
        let done = async {
            write.client_tokens_delete_before(self.before(TOKEN_AGE)).await?;
            write.jobs_delete_before(self.before(JOB_AGE)).await
        };
        let done = done.await;
        write.finish(done).await?;
        Ok(())
    }

    /// Removes the bytes of what was just deleted; what cannot be removed now, the sweeper finds.
    pub(crate) async fn remove_dropped_soon(&self) {
        if let Err(error) = self.remove_dropped().await {
            tracing::warn!(%error, "the bytes of what was deleted cannot be removed now; the sweeper tries again");
        }
    }

    /// Removes the bytes of blobs that nothing uses any more, and then their records.
    pub(crate) async fn remove_dropped(&self) -> Result<()> {
        loop {
            let dropped = self.catalog.read().blobs_dropped(BATCH).await?;
            for blob in &dropped {
                self.discard_blob(&blob.region, &blob.id, &blob.sealed_id).await?;
                let mut write = self.catalog.write().await?;
                let done = write.blob_delete(&blob.id).await;
                write.finish(done).await?;
            }
            if dropped.len() < BATCH as usize {
                return Ok(());
            }
        }
    }

    /// Removes what a job made that is over without success.
    pub(crate) async fn discard_unrecorded(&self, region: &Region, blob: &str) -> Result<()> {
        let Ok(store) = self.store(region) else { return Ok(()) };
        let sealed_id = self.envelope_of(store, blob).await;
        self.discard_blob(region, blob, &sealed_id).await
    }

    /// Removes a blob's bytes, its work files, and what is kept beside it under `sealed_id`.
    async fn discard_blob(&self, region: &Region, blob: &str, sealed_id: &str) -> Result<()> {
        // The store of a region that is no longer configured cannot be reached; its operator removed it.
        let (Ok(store), Ok(id)) = (self.store(region), blob.parse::<BlobId>()) else { return Ok(()) };
        if !self.catalog.read().sealed_image_is_recorded(sealed_id).await? {
            engine::forget_image(&self.config.data_dir, sealed_id)?;
        }
        store.delete(&id).await?;
        for file in store.work_files().await? {
            if file_name(&file.path).starts_with(blob) {
                remove(&file.path);
            }
        }
        Ok(())
    }

    /// The id in the envelope of a file or blob that no record tells of; empty where there is none that can be read.
    async fn envelope_of(&self, store: &Arc<dyn BlobStore>, blob: &str) -> String {
        let file = store.work_directory().join(blob);
        let opened = match blob.parse::<BlobId>() {
            Ok(id) if !file.exists() => store.open(&id).await.ok(),
            _ => None,
        };
        let path = opened.as_ref().map_or(file, |opened| opened.path().to_owned());
        let inspected = tokio::task::spawn_blocking(move || engine::inspect(&path, None)).await;
        let envelope = inspected.ok().and_then(std::result::Result::ok).and_then(|report| report.envelope);
        envelope.and_then(|envelope| envelope.ctx.get("image").cloned()).unwrap_or_default()
    }

    async fn remove_work_files(&self, store: &Arc<dyn BlobStore>, alone: bool) -> Result<()> {
        let files = store.work_files().await?;
        let in_work = self.blobs_in_work().await?;
        for file in files {
            let name = file_name(&file.path);
            let is_in_work = in_work.iter().any(|blob| name.starts_with(blob.as_str()));
            if !is_in_work && (alone || file.modified < self.before(ORPHAN_AGE)) {
                remove(&file.path);
            }
        }
        Ok(())
    }

    async fn remove_orphans(&self, region: &Region, store: &Arc<dyn BlobStore>, alone: bool) -> Result<()> {
        let mut after = None;
        loop {
            let page = store.list(after.as_ref(), BATCH as usize).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            let in_work = self.blobs_in_work().await?;
            for entry in page {
                let id = entry.id.to_string();
                let is_old = alone || entry.modified < self.before(ORPHAN_AGE);
                if is_old && !in_work.contains(&id) && self.catalog.read().blob_by_id(&id).await?.is_none() {
                    tracing::info!(blob = id, store = store.name(), "a blob that nobody knows is removed");
                    self.discard_unrecorded(region, &id).await?;
                }
            }
        }
    }

    /// Blobs that unfinished jobs make.
    async fn blobs_in_work(&self) -> Result<BTreeSet<String>> {
        let (mut blobs, mut behind) = (BTreeSet::new(), 0);
        loop {
            let jobs = self.catalog.read().jobs_unfinished_after(behind).await?;
            let Some(last) = jobs.last() else { return Ok(blobs) };
            behind = last.sequence;
            blobs.extend(jobs.iter().flat_map(crate::jobs::blobs_of));
        }
    }

    fn before(&self, age: Duration) -> Timestamp {
        self.now().saturating_sub(age).expect("a duration has no calendar units")
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A file that cannot be removed now is found again.
pub(crate) fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a work file cannot be removed");
    }
}
