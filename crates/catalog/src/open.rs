use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::Mutex;

use crate::error::{CatalogError, Result};
use crate::migrations::migrate;
use crate::session::Session;

/// How long a writer waits for a writer in another process. Ours hold the lock for milliseconds.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The catalog of one data directory: `catalog.sqlite`, with its `-wal` and `-shm` while it is in use.
///
/// One connection: SQLite has one writer anyway, and the file commands do one thing at a time.
pub struct Catalog {
    connection: Mutex<SqliteConnection>,
}

impl Catalog {
    /// Opens the catalog in `directory`, makes it when there is none, and brings an older one to the newest schema.
    ///
    /// The directory is made with mode 0700, files with mode 0600.
    ///
    /// Errors: [`CatalogError::TooNew`], [`CatalogError::NotACatalog`], [`CatalogError::DirectoryOpenToOthers`],
    /// [`CatalogError::Busy`], [`CatalogError::File`].
    pub async fn open(directory: &Path) -> Result<Self> {
        private_directory(directory)?;
        let path = directory.join("catalog.sqlite");
        // SQLite gives its other files the mode of this one.
        private_file(&path)?;
        // Switching a new file to the write-ahead log fails at once when another process is in it: SQLite does not wait there.
        let lock = exclusive(directory.join("catalog.lock")).await?;
        let mut connection = options(&path).connect().await.map_err(CatalogError::database("open its file"))?;
        migrate(&mut connection, &path).await?;
        drop(lock);
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// The use of the connection; waits for others in this process.
    pub async fn session(&self) -> Session<'_> {
        Session { connection: self.connection.lock().await }
    }

    /// Closes the file. When no other process has it open, `catalog.sqlite` holds everything by itself then.
    ///
    /// Without it nothing is lost: what was committed stands in the `-wal` file until the next opening.
    pub async fn close(self) -> Result<()> {
        self.connection.into_inner().close().await.map_err(CatalogError::database("close its file"))
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        // A key that was handed out must still be there after a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Destroyed material is overwritten, not only unlinked from its page.
        .pragma("secure_delete", "ON")
        .disable_statement_logging()
}

/// Makes the directory for its owner alone, or refuses one that others may write to. Others reading its listing harms nothing.
fn private_directory(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| CatalogError::File { action: "make the data directory", path: path.to_owned(), source })?;
    let metadata = path.metadata();
    let metadata =
        metadata.map_err(|source| CatalogError::File { action: "look at", path: path.to_owned(), source })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o022 == 0 { Ok(()) } else { Err(CatalogError::DirectoryOpenToOthers { path: path.to_owned(), mode }) }
}

fn private_file(path: &Path) -> Result<File> {
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    opened.map_err(|source| CatalogError::File { action: "open", path: path.to_owned(), source })
}

/// Holds the file's lock until the returned file is dropped. Whoever waits does so on a thread of its own.
async fn exclusive(path: PathBuf) -> Result<File> {
    let file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(source)) => {
            return Err(CatalogError::File { action: "lock", path, source });
        }
    }
    let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
    let locked = waiting.await.map_err(std::io::Error::other).flatten();
    locked.map_err(|source| CatalogError::File { action: "lock", path, source })
}
