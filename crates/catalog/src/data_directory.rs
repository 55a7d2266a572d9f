//! The files of the embedded database: for their owner only, and opened by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::{CatalogError, Result};

/// Makes the directory for its owner alone, or refuses one that others may write to. Others reading its listing harms nothing.
pub(crate) fn private_directory(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| CatalogError::File { action: "make the data directory", path: path.to_owned(), source })?;
    let metadata = path.metadata();
    let metadata =
        metadata.map_err(|source| CatalogError::File { action: "look at", path: path.to_owned(), source })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o022 == 0 { Ok(()) } else { Err(CatalogError::DirectoryOpenToOthers { path: path.to_owned(), mode }) }
}

pub(crate) fn private_file(path: &Path) -> Result<File> {
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    opened.map_err(|source| CatalogError::File { action: "open", path: path.to_owned(), source })
}

/// A lock on a file, until it is dropped.
pub(crate) struct FileLock(File);

impl Drop for FileLock {
    /// Closing alone would not do: a child that another thread has just forked still holds a copy of the descriptor.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Takes the file's lock. Whoever waits does so on a thread of its own.
pub(crate) async fn exclusive(path: PathBuf) -> Result<FileLock> {
    let file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => return Ok(FileLock(file)),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(source)) => {
            return Err(CatalogError::File { action: "lock", path, source });
        }
    }
    let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| FileLock(file)));
    let locked = waiting.await.map_err(std::io::Error::other).flatten();
    locked.map_err(|source| CatalogError::File { action: "lock", path, source })
}
