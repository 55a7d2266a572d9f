//! What nobody uses goes: blobs that lost their last snapshot, and what a crash left.
//!
//! What is there is listed first, and who needs it is asked then: a job stands in the catalog before it makes anything, and a blob does
//! before its job is over. So nothing that is listed can come to be needed afterwards.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use blobs::{BlobId, BlobStore, Cause, WorkFile};
use catalog::{BlobRecord, Region, Timestamp};

use crate::ecs::Ecs;
use crate::error::Result;
use crate::uploads::UPLOAD_SUFFIX;

/// What nobody knows is removed when it is so old that no job of another process can be about to record it.
pub(crate) const ORPHAN_AGE: Duration = Duration::from_secs(24 * 3600);

/// How long client tokens and ended jobs are remembered.
const TOKEN_AGE: Duration = Duration::from_secs(24 * 3600);
const JOB_AGE: Duration = Duration::from_secs(90 * 24 * 3600);

/// Blobs of one look.
const BATCH: u32 = 100;

impl Ecs {
    /// Removes dropped blobs, orphans and abandoned uploads. `alone`: no other process works on these stores, so the age of files and blobs does
    /// not matter; that of uploads that no record names does.
    ///
    /// Errors: the first failure of a part; the others are done, and what could not be removed is found again.
    pub async fn sweep(&self, alone: bool) -> Result<()> {
        let mut done = self.remove_dropped().await;
        done = done.and(self.remove_uploads_over().await);
        for (region, store) in &self.stores {
            done = done.and(self.remove_work_files(store, alone).await);
            done = done.and(self.remove_orphans(region, store, alone).await);
            done = done.and(self.abort_uploads(store).await);
        }
        done.and(self.forget_old().await)
    }

    /// Forgets client tokens and ended jobs whose time is over.
    async fn forget_old(&self) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            write.client_tokens_delete_before(self.before(TOKEN_AGE)).await?;
            write.jobs_delete_before(self.before(JOB_AGE)).await
        };
        let done = done.await;
        write.finish(done).await?;
        Ok(())
    }

    /// Removes the bytes of blobs that nothing uses any more, and then their records. One that cannot be removed holds up no other.
    ///
    /// Errors: the first.
    pub(crate) async fn remove_dropped(&self) -> Result<()> {
        let dropped = self.catalog.read().blobs_dropped(BATCH).await?;
        let mut done = Ok(());
        for blob in &dropped {
            done = done.and(self.remove_blob(blob).await);
        }
        done
    }

    /// The same for a call that is over: a failure is the sweeper's.
    pub(crate) async fn remove_dropped_soon(&self) {
        if let Err(error) = self.remove_dropped().await {
            tracing::warn!(%error, "the bytes of what was deleted cannot be removed now; the sweeper tries again");
        }
    }

    async fn remove_blob(&self, blob: &BlobRecord) -> Result<()> {
        // The store of a region that is no longer configured cannot be reached; its operator removed it.
        if let (Ok(store), Ok(id)) = (self.store(&blob.region), blob.id.parse()) {
            self.forget_kept(&blob.sealed_id).await?;
            store.delete(&id).await?;
            self.remove_files_of(store, &blob.id).await?;
        }
        let mut write = self.catalog.write().await?;
        let done = write.blob_delete(&blob.id).await;
        Ok(write.finish(done).await?)
    }

    /// Removes what a job made that is over without success, unless it turns out that somebody has it: an image, or a worker who has
    /// taken the job over.
    pub(crate) async fn discard_unrecorded(&self, region: &Region, blob: &str) -> Result<()> {
        let (Ok(store), Ok(id)) = (self.store(region), blob.parse::<BlobId>()) else { return Ok(()) };
        // In this order: a job that ends in between has recorded its blob by then.
        let is_in_work = self.blobs_in_work().await?.contains(blob);
        let recorded = self.catalog.read().blob_by_id(blob).await?;
        if is_in_work || recorded.is_some_and(|blob| blob.dropped_at.is_none()) {
            return Ok(());
        }
        self.remove_files_of(store, blob).await?;
        // An upload that cannot be given up now is found again, by its record or its age; it keeps no object from its deletion.
        let given_up = store.give_up(&id).await;
        match store.open(&id).await {
            Ok(opened) => {
                let path = opened.path().to_owned();
                let sealed_id = tokio::task::spawn_blocking(move || engine::image_of_copy(&path)).await;
                self.forget_kept(&sealed_id.ok().flatten().unwrap_or_default()).await?;
                store.delete(&id).await?;
                Ok(given_up?)
            }
            Err(error) if matches!(error.cause, Cause::NoSuchBlob) => Ok(given_up?),
            // Not deleted unseen: afterwards nothing would tell what is kept beside it.
            Err(error) => Err(error.into()),
        }
    }

    /// Removes tree and header copy of a sealed file, unless it is recorded under a key.
    async fn forget_kept(&self, sealed_id: &str) -> Result<()> {
        if !self.catalog.read().sealed_image_is_recorded(sealed_id).await? {
            engine::forget_image(&self.config.data_dir, sealed_id)?;
        }
        Ok(())
    }

    /// Removes the work files of a blob, and what is kept beside it of a copy that they are of.
    pub(crate) async fn remove_files_of(&self, store: &Arc<dyn BlobStore>, blob: &str) -> Result<()> {
        let target = store.work_directory().join(blob);
        let made = tokio::task::spawn_blocking(move || engine::image_of_copy(&target)).await;
        // First, as afterwards nothing tells any more what it is.
        if let Ok(Some(sealed_id)) = made {
            self.forget_kept(&sealed_id).await?;
        }
        for file in store.work_files().await? {
            let rest = name_of(&file).strip_prefix(blob).map(str::to_owned);
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
                remove(&file.path);
            }
        }
        Ok(())
    }

    async fn remove_work_files(&self, store: &Arc<dyn BlobStore>, alone: bool) -> Result<()> {
        let files = store.work_files().await?;
        let in_work = self.blobs_in_work().await?;
        for file in files {
            let name = name_of(&file);
            // `BLOB`, `BLOB.something`, `TASK.OBJECT` or `UPLOAD.upload`.
            let blob = name.split('.').next().unwrap_or(&name);
            let is_wanted = in_work.contains(blob) || self.catalog.read().upload_by_id(blob).await?.is_some();
            // What was sent is there in clear, and has a record before it has a file: another server may have removed that.
            let is_over = alone || name.ends_with(UPLOAD_SUFFIX) || file.modified < self.before(ORPHAN_AGE);
            if !is_wanted && is_over {
                self.remove_files_of(store, blob).await?;
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

    /// Blobs that unfinished jobs make, and the ids of those jobs: work files are named after the one or the other.
    pub(crate) async fn blobs_in_work(&self) -> Result<BTreeSet<String>> {
        let (mut blobs, mut behind) = (BTreeSet::new(), 0);
        loop {
            let jobs = self.catalog.read().jobs_unfinished_after(behind).await?;
            let Some(last) = jobs.last() else { return Ok(blobs) };
            behind = last.sequence;
            blobs.extend(jobs.iter().flat_map(crate::jobs::blobs_of));
            blobs.extend(jobs.into_iter().map(|job| job.job.id));
        }
    }

    pub(crate) fn before(&self, age: Duration) -> Timestamp {
        self.now().saturating_sub(age).expect("a duration has no calendar units")
    }
}

fn name_of(file: &WorkFile) -> String {
    file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A file that cannot be removed now is found again.
pub(crate) fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a work file cannot be removed");
    }
}
