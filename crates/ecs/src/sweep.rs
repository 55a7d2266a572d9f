//! What nobody uses goes: blobs that lost their last snapshot, and what a crash left.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use blobs::{BlobId, BlobStore, WorkFile};
use catalog::{PageRequest, Region, Timestamp};

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
    /// Errors: the first failure; what could not be removed is found again.
    pub async fn sweep(&self, alone: bool) -> Result<()> {
        self.remove_dropped().await?;
        let in_work = self.blobs_in_work().await?;
        for (region, store) in &self.stores {
            self.remove_work_files(store, &in_work, alone).await?;
            self.remove_orphans(region, store, &in_work, alone).await?;
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

    /// Removes the bytes of blobs that nothing uses any more, and then their records.
    pub(crate) async fn remove_dropped(&self) -> Result<()> {
        loop {
            let dropped = self.catalog.read().blobs_dropped(BATCH).await?;
            for blob in &dropped {
                self.discard_blob(&blob.region, &blob.id).await?;
                let mut write = self.catalog.write().await?;
                let done = write.blob_delete(&blob.id).await;
                write.finish(done).await?;
            }
            if dropped.len() < BATCH as usize {
                return Ok(());
            }
        }
    }

    /// Removes a blob's bytes, its work file and what is kept beside it.
    pub(crate) async fn discard_blob(&self, region: &Region, blob: &str) -> Result<()> {
        // The store of a region that is no longer configured cannot be reached; its operator removed it.
        let (Ok(store), Ok(id)) = (self.store(region), blob.parse::<BlobId>()) else { return Ok(()) };
        if let Some(image) = self.envelope_of(store, &id).await
            && !self.catalog.read().sealed_image_is_recorded(&image).await?
        {
            engine::forget_image(&self.config.data_dir, &image)?;
        }
        store.delete(&id).await?;
        self.remove_files_of(store, blob).await
    }

    /// The image id in the envelope of a blob, where it has one that can be read.
    async fn envelope_of(&self, store: &Arc<dyn BlobStore>, id: &BlobId) -> Option<String> {
        let opened = store.open(id).await.ok()?;
        let path = opened.path().to_owned();
        let report = tokio::task::spawn_blocking(move || engine::inspect(&path, None)).await.ok()?.ok()?;
        report.envelope?.ctx.get("image").cloned()
    }

    /// Removes the work files of a blob, and what is kept beside it of a copy that they are of.
    pub(crate) async fn remove_files_of(&self, store: &Arc<dyn BlobStore>, blob: &str) -> Result<()> {
        let target = store.work_directory().join(blob);
        let made = tokio::task::spawn_blocking(move || engine::image_of_copy(&target)).await;
        // First, as afterwards nothing tells any more what it is.
        if let Ok(Some(image)) = made
            && !self.catalog.read().sealed_image_is_recorded(&image).await?
        {
            engine::forget_image(&self.config.data_dir, &image)?;
        }
        for file in store.work_files().await? {
            if name_of(&file).starts_with(blob) {
                remove(&file.path);
            }
        }
        Ok(())
    }

    async fn remove_work_files(
        &self,
        store: &Arc<dyn BlobStore>,
        in_work: &BTreeSet<String>,
        alone: bool,
    ) -> Result<()> {
        for file in store.work_files().await? {
            let name = name_of(&file);
            // `BLOB` or `BLOB.something`.
            let blob = name.split('.').next().unwrap_or(&name);
            if !in_work.contains(blob) && (alone || file.modified < self.before(ORPHAN_AGE)) {
                self.remove_files_of(store, blob).await?;
            }
        }
        Ok(())
    }

    async fn remove_orphans(
        &self,
        region: &Region,
        store: &Arc<dyn BlobStore>,
        in_work: &BTreeSet<String>,
        alone: bool,
    ) -> Result<()> {
        let mut after = None;
        loop {
            let page = store.list(after.as_ref(), BATCH as usize).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for entry in page {
                let id = entry.id.to_string();
                let is_old = alone || entry.modified < self.before(ORPHAN_AGE);
                if is_old && !in_work.contains(&id) && self.catalog.read().blob_by_id(&id).await?.is_none() {
                    tracing::info!(blob = id, store = store.name(), "a blob that nobody knows is removed");
                    self.discard_blob(region, &id).await?;
                }
            }
        }
    }

    /// Blobs that unfinished jobs make.
    async fn blobs_in_work(&self) -> Result<BTreeSet<String>> {
        let mut blobs = BTreeSet::new();
        for state in ["Waiting", "Processing"] {
            let mut page = PageRequest::first();
            loop {
                let jobs = self.catalog.read().jobs_in_state(state, page).await?;
                if jobs.is_empty() {
                    break;
                }
                for job in jobs {
                    blobs.extend(crate::jobs::blobs_of(&job));
                }
                page = page.next();
            }
        }
        Ok(blobs)
    }

    fn before(&self, age: Duration) -> Timestamp {
        self.now().saturating_sub(age).expect("a duration has no calendar units")
    }
}

fn name_of(file: &WorkFile) -> String {
    file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A file that cannot be removed now is found again.
fn remove(path: &std::path::Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a work file cannot be removed");
    }
}
