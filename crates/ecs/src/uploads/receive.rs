//! The bytes of an upload, as they come.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::Arc;

use catalog::UploadRecord;
use crypto::digest::{Sha256, sha256};

use super::KEPT_FOR;
use crate::ecs::Ecs;
use crate::error::{EcsError, ImportError, Result};

/// Bytes that are hashed at once.
const PIECE_BYTES: usize = 1 << 20;

/// An upload that one request sends bytes of; no other does meanwhile.
pub struct Receiving {
    ecs: Arc<Ecs>,
    upload: UploadRecord,
    file: Arc<File>,
    offset: u64,
}

impl Ecs {
    /// Takes an upload to send bytes of it.
    ///
    /// Errors: `UploadNotFound` for a token that stands for none, or no longer; `UploadBusy`.
    pub async fn receive(self: &Arc<Self>, token: &str) -> Result<Receiving> {
        let gone = || ImportError::UploadNotFound("of this token".to_owned());
        let found = self.catalog.read().upload_by_token(&sha256(token.as_bytes())).await?;
        let found = found.filter(|upload| upload.job_id.is_empty() && !self.is_over(upload));
        let upload = found.ok_or_else(gone)?;
        let path = self.upload_path(&upload.id, &upload.scope.region)?;
        let opened = blocking(move || {
            let mut options = File::options();
            let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
            let is_ours = file.try_lock().is_ok();
            let offset = file.metadata()?.len();
            Ok((is_ours, Arc::new(file), offset))
        });
        let (is_ours, file, offset) = opened.await?;
        if !is_ours {
            return Err(ImportError::UploadBusy.into());
        }
        Ok(Receiving { ecs: Arc::clone(self), upload, file, offset })
    }
}

impl Receiving {
    /// How many bytes are there: the next begin here.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many there are to be.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.upload.bytes
    }

    /// Makes sure that the bytes that come begin where those that are there end.
    ///
    /// Errors: `UploadOffset`.
    pub fn begin_at(&self, offset: u64) -> Result<()> {
        if offset == self.offset {
            return Ok(());
        }
        Err(ImportError::UploadOffset { offset, found: self.offset }.into())
    }

    /// Takes the next bytes.
    ///
    /// Errors: `UploadTooLong`, the system's.
    pub async fn write(&mut self, bytes: Vec<u8>) -> Result<()> {
        let end = self.offset + bytes.len() as u64;
        if end > self.upload.bytes {
            return Err(ImportError::UploadTooLong(self.upload.bytes).into());
        }
        let (file, offset) = (Arc::clone(&self.file), self.offset);
        blocking(move || file.write_all_at(&bytes, offset)).await?;
        self.offset = end;
        Ok(())
    }

    /// Ends the request. Returns whether the file is complete.
    ///
    /// Errors: `UploadDigest` when all bytes are there and are not those that were announced; `UploadNotFound` when it was given up meanwhile.
    pub async fn finish(self) -> Result<bool> {
        let complete = self.offset == self.upload.bytes;
        if complete && !self.upload.complete {
            self.check_digest().await?;
        }
        let now = self.ecs.now();
        let expires_at = now.saturating_add(KEPT_FOR).expect("a duration has no calendar units");
        let mut write = self.ecs.catalog.write().await?;
        let done = write.upload_advance(&self.upload.id, complete, expires_at).await;
        if !write.finish(done).await? {
            return Err(ImportError::UploadNotFound(self.upload.id.clone()).into());
        }
        Ok(complete)
    }

    /// What is on the disk is hashed, not what came: it may have come in several requests, before and after a crash.
    async fn check_digest(&self) -> Result<()> {
        let (file, wanted) = (Arc::clone(&self.file), self.upload.sha256);
        let is_right = blocking(move || {
            if digest_of(&file)? == wanted {
                file.sync_all()?;
                return Ok(true);
            }
            file.set_len(0)?;
            Ok(false)
        });
        if is_right.await? { Ok(()) } else { Err(ImportError::UploadDigest.into()) }
    }
}

impl Drop for Receiving {
    /// Closing alone would not do: a child that another thread has just forked still holds a copy of the descriptor.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

fn digest_of(mut file: &File) -> std::io::Result<[u8; 32]> {
    file.rewind()?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE_BYTES]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finish()),
            read => hash.update(&piece[..read]),
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| EcsError::Stopping)?;
    Ok(done.map_err(ImportError::UploadStorage)?)
}
