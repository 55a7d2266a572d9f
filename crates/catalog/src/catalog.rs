use std::path::Path;
use std::time::Duration;

use crate::attendance::{Attendance, Attends};
use crate::data_directory::{exclusive, private_directory, private_file};
use crate::database::{Connection, OpenedFor, Opener};
use crate::error::{CatalogError, Result};
use crate::migrations::migrate;
use crate::read::Read;
use crate::readers::Readers;
use crate::writer::{Write, Writer};

/// What is remembered, in a data directory or on a PostgreSQL server.
///
/// Several processes may use one catalog: writers wait for each other, readers never wait.
pub struct Catalog {
    opener: Opener,
    readers: Readers,
    writer: Writer,
}

impl Catalog {
    /// Opens the catalog in `directory`, makes it when there is none, and brings an older one to the newest schema.
    ///
    /// It is the file `catalog.sqlite`, with its `-wal` and `-shm` while it is in use. The directory is made with mode 0700, files with
    /// mode 0600.
    ///
    /// Errors: [`CatalogError::TooNew`], [`CatalogError::NotACatalog`], [`CatalogError::DirectoryOpenToOthers`],
    /// [`CatalogError::Busy`], [`CatalogError::File`].
    pub async fn open(directory: &Path) -> Result<Self> {
        Self::open_for(OpenedFor::Service, directory).await
    }

    /// As [`Catalog::open`], with a word about what comes.
    ///
    /// Errors: as there.
    pub async fn open_for(opened_for: OpenedFor, directory: &Path) -> Result<Self> {
        private_directory(directory)?;
        let path = directory.join("catalog.sqlite");
        // SQLite gives its other files the mode of this one.
        private_file(&path)?;
        // Switching a new file to the write-ahead log fails at once when another process is in it: SQLite does not wait there.
        let lock = exclusive(directory.join("catalog.lock")).await?;
        let opener = Opener::Sqlite(path, opened_for);
        let mut connection = opener.writer().await.map_err(CatalogError::database("open its file"))?;
        migrate(&mut connection, &opener.place()).await?;
        drop(lock);
        Ok(Self::settled(connection, opener).await)
    }

    /// Opens the catalog in a PostgreSQL database, makes it in an empty one, and brings an older one to the newest schema.
    ///
    /// `url`: `postgres://USER:PASSWORD@HOST:PORT/NAME`, or `postgres:///NAME?host=/SOCKET/DIRECTORY`. The database is to be the
    /// catalog's own.
    ///
    /// Errors: [`CatalogError::InvalidUrl`], [`CatalogError::TooNew`], [`CatalogError::NotACatalog`], [`CatalogError::Busy`],
    /// [`CatalogError::Database`] when the server cannot be reached.
    pub async fn connect(url: &str) -> Result<Self> {
        let opener = Opener::postgres(url).map_err(|source| CatalogError::InvalidUrl { source })?;
        let mut connection = opener.writer().await.map_err(CatalogError::database("reach its database"))?;
        migrate(&mut connection, &opener.place()).await?;
        Ok(Self::settled(connection, opener).await)
    }

    async fn settled(connection: Connection, opener: Opener) -> Self {
        let writer = Writer::new(connection, opener.clone());
        let shared = opener.is_for_command().then(|| writer.clone());
        let catalog = Self { readers: Readers::new(opener.clone(), shared), writer, opener };
        // Whoever was killed after a deletion left this to do. A failure must keep nobody from reading; the next `settle` tries again.
        let _ = catalog.settle().await;
        catalog
    }

    /// For queries. Each sees the last committed state.
    pub fn read(&self) -> Read<'_> {
        Read::committed(&self.readers)
    }

    /// Begins a change. Waits for other writers, of this process and of others.
    ///
    /// Errors: [`CatalogError::Busy`], [`CatalogError::Database`].
    pub async fn write(&self) -> Result<Write> {
        self.writer.begin().await
    }

    /// Says that this process works on jobs, until what is returned is dropped. `name`: that of its data directory. `patience`: how long a
    /// process that stands in the way is waited for, as it may be about to end.
    ///
    /// Errors: [`CatalogError::NotAlone`], [`CatalogError::OnlyServer`], [`CatalogError::NameTaken`], [`CatalogError::Database`].
    pub async fn attend(&self, name: &str, attends: Attends, patience: Duration) -> Result<Attendance> {
        Attendance::begin(&self.opener, name, attends, patience).await
    }

    /// Whether it is a file in a data directory, and not in a database that others may reach when this process does not.
    #[must_use]
    pub fn is_in_data_directory(&self) -> bool {
        matches!(self.opener, Opener::Sqlite(..))
    }

    /// Number of commits so far. Changes that come together share one, so it may be far below the number of changes.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// Number of queries outside of changes so far, by which a test sees that a list costs as many as one of its items.
    pub fn queries(&self) -> u64 {
        self.readers.asked()
    }

    /// Has what changes with [`Write::unsettle`] deleted, in this process or another, overwritten also where the engine keeps old states: in
    /// the write-ahead log of SQLite, in the dead rows of PostgreSQL (not in the server's own log, which it recycles).
    ///
    /// Returns whether nothing is left. Otherwise somebody has read the log of SQLite for more than a second: ask again later. An opening of
    /// the catalog asks too.
    pub async fn settle(&self) -> Result<bool> {
        let Some(deletions) = self.read().unsettled().await? else { return Ok(true) };
        if !self.writer.settle().await? {
            return Ok(false);
        }
        let mut write = self.write().await?;
        let done = write.note_settled(deletions).await;
        write.finish(done).await?;
        Ok(true)
    }

    /// Commits what was asked for and closes the database. `catalog.sqlite` holds everything by itself then, unless another process has it
    /// open. Whoever goes on to use this catalog opens it again.
    ///
    /// Without it nothing is lost: what was committed stands in the `-wal` file until the next opening.
    pub async fn close(&self) -> Result<()> {
        self.readers.close().await?;
        self.writer.close().await
    }
}
