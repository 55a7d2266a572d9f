//! The bytes of an upload, as they come.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use catalog::{Timestamp, UploadRecord};
use crypto::digest::{Sha256, sha256};

use crate::ecs::Ecs;
use crate::error::{EcsError, ImportError, Result};

/// Bytes that are hashed at once.
const PIECE_BYTES: usize = 1 << 20;

/// How often the catalog hears that bytes come: a change costs a flush.
const NOTED_EVERY: Duration = Duration::from_secs(3600);

/// An upload that one request sends bytes of; no other does meanwhile.
pub struct Receiving {
    ecs: Arc<Ecs>,
    upload: UploadRecord,
    file: Arc<File>,
    path: PathBuf,
    offset: u64,
    /// Whether this request brought bytes.
    has_received: bool,
}

impl Ecs {
    /// Takes an upload to send bytes of it.
    ///
    /// Errors: `UploadNotFound` for a token that stands for none, or no longer; `UploadBusy`.
    pub async fn receive(self: &Arc<Self>, token: &str) -> Result<Receiving> {
        let token_digest = sha256(token.as_bytes());
        let upload = self.upload_to_receive(&token_digest).await?;
        let path = self.upload_path(&upload.id, &upload.scope.region)?;
        let to_open = path.clone();
        let opened = blocking(move || {
            let mut options = File::options();
            let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(to_open)?;
            let is_ours = file.try_lock().is_ok();
            let offset = file.metadata()?.len();
            Ok((is_ours, Arc::new(file), offset))
        });
        let (is_ours, file, offset) = opened.await?;
        if !is_ours {
            return Err(ImportError::UploadBusy.into());
        }
        let mut receiving = Receiving { ecs: Arc::clone(self), upload, file, path, offset, has_received: false };
        // An import, the sweeper or another request may have come before the lock. A file that was made for nobody now is the sweeper's.
        receiving.upload = self.upload_to_receive(&token_digest).await?;
        Ok(receiving)
    }

    async fn upload_to_receive(&self, token_digest: &[u8; 32]) -> Result<UploadRecord> {
        let found = self.catalog.read().upload_by_token(token_digest).await?;
        let found = found.filter(|upload| upload.job_id.is_empty() && !self.is_over(upload));
        Ok(found.ok_or_else(|| ImportError::UploadNotFound("of this token".to_owned()))?)
    }
}

impl Receiving {
    /// Whose it is.
    #[must_use]
    pub fn account(&self) -> &str {
        self.upload.scope.account.as_str()
    }

    /// How many bytes are there: the next begin here.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
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

    /// Takes the next bytes. The upload is waited for longer because they came.
    ///
    /// Errors: `UploadTooLong`, `UploadNotFound` when it was given up meanwhile, the system's.
    pub async fn write(&mut self, bytes: Vec<u8>) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let end = self.offset + bytes.len() as u64;
        if end > self.upload.bytes {
            return Err(ImportError::UploadTooLong(self.upload.bytes).into());
        }
        let (file, offset) = (Arc::clone(&self.file), self.offset);
        blocking(move || file.write_all_at(&bytes, offset)).await?;
        self.offset = end;
        self.has_received = true;
        let expires_at = self.ecs.kept_until();
        if later(self.upload.expires_at, NOTED_EVERY) <= expires_at {
            self.advance(false, expires_at).await?;
        }
        Ok(())
    }

    /// Ends the request.
    ///
    /// Errors: `UploadDigest` when all bytes are there and are not those that were announced; `UploadNotFound` when it was given up meanwhile.
    pub async fn finish(mut self) -> Result<()> {
        let all = self.offset == self.upload.bytes;
        let is_known = self.upload.complete && !self.has_received;
        let is_wrong = all && !is_known && !self.keep_if_right().await?;
        // A request that brings nothing is no reason to wait longer.
        let expires_at = if self.has_received { self.ecs.kept_until() } else { self.upload.expires_at };
        self.advance(all && !is_wrong, expires_at).await?;
        if is_wrong { Err(ImportError::UploadDigest.into()) } else { Ok(()) }
    }

    async fn advance(&mut self, complete: bool, expires_at: Timestamp) -> Result<()> {
        let mut write = self.ecs.catalog.write().await?;
        let done = write.upload_advance(&self.upload.id, complete, expires_at, self.ecs.now()).await;
        if !write.finish(done).await? {
            return Err(ImportError::UploadNotFound(self.upload.id.clone()).into());
        }
        self.upload = UploadRecord { complete, expires_at, ..self.upload.clone() };
        Ok(())
    }

    /// Flushes the file and its name, or discards the bytes when they are not those that were announced. What is on the disk is hashed, not
    /// what came: it may have come in several requests, before and after a crash.
    async fn keep_if_right(&mut self) -> Result<bool> {
        let (file, path, wanted) = (Arc::clone(&self.file), self.path.clone(), self.upload.sha256);
        let is_right = blocking(move || {
            if digest_of(&file)? != wanted {
                file.set_len(0)?;
                return Ok(false);
            }
            file.sync_all()?;
            File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()?;
            Ok(true)
        });
        is_right.await
    }
}

impl Drop for Receiving {
    /// Closing alone would not do: a child that another thread has just forked still holds a copy of the descriptor.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).expect("a duration has no calendar units")
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
