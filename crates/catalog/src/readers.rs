use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;

use crate::database::{Connection, Opener, Row, Statement};
use crate::error::{CatalogError, Result, is_lost};
use crate::writer::Writer;

/// Most connections for queries. Each costs a thread (SQLite) or a server process (PostgreSQL); a query takes microseconds.
const READERS_MAX: usize = 8;

/// Connections for queries outside of changes. They are made when they are needed.
pub(crate) struct Readers {
    opener: Opener,
    /// Whose connection serves while nothing is under way there.
    shared: Option<Writer>,
    idle: Mutex<Vec<Connection>>,
    free: Semaphore,
    asked: AtomicU64,
}

impl Readers {
    pub(crate) fn new(opener: Opener, shared: Option<Writer>) -> Self {
        let (idle, free) = (Mutex::new(Vec::new()), Semaphore::new(READERS_MAX));
        Self { opener, shared, idle, free, asked: AtomicU64::new(0) }
    }

    /// Number of queries so far.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Runs a query on the last committed state.
    ///
    /// A connection whose query failed or was cancelled is not used again. One that died while it was idle, because the server was
    /// started anew, is no reason to fail: the query is put to a new one.
    pub(crate) async fn fetch(&self, action: &'static str, statement: Statement) -> Result<Vec<Row>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let failed = CatalogError::database(action);
        if let Some(writer) = &self.shared
            && let Some(rows) = writer.fetch_committed(statement.clone()).await
        {
            return rows.map_err(failed);
        }
        let _permit = self.free.acquire().await.expect("the semaphore is never closed");
        if let Some(mut connection) = self.take_idle() {
            match connection.fetch(statement.clone()).await {
                Err(error) if is_lost(&error) => {}
                Err(error) => return Err(failed(error)),
                Ok(rows) => {
                    self.put_idle(connection);
                    return Ok(rows);
                }
            }
        }
        let mut connection = self.opener.reader().await.map_err(CatalogError::database("open its database"))?;
        let rows = connection.fetch(statement).await.map_err(failed)?;
        self.put_idle(connection);
        Ok(rows)
    }

    pub(crate) async fn close(&self) -> Result<()> {
        while let Some(connection) = self.take_idle() {
            connection.close().await.map_err(CatalogError::database("close its database"))?;
        }
        Ok(())
    }

    fn take_idle(&self) -> Option<Connection> {
        self.idle.lock().expect("no holder of this lock can panic").pop()
    }

    fn put_idle(&self, connection: Connection) {
        self.idle.lock().expect("no holder of this lock can panic").push(connection);
    }
}
