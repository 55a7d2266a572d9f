use std::path::PathBuf;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::connection::Connection;

/// How long a writer waits for a writer in another process. Ours hold the lock for milliseconds.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Memory of the writer for pages of the file: ids are random, so a change touches pages everywhere. Negative: KiB.
const WRITER_CACHE_KIB: &str = "-16384";

/// Pages of 4 KiB in the log after which it is brought into the file. A few of SQLite's usual 1,000 would do that after every fourth
/// group of changes, with two flushes and the same pages again and again; a start reads these 32 MiB in some 20 ms.
const LOG_PAGES: &str = "8000";

/// Prepared statements that a connection keeps: more than this crate has texts.
const PREPARED_MAX: usize = 512;

/// What a catalog is opened for. It decides about costs alone: what is promised of changes is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenedFor {
    /// Many calls at once, for a long time.
    Service,
    /// A few calls, one after the other, before the process ends. They share one connection, as a second one takes milliseconds.
    Command,
}

/// Where the database is. Makes connections to it.
#[derive(Clone)]
pub(crate) enum Opener {
    /// A file.
    Sqlite(PathBuf, OpenedFor),
    /// A server; the options may hold a password, hence no `Debug`.
    Postgres(Box<PgConnectOptions>),
}

impl Opener {
    /// The server and database that a URL such as `postgres://user@host/name` or `postgres:///name?host=/run/postgresql` names.
    pub(crate) fn postgres(url: &str) -> sqlx::Result<Self> {
        let lock_timeout = format!("{}s", BUSY_TIMEOUT.as_secs());
        let options: PgConnectOptions = url.parse()?;
        let options = options
            .application_name("reseal")
            .statement_cache_capacity(PREPARED_MAX)
            // What is answered must be on the server's disk, also where its default says otherwise.
            .options([("synchronous_commit", "on"), ("lock_timeout", &lock_timeout)])
            .disable_statement_logging();
        Ok(Self::Postgres(Box::new(options)))
    }

    /// A connection that changes things. Of the file engine there is one in a process, and it makes the file's settings.
    pub(crate) async fn writer(&self) -> sqlx::Result<Connection> {
        match self {
            Self::Sqlite(path, _) => {
                let options = sqlite(path)
                    .journal_mode(SqliteJournalMode::Wal)
                    .pragma("secure_delete", "ON")
                    .pragma("cache_size", WRITER_CACHE_KIB)
                    .pragma("wal_autocheckpoint", LOG_PAGES);
                Ok(Connection::Sqlite(options.connect().await?))
            }
            Self::Postgres(options) => Ok(Connection::Postgres(options.connect().await?)),
        }
    }

    /// A connection that cannot change anything.
    pub(crate) async fn reader(&self) -> sqlx::Result<Connection> {
        match self {
            Self::Sqlite(path, _) => Ok(Connection::Sqlite(sqlite(path).pragma("query_only", "ON").connect().await?)),
            Self::Postgres(options) => {
                let options = options.as_ref().clone().options([("default_transaction_read_only", "on")]);
                Ok(Connection::Postgres(options.connect().await?))
            }
        }
    }

    /// Whether all calls share the writer's connection.
    pub(crate) fn is_for_command(&self) -> bool {
        matches!(self, Self::Sqlite(_, OpenedFor::Command))
    }

    /// The file, or server and database, for messages: without user and password.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Sqlite(path, _) => path.display().to_string(),
            Self::Postgres(options) => {
                format!("database {} on {}", options.get_database().unwrap_or("of the user"), options.get_host())
            }
        }
    }
}

fn sqlite(path: &PathBuf) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        // A key that was handed out must still be there after a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .statement_cache_capacity(PREPARED_MAX)
        .disable_statement_logging()
}
