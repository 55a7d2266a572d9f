use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

use crate::database::{Connection, Opener, Row, Statement};
use crate::error::{CatalogError, Result};

/// Most members of a group: bounds what one failed commit takes with it, and how long the first member waits for the last.
const GROUP_MEMBERS_MAX: usize = 256;

/// The writer's connection and the group that is open on it. Whoever holds the lock around it is the writer.
pub(super) struct Lane {
    opener: Opener,
    /// Absent while a statement that opens or ends something runs, and after one has failed: it is in doubt then.
    connection: Option<Connection>,
    /// Whether the transaction of a group is open.
    group_is_open: bool,
    /// Whether the savepoint of a change that was kept is open still: the next change releases it on its way, which spares a round trip.
    savepoint_is_open: bool,
    /// Whether a change is open in it. Still set when the next writer comes: nobody ended the change, and nobody can any more.
    change_is_open: bool,
    /// Whether a statement of the open change has failed, or was cancelled and so may have done its work or not. PostgreSQL refuses to
    /// keep such a change; SQLite would keep its rest.
    change_has_failed: bool,
    /// Who waits for the commit of the group.
    members: Vec<oneshot::Sender<Result<()>>>,
    commits: Arc<AtomicU64>,
}

impl Lane {
    pub(super) fn new(connection: Connection, opener: Opener, commits: Arc<AtomicU64>) -> Self {
        Self {
            opener,
            connection: Some(connection),
            group_is_open: false,
            savepoint_is_open: false,
            change_is_open: false,
            change_has_failed: false,
            members: Vec::new(),
            commits,
        }
    }

    /// Opens a change, and a group around it when there is none.
    pub(super) async fn begin_change(&mut self) -> Result<()> {
        self.drop_if_in_doubt();
        if self.members.len() >= GROUP_MEMBERS_MAX {
            self.commit_group().await?;
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.opener.writer().await.map_err(CatalogError::database("open its database"))?,
        };
        let begun = self.open_savepoint(&mut connection).await;
        self.keep_if_sound(connection, begun, "begin a change")?;
        self.group_is_open = true;
        self.savepoint_is_open = true;
        self.change_is_open = true;
        self.change_has_failed = false;
        Ok(())
    }

    /// Runs a query outside of changes; `None` while there are any. A connection whose query failed or was cancelled is not used again.
    pub(super) async fn fetch_committed(&mut self, statement: Statement) -> Option<sqlx::Result<Vec<Row>>> {
        if self.group_is_open || self.change_is_open {
            return None;
        }
        let mut connection = self.connection.take()?;
        let rows = connection.fetch(statement).await;
        if rows.is_ok() {
            self.connection = Some(connection);
        }
        Some(rows)
    }

    /// Runs a query of the open change.
    pub(super) async fn fetch(&mut self, action: &'static str, statement: Statement) -> Result<Vec<Row>> {
        let connection = self.connection.as_mut().expect("an open change has a connection");
        let had_failed = std::mem::replace(&mut self.change_has_failed, true);
        let rows = connection.fetch(statement).await;
        self.change_has_failed = had_failed || rows.is_err();
        rows.map_err(CatalogError::database(action))
    }

    /// Runs a statement of the open change; the number of rows that it touched.
    pub(super) async fn execute(&mut self, action: &'static str, statement: Statement) -> Result<u64> {
        let connection = self.connection.as_mut().expect("an open change has a connection");
        let had_failed = std::mem::replace(&mut self.change_has_failed, true);
        let count = connection.execute(statement).await;
        self.change_has_failed = had_failed || count.is_err();
        count.map_err(CatalogError::database(action))
    }

    async fn open_savepoint(&self, connection: &mut Connection) -> sqlx::Result<()> {
        if !self.group_is_open {
            connection.begin().await?;
        }
        let open =
            if self.savepoint_is_open { "RELEASE SAVEPOINT change; SAVEPOINT change" } else { "SAVEPOINT change" };
        connection.run(open).await
    }

    /// Whether a statement of the open change has failed, so that it cannot be kept.
    pub(super) fn change_has_failed(&self) -> bool {
        self.change_has_failed
    }

