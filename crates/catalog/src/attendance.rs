//! That a process works on the jobs of a catalog, and whether others may do so beside it.
//!
//! ```text
//!                           the jobs of all      the name of its data directory
//!   the only server         for itself           for itself
//!   a server beside others  shared               for itself
//!   a command               shared               shared
//! ```
//!
//! On PostgreSQL these are two locks of a session (advisory locks), so they are held as long as a connection lives, and go with their
//! process however it ends. A data directory has a lock of its own (`server.lock`), which is its owner's to take; there is nothing to do here.
//!
//! What two processes must never do is not left to these locks: a job belongs to one worker by its row, also while a connection is down.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::database::{BUSY_TIMEOUT, Connection, Opener, Statement, values};
use crate::error::{CatalogError, Result};

/// The lock of all: two numbers, which PostgreSQL tells from the one number of the writer's lock. "Rsel".
const ALL: [&str; 2] = ["SELECT pg_advisory_lock_shared(1383294316, 0)", "SELECT pg_advisory_lock(1383294316, 0)"];

/// The lock of a name. "Rsem".
const NAME: [&str; 2] =
    ["SELECT pg_advisory_lock_shared(1383294317, hashtext($1))", "SELECT pg_advisory_lock(1383294317, hashtext($1))"];

/// A connection whose host has vanished without a word is closed by the database after some 25 s, and its locks go, also when an answer was
/// under way: by default it would take hours, or a quarter of one.
const KEEPALIVE: &str = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; \
                         SET tcp_user_timeout = 25000";

/// How long locks are waited for that were lost with their connection: the database tells of the loss before it gives them back. Others may
/// have come meanwhile.
const AGAIN: Duration = Duration::from_millis(500);

/// As what a process works on jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attends {
    /// A server that bears no other process beside it.
    OnlyServer,
    /// A server beside others, each with a data directory of its own.
    Server,
    /// A command, beside servers and other commands.
    Command,
}

/// A process that works on jobs, until this is dropped.
pub struct Attendance {
    attends: Attends,
    /// `None`: the catalog lies in a data directory.
    session: Option<Mutex<Session>>,
}

/// Whoever holds the locks.
struct Session {
    opener: Opener,
    /// Of the data directory.
    name: String,
    /// `None` when it was lost.
    connection: Option<Connection>,
}

impl Attendance {
    /// Takes the locks, for which it waits for a process that is about to end.
    pub(crate) async fn begin(opener: &Opener, name: &str, attends: Attends, patience: Duration) -> Result<Self> {
        if matches!(opener, Opener::Sqlite(..)) {
            return Ok(Self { attends, session: None });
        }
        let mut session = Session { opener: opener.clone(), name: name.to_owned(), connection: None };
        session.take(attends, patience).await?;
        Ok(Self { attends, session: Some(Mutex::new(session)) })
    }

    /// Makes sure that it still is so. A connection that was lost is replaced, if others let it.
    ///
    /// Errors: [`CatalogError::NotAlone`], [`CatalogError::OnlyServer`], [`CatalogError::NameTaken`] when another came meanwhile;
    /// [`CatalogError::Database`].
    pub async fn confirm(&self) -> Result<()> {
        let Some(session) = &self.session else { return Ok(()) };
        let mut session = session.lock().await;
        // Taken out, so that a call that is cancelled in between leaves none that nobody has asked.
        if let Some(mut connection) = session.connection.take()
            && matches!(timeout(BUSY_TIMEOUT, connection.run("SELECT 1")).await, Ok(Ok(())))
        {
            session.connection = Some(connection);
            return Ok(());
        }
        session.take(self.attends, AGAIN).await
    }

    /// Whether no other process works on these jobs now.
    pub async fn is_alone(&self) -> bool {
        self.attends == Attends::OnlyServer && self.confirm().await.is_ok()
    }
}

impl Session {
    /// Takes both locks, on a new connection.
    ///
    /// Errors: those of [`Attendance::confirm`]; `Database` also when the database does not answer.
    async fn take(&mut self, attends: Attends, patience: Duration) -> Result<()> {
        // The database waits for each lock; beside that it has the time that it has for all else.
        let answered = timeout(2 * patience + BUSY_TIMEOUT, self.try_take(attends, patience)).await;
        answered.unwrap_or_else(|_| {
            let silent = std::io::Error::new(std::io::ErrorKind::TimedOut, "the database does not answer");
            Err(CatalogError::database("say that it is in use")(silent.into()))
        })
    }

    async fn try_take(&mut self, attends: Attends, patience: Duration) -> Result<()> {
        let failed = CatalogError::database("say that it is in use");
        let mut connection = self.opener.writer().await.map_err(CatalogError::database("reach its database"))?;
        // 0 would be for ever.
        let lock_timeout = format!("SET lock_timeout = {}; {KEEPALIVE}", patience.as_millis().max(1));
        connection.run(lock_timeout).await.map_err(&failed)?;
        let (all, name) = match attends {
            Attends::OnlyServer => (ALL[1], NAME[1]),
            Attends::Server => (ALL[0], NAME[1]),
            Attends::Command => (ALL[0], NAME[0]),
        };
        let taken = connection.fetch(Statement { sql: name.into(), values: values![&self.name] }).await;
        taken.map_err(|error| self.refused(error, CatalogError::NameTaken { name: self.name.clone() }))?;
        let others = match attends {
            Attends::OnlyServer => CatalogError::NotAlone { place: self.opener.place() },
            _ => CatalogError::OnlyServer { place: self.opener.place() },
        };
        let taken = connection.fetch(Statement { sql: all.into(), values: values![] }).await;
        taken.map_err(|error| self.refused(error, others))?;
        self.connection = Some(connection);
        Ok(())
    }

    /// `held`: what it is when another has the lock.
    fn refused(&self, error: sqlx::Error, held: CatalogError) -> CatalogError {
        match CatalogError::database("say that it is in use")(error) {
            CatalogError::Busy { .. } => held,
            error => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that a server which takes connections and says nothing is given up. The clock of the test goes on by itself while all wait.
    #[tokio::test(start_paused = true)]
    async fn a_silent_database_is_given_up() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://me@{}/name?sslmode=disable", listener.local_addr().unwrap());
        let opener = Opener::postgres(&url).unwrap();
        let begun = Attendance::begin(&opener, "data-1", Attends::Server, Duration::from_secs(5)).await;
        let error = begun.err().expect("nobody gave it the locks");
        assert!(matches!(&error, CatalogError::Database { source: sqlx::Error::Io(_), .. }), "{error:?}");
    }
}
