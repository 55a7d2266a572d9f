//! One writer, and many changes that share a commit.
//!
//! ```text
//! change A   ─wait─ SAVEPOINT a… ┐                    ┌─ answered
//! change B         ─wait──────── RELEASE SAVEPOINT b… ┤─ answered
//! change C               ─wait──────────── SAVEPOINT c… ROLLBACK TO    (refused: waits for A and B)
//! the group  BEGIN                                  └ COMMIT: one flush for all
//! ```
//!
//! Making a commit durable takes milliseconds, the change itself microseconds. So all changes that wait at a moment run one after the
//! other in one transaction, the group, each in a savepoint of its own. The lock is fair: the first member has a task queue up behind
//! the writers that wait already; when the task gets its turn it commits the group and wakes its members. A writer that is alone
//! commits at once.
//!
//! - **A change sees the changes before it in its group**, which are not durable yet. So no end of a change is reported before that
//!   group is: `commit`, `abandon` and `finish` all wait for it. If its commit fails, every member fails, also those that were refused.
//! - **A caller that goes away** (a dropped future) leaves nothing half done: BEGIN, SAVEPOINT, ROLLBACK and COMMIT run in tasks that
//!   nobody drops. A change that is dropped is undone by such a task, its group goes on.
//! - **A connection in doubt is never used again**: when one of those statements fails, the connection is closed, which undoes its
//!   transaction, the members of the group are told, and the next writer opens a new one.

pub use change::Write;

mod change;
mod lane;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::database::{Connection, Opener, Row, Statement};
use crate::error::{CatalogError, Result};
use lane::Lane;

/// The one writer of this process. On both engines other processes wait while a group is open.
#[derive(Clone)]
pub(crate) struct Writer {
    lane: Arc<Mutex<Lane>>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    pub(crate) fn new(connection: Connection, opener: Opener) -> Self {
        let commits = Arc::new(AtomicU64::new(0));
        Self { lane: Arc::new(Mutex::new(Lane::new(connection, opener, commits.clone()))), commits }
    }

    /// Begins a change, behind those that wait already.
    pub(crate) async fn begin(&self) -> Result<Write> {
        let mut lane = self.lane().await;
        uninterrupted(async move {
            lane.begin_change().await?;
            Ok(Write::new(lane))
        })
        .await
    }

    /// Runs a query on what is committed. `None`: the connection is in use, or lost, or has changes that are not committed.
    pub(crate) async fn fetch_committed(&self, statement: Statement) -> Option<sqlx::Result<Vec<Row>>> {
        self.lane.try_lock().ok()?.fetch_committed(statement).await
    }

    /// Number of groups that were committed.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Whether everything that was deleted is overwritten.
    pub(crate) async fn settle(&self) -> Result<bool> {
        let mut lane = self.lane().await;
        uninterrupted(async move { lane.settle().await }).await
    }

    /// Commits what is open and closes the connection.
    pub(crate) async fn close(&self) -> Result<()> {
        let mut lane = self.lane().await;
        uninterrupted(async move { lane.close().await }).await
    }

    async fn lane(&self) -> OwnedMutexGuard<Lane> {
        self.lane.clone().lock_owned().await
    }
}

/// Runs to its end, also when the caller goes away.
async fn uninterrupted<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.unwrap_or(Err(CatalogError::Stopped))
}