    /// Takes the open change into the group; the receiver hears how the group's commit went. The savepoint is released by the next
    /// change or by the commit.
    pub(super) fn keep_change(&mut self) -> oneshot::Receiver<Result<()>> {
        self.change_is_open = false;
        self.join_group()
    }

    /// Undoes the open change and leaves those before it. A group without members ends here: nobody else would end it.
    pub(super) async fn undo_change(&mut self) -> Result<()> {
        self.control("ROLLBACK TO SAVEPOINT change; RELEASE SAVEPOINT change", "undo a change").await?;
        self.savepoint_is_open = false;
        self.change_is_open = false;
        if self.members.is_empty() {
            self.control("ROLLBACK", "undo a change").await?;
            self.group_is_open = false;
        }
        Ok(())
    }

    /// Whether changes wait for the commit of the open group.
    pub(super) fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    /// Makes the caller a member of the open group: the receiver hears how its commit went.
    pub(super) fn join_group(&mut self) -> oneshot::Receiver<Result<()>> {
        let (sender, receiver) = oneshot::channel();
        self.members.push(sender);
        receiver
    }

    /// Commits the open group, if there is one, and tells its members.
    pub(super) async fn commit_group(&mut self) -> Result<()> {
        self.drop_if_in_doubt();
        if !self.group_is_open {
            return Ok(());
        }
        // PostgreSQL answers the commit of a transaction that has failed with success; the release is refused.
        let commit = if self.savepoint_is_open { "RELEASE SAVEPOINT change; COMMIT" } else { "COMMIT" };
        self.control(commit, "commit a change").await?;
        self.group_is_open = false;
        self.savepoint_is_open = false;
        self.commits.fetch_add(1, Ordering::Relaxed);
        for member in self.members.drain(..) {
            // A member that went away does not hear it.
            let _ = member.send(Ok(()));
        }
        Ok(())
    }

    pub(super) async fn settle(&mut self) -> Result<bool> {
        self.commit_group().await?;
        let connection = match &mut self.connection {
            Some(connection) => connection,
            // The one before was in doubt, and what it wrote is to be settled all the same.
            None => {
                let opened = self.opener.writer().await.map_err(CatalogError::database("open its database"))?;
                self.connection.insert(opened)
            }
        };
        connection.settle().await.map_err(CatalogError::database("empty its log"))
    }

    pub(super) async fn close(&mut self) -> Result<()> {
        self.commit_group().await?;
        match self.connection.take() {
            Some(connection) => connection.close().await.map_err(CatalogError::database("close its database")),
            None => Ok(()),
        }
    }

    /// Runs a statement that opens or ends something.
    async fn control(&mut self, sql: &'static str, action: &'static str) -> Result<()> {
        let mut connection = self.connection.take().ok_or(CatalogError::Stopped)?;
        let done = connection.run(sql).await;
        self.keep_if_sound(connection, done, action)
    }

    fn keep_if_sound(&mut self, connection: Connection, done: sqlx::Result<()>, action: &'static str) -> Result<()> {
        match done {
            Ok(()) => {
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => {
                let shared = Arc::new(error);
                self.drop_group(&shared);
                Err(CatalogError::shared(action, shared))
            }
        }
    }

    /// Ends the group in failure. Its connection is gone, and its transaction with it.
    fn drop_group(&mut self, cause: &Arc<sqlx::Error>) {
        self.group_is_open = false;
        self.savepoint_is_open = false;
        self.change_is_open = false;
        for member in self.members.drain(..) {
            let _ = member.send(Err(CatalogError::GroupFailed { source: cause.clone() }));
        }
    }

    /// Gives up a connection that a writer left in the middle of something, which happens only when its runtime ended.
    fn drop_if_in_doubt(&mut self) {
        if self.change_is_open || self.connection.is_none() {
            self.connection = None;
            self.group_is_open = false;
            self.savepoint_is_open = false;
            self.change_is_open = false;
            // Members whose sender is dropped hear that the writer stopped.
            self.members.clear();
        }
    }
}
