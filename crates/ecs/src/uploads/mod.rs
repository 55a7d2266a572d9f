//! Files that are sent to the server to be imported.
//!
//! ```text
//!   CreateUpload ─ signed ─ token ──▶ PUT bytes, in order, from where those that are there end ──▶ SHA-256 is right ── ImportImage
//!                                       STORE/work/UPLOAD.upload, 0600                                 removed when the job is over
//! ```
//!
//! The token stands for the right to send this file and nothing else: it is bound to account, region, length and digest, and is known to the
//! caller only. What is sent lies in clear until its import is over, as the plain image that it becomes does afterwards.

mod create;
mod receive;

pub use create::{CreatedUpload, NewUpload};
pub use receive::Receiving;

use std::path::PathBuf;
use std::time::Duration;

use catalog::{Region, Scope, Timestamp, UploadRecord, Write};

use crate::ecs::Ecs;
use crate::error::{ImportError, Result};
use crate::sweep::remove;

/// What the name of an uploaded file ends with, behind the id.
pub(crate) const UPLOAD_SUFFIX: &str = ".upload";

/// For how long an upload is waited for without a byte, and a complete one without an import.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);

impl Ecs {
    /// The file of a complete upload.
    ///
    /// Errors: `UploadNotFound`, `UploadIncomplete`.
    pub(crate) async fn uploaded(&self, id: &str, scope: &Scope) -> Result<PathBuf> {
        let found = self.catalog.read().upload_by_id(id).await?;
        let found = found.filter(|upload| upload.scope == *scope && !self.is_over(upload));
        let upload = found.ok_or_else(|| ImportError::UploadNotFound(id.escape_default().to_string()))?;
        let path = self.upload_path(&upload.id, &scope.region)?;
        let found = std::fs::metadata(&path).map_or(0, |file| file.len());
        if !upload.complete || found != upload.bytes {
            return Err(ImportError::UploadIncomplete { id: upload.id, found, bytes: upload.bytes }.into());
        }
        Ok(path)
    }

    /// Gives a complete upload to a job, in the change that makes the job.
    ///
    /// Errors: `UploadInUse` for one that another job has; `UploadNotFound` when it was given up meanwhile.
    pub(crate) async fn use_upload(&self, write: &mut Write, id: &str, job_id: &str) -> Result<()> {
        if write.upload_use(id, job_id, self.now()).await? {
            return Ok(());
        }
        let found = write.read().upload_by_id(id).await?;
        Err(match found.is_some_and(|upload| !upload.job_id.is_empty()) {
            true => ImportError::UploadInUse(id.to_owned()),
            false => ImportError::UploadNotFound(id.to_owned()),
        }
        .into())
    }

    /// Until when an upload is kept of which a byte came now.
    fn kept_until(&self) -> Timestamp {
        self.now().saturating_add(KEPT_FOR).expect("a duration has no calendar units")
    }

    fn upload_path(&self, id: &str, region: &Region) -> Result<PathBuf> {
        Ok(self.store(region)?.work_directory().join(format!("{id}{UPLOAD_SUFFIX}")))
    }

    fn is_over(&self, upload: &UploadRecord) -> bool {
        upload.job_id.is_empty() && upload.expires_at <= self.now()
    }

    /// Removes the records of uploads that nobody needs, and then their files: bytes or an import may come for one until its record is gone,
    /// and a file without one is nobody's, which the sweeper knows if this process ends in between.
    pub(crate) async fn remove_uploads_over(&self) -> Result<()> {
        let now = self.now();
        let over = self.catalog.read().uploads_over(now).await?;
        for upload in over {
            let mut write = self.catalog.write().await?;
            let done = write.upload_delete_over(&upload.id, now).await;
            // The store of a region that is no longer configured cannot be reached.
            if write.finish(done).await?
                && let Ok(path) = self.upload_path(&upload.id, &upload.scope.region)
            {
                remove(&path);
            }
        }
        Ok(())
    }

    /// The same for a job that is over: a failure is the sweeper's.
    pub(crate) async fn remove_uploads_soon(&self) {
        if let Err(error) = self.remove_uploads_over().await {
            tracing::warn!(%error, "an uploaded file cannot be removed now; the sweeper tries again");
        }
    }
}
