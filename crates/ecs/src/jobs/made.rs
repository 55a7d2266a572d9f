//! What a job has made of a disk, and whether it can be used.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blobs::{BlobId, BlobStore, Cause};
use catalog::{DiskContent, Read, SealedImageRecord};
use engine::Report;

use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

/// A blob that was made, and what it holds.
pub(super) struct MadeDisk {
    pub(super) blob: BlobId,
    pub(super) bytes: u64,
    /// Id in its envelope; empty for a plain one.
    pub(super) sealed_id: String,
    pub(super) content: DiskContent,
}

impl MadeDisk {
    /// Refuses an encrypted disk that is not recorded at `path`: its key could be deleted as one that nothing is under.
    ///
    /// Errors: `Damaged`; failures of the catalog.
    pub(super) async fn require_recorded(&self, read: &mut Read<'_>, path: &str) -> Result<()> {
        let is_plain = self.content.key_id.is_none();
        let is_this = |record: &SealedImageRecord| record.image.image_id == self.sealed_id;
        if is_plain || read.sealed_images_at(path).await?.iter().any(is_this) {
            return Ok(());
        }
        Err(EcsError::Damaged(format!("blob {} is not recorded under its key", self.blob)))
    }
}

impl Ecs {
    /// What an earlier run made, if it is complete: a file has its name, and a store its blob, only then.
    ///
    /// Nothing would keep the key of one that is not recorded under it. Such a file is removed, and made anew. Errors: `Damaged` for such a
    /// blob, as an id never gets other bytes.
    pub(super) async fn made_before(
        &self,
        store: &Arc<dyn BlobStore>,
        blob: BlobId,
        file: &Path,
        recorded_at: &str,
    ) -> Result<Option<MadeDisk>> {
        let is_stored = match store.size(&blob).await {
            Ok(_) => true,
            Err(error) if matches!(error.cause, Cause::NoSuchBlob) => false,
            // Not knowing is no reason to make it anew: what is there may be of an earlier run, under another data key.
            Err(error) => return Err(error.into()),
        };
        let made = match (file.exists(), is_stored) {
            (true, _) => self.look_at(blob, file.to_owned()).await?,
            (false, true) => self.look_at_blob(store, blob).await?,
            (false, false) => return Ok(None),
        };
        match made.require_recorded(&mut self.catalog.read(), recorded_at).await {
            Err(EcsError::Damaged(why)) if !is_stored => {
                tracing::warn!(%blob, "{why}; it is made anew");
                self.remove_files_of(store, &blob.to_string()).await?;
                Ok(None)
            }
            checked => checked.map(|()| Some(made)),
        }
    }

    /// What an earlier run put into the store.
    async fn look_at_blob(&self, store: &Arc<dyn BlobStore>, blob: BlobId) -> Result<MadeDisk> {
        let opened = store.open(&blob).await?;
        self.look_at(blob, opened.path().to_owned()).await
    }

    /// What a finished file holds, as it says itself.
    pub(super) async fn look_at(&self, blob: BlobId, path: PathBuf) -> Result<MadeDisk> {
        let report = tokio::task::spawn_blocking(move || inspect(&path)).await.map_err(|_| EcsError::Stopping)??;
        let damaged = || EcsError::Damaged(format!("the envelope of blob {blob}"));
        if report.encryption.is_some() != report.envelope.is_some() {
            return Err(damaged());
        }
        let (mut key_id, mut key_version_id, mut sealed_id) = (None, None, String::new());
        if let Some(envelope) = &report.envelope {
            key_id = Some(envelope.key_id.parse().map_err(|_| damaged())?);
            key_version_id = Some(envelope.key_version.parse().map_err(|_| damaged())?);
            sealed_id = envelope.ctx.get("image").cloned().unwrap_or_default();
        }
        let content = DiskContent {
            virtual_bytes: report.virtual_size,
            format: report.format.name().to_owned(),
            blob_id: Some(blob.to_string()),
            key_id,
            key_version_id,
            mode: String::new(),
            verified_at: self.config.verify_copies.then(|| self.now()),
        };
        Ok(MadeDisk { blob, bytes: report.file_bytes, sealed_id, content })
    }
}

/// What the engine made is never raw: it says what it is.
fn inspect(path: &Path) -> Result<Report> {
    Ok(engine::inspect(path, None)?)
}
