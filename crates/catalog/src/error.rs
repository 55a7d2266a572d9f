use std::path::PathBuf;
use std::sync::Arc;

use sqlx::postgres::PgDatabaseError;

use crate::database::BUSY_TIMEOUT;

/// Shorthand for what this crate returns.
pub type Result<T> = std::result::Result<T, CatalogError>;

/// Why the catalog could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A file or directory of the catalog could not be made or opened.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// File or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Others may write to the data directory and so could replace its files.
    #[error("{} may be written by others (mode {mode:04o}); run `chmod 700` on it", path.display())]
    DirectoryOpenToOthers {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The database holds something else.
    #[error("{place} is not a catalog of Reseal ({found})")]
    NotACatalog {
        /// File, or server and database.
        place: String,
        /// What shows it.
        found: String,
    },
    /// A newer program made or changed the catalog.
    #[error(
        "{place} has schema {found}, this program knows up to {known}: it was written by a newer Reseal; use that version, \
         or another data directory"
    )]
    TooNew {
        /// File, or server and database.
        place: String,
        /// Schema of the catalog.
        found: i64,
        /// Newest schema of this program.
        known: i64,
    },
    /// Text that names no database.
    #[error(
        "the database URL cannot be used; write postgres://USER@HOST/NAME or postgres:///NAME?host=/SOCKET/DIRECTORY"
    )]
    InvalidUrl {
        /// What is wrong with it.
        #[source]
        source: sqlx::Error,
    },
    /// A stored value is not one that this program writes.
    #[error("catalog is damaged: column `{column}` holds {value:?}")]
    Damaged {
        /// Column with the value.
        column: &'static str,
        /// The value, or what is known of it.
        value: String,
    },
    /// Another process held the catalog for longer than we wait.
    #[error("another process holds the catalog for more than {waited_s} s; try again when it has finished")]
    Busy {
        /// Seconds waited.
        waited_s: u64,
    },
    /// Another process works on the jobs of this catalog, and there was to be none.
    #[error(
        "{place} is used by another server or command, so this one is not the only one: leave out --only-server, or stop the other"
    )]
    NotAlone {
        /// Server and database.
        place: String,
    },
    /// A server that bears none beside it works on the jobs of this catalog.
    #[error("{place} is used by a server that is to be its only one (--only-server)")]
    OnlyServer {
        /// Server and database.
        place: String,
    },
    /// Another process works on the jobs of this catalog under the same name.
    #[error(
        "another server or command with the name `{name}` uses the database: stop it if it is this data directory's; if its host vanished less \
         than half a minute ago, try again; if two data directories have that name because one is a copy, remove the file `server-name` from \
         the copy, which gets another one then"
    )]
    NameTaken {
        /// Name of the data directory.
        name: String,
    },
    /// The database refused a statement.
    #[error("the catalog could not {action}")]
    Database {
        /// What was tried, as a verb.
        action: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// The commit that this change shared with others failed.
    #[error("the catalog could not commit a change; it is not known whether it was kept")]
    GroupFailed {
        /// What the database said, to all of them.
        #[source]
        source: Arc<sqlx::Error>,
    },
    /// A change one of whose statements failed or was cancelled was to be kept.
    #[error("the catalog undid a change because a part of it had failed or was cancelled")]
    ChangeHasFailed,
    /// The writer went away before it had answered.
    #[error("the catalog was closed before a change was committed")]
    Stopped,
    /// An audit record that does not follow the last one.
    #[error("audit record {seq} does not follow the last one: its number or its previous hash is wrong")]
    AuditOutOfOrder {
        /// Number of the record.
        seq: u64,
    },
}

impl CatalogError {
    /// Whether it says nothing against what was asked: the catalog was busy, or its connection was lost, and the change may have been kept or
    /// not. Whoever finds out which when he comes again may come again.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Stopped => true,
            // A full disk does not pass by itself, whoever of the group met it.
            Self::GroupFailed { source } => is_lost(source),
            Self::Database { source, .. } => is_lost(source),
            _ => false,
        }
    }

    /// Sorts an error of the database. For `map_err`.
    pub(crate) fn database(action: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| {
            if is_busy(&source) {
                Self::Busy { waited_s: BUSY_TIMEOUT.as_secs() }
            } else {
                Self::Database { action, source }
            }
        }
    }

    /// The same for an error that others may have been given too.
    pub(crate) fn shared(action: &'static str, source: Arc<sqlx::Error>) -> Self {
        match Arc::try_unwrap(source) {
            Ok(source) => Self::database(action)(source),
            Err(source) => Self::GroupFailed { source },
        }
    }
}

/// Whether the connection is gone, or could not be made: its socket, the thread that it lives in, or what the server says.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_code_of_loss(&code)),
        _ => false,
    }
}

/// What PostgreSQL says of a connection: that there is a fault in it (class 08), that the server stops or starts (class 57P), or that it has
/// too many. The codes of SQLite are other numbers.
fn is_code_of_loss(code: &str) -> bool {
    code.len() == 5 && (code.starts_with("08") || code.starts_with("57P") || code == "53300")
}

fn is_busy(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<PgDatabaseError>().is_some() {
        // lock_not_available: `lock_timeout` ran out.
        return code == "55P03";
    }
    // SQLITE_BUSY is 5; its extended codes keep it in the low byte.
    code.parse::<u32>().is_ok_and(|code| code & 0xff == 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only what a lost connection says passes; what a statement is refused for does not.
    #[test]
    fn what_passes_is_told_from_what_stays() {
        for (code, is_loss) in [
            ("08006", true),
            ("57P01", true),
            ("57P03", true),
            ("53300", true),
            ("57014", false),
            ("53100", false),
            ("23505", false),
            ("40001", false),
            ("8", false),
            ("787", false),
        ] {
            assert_eq!(is_code_of_loss(code), is_loss, "{code}");
        }
        let failed = |source| CatalogError::database("read a job")(source);
        let gone = || sqlx::Error::Io(std::io::ErrorKind::UnexpectedEof.into());
        for (error, passes) in [
            (failed(gone()), true),
            (failed(sqlx::Error::RowNotFound), false),
            (CatalogError::GroupFailed { source: Arc::new(gone()) }, true),
            (CatalogError::GroupFailed { source: Arc::new(sqlx::Error::RowNotFound) }, false),
            (CatalogError::Busy { waited_s: 10 }, true),
            (CatalogError::ChangeHasFailed, false),
        ] {
            assert_eq!(error.is_passing(), passes, "{error:?}");
        }
    }
}
