//! `CreateUpload`, an action of ours.

use catalog::{Scope, Timestamp, UploadRecord, Write};
use crypto::digest::sha256;
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{ImportError, Result};

/// Who may import may send what is to be imported.
const IMPORT_IMAGE: Action = Action::new("ecs:ImportImage");

/// Uploads that an account has in a region at most: twice the disks of an image.
const UPLOADS_MAX: u64 = 34;

/// A file that is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewUpload {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// Where a file is to be sent. Whoever has the token may send it.
pub struct CreatedUpload {
    /// For ImportImage.
    pub id: String,
    /// The secret that stands for the right to send the file.
    pub token: String,
    /// How many bytes are there already: the next begin here.
    pub offset: u64,
    /// When it is given up if nothing comes.
    pub expires_at: Timestamp,
}

impl Ecs {
    /// Announces a file. One of the same length and digest that is not imported yet goes on where it stopped, under a new token.
    ///
    /// Asks for `ecs:ImportImage` on `image/*`. Errors: `RegionNotFound`, `UploadSize`, `UploadQuota`.
    pub async fn create_upload(&self, new: NewUpload, permit: &Permit, scope: &Scope) -> Result<CreatedUpload> {
        self.store(&scope.region)?;
        require(permit, IMPORT_IMAGE, scope, "image/*")?;
        let max = self.config.upload_bytes_max;
        if !(1..=max).contains(&new.bytes) {
            return Err(ImportError::UploadSize { bytes: new.bytes, max }.into());
        }
        let mut secret = [0; 32];
        self.rooms.random.fill(&mut secret);
        let token: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut write = self.catalog.write().await?;
        let done = self.insert_upload(&mut write, new, &token, scope).await;
        let upload = write.finish(done).await?;
        let file = std::fs::metadata(self.upload_path(&upload.id, &scope.region)?);
        let offset = file.map_or(0, |file| file.len());
        Ok(CreatedUpload { id: upload.id, token, offset, expires_at: upload.expires_at })
    }

    async fn insert_upload(
        &self,
        write: &mut Write,
        new: NewUpload,
        token: &str,
        scope: &Scope,
    ) -> Result<UploadRecord> {
        let now = self.now();
        let token_digest = sha256(token.as_bytes());
        let expires_at = self.kept_until();
        let same = write.read().upload_of_file(new.bytes, &new.sha256, scope, now).await?;
        if let Some(same) = same {
            let upload = UploadRecord { token_digest, expires_at, ..same };
            write.upload_renew(&upload).await?;
            return Ok(upload);
        }
        if write.read().uploads_count(scope).await? >= UPLOADS_MAX {
            return Err(ImportError::UploadQuota { max: UPLOADS_MAX }.into());
        }
        let upload = UploadRecord {
            id: self.new_id("u"),
            scope: scope.clone(),
            token_digest,
            bytes: new.bytes,
            sha256: new.sha256,
            complete: false,
            job_id: String::new(),
            created_at: now,
            expires_at,
        };
        write.upload_insert(&upload).await?;
        Ok(upload)
    }
}
