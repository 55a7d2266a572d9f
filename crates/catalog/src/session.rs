use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};
use tokio::sync::MutexGuard;

use crate::error::{CatalogError, Result};

/// The use of the catalog's connection. Others in this process wait until it is dropped: keep it short.
pub struct Session<'c> {
    pub(crate) connection: MutexGuard<'c, SqliteConnection>,
}

impl Session<'_> {
    /// For queries. Each sees the last committed state.
    pub fn read(&mut self) -> Read<'_> {
        Read { connection: &mut self.connection }
    }

    /// Begins a change. Waits for a writer in another process.
    ///
    /// The write lock is taken at once: a change that reads first would otherwise fail when another writer comes between.
    ///
    /// Errors: [`CatalogError::Busy`].
    pub async fn write(&mut self) -> Result<Write<'_>> {
        let transaction = self.connection.begin_with("BEGIN IMMEDIATE").await;
        Ok(Write { transaction: transaction.map_err(CatalogError::database("begin a change"))? })
    }

    /// Moves everything from the write-ahead log into the main file and empties the log, so that destroyed material is in neither.
    ///
    /// Waits for readers; when one stays, the log is emptied by a later use of the catalog.
    pub async fn settle(&mut self) -> Result<()> {
        let settled = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *self.connection).await;
        settled.map(drop).map_err(CatalogError::database("empty its log"))
    }
}

/// Queries. They change nothing.
pub struct Read<'s> {
    pub(crate) connection: &'s mut SqliteConnection,
}

/// Changes, all or none: dropping it undoes them.
#[must_use = "nothing is kept without `commit`"]
pub struct Write<'s> {
    pub(crate) transaction: Transaction<'s, Sqlite>,
}

impl Write<'_> {
    /// For queries that see the changes made so far.
    pub fn read(&mut self) -> Read<'_> {
        Read { connection: &mut self.transaction }
    }

    /// Keeps the changes. They are on stable storage when this returns.
    pub async fn commit(self) -> Result<()> {
        self.transaction.commit().await.map_err(CatalogError::database("commit a change"))
    }
}
