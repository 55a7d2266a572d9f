use std::path::PathBuf;

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
    /// The file is a database of something else.
    #[error("{} is not a catalog of Reseal (application id {found:#010x})", path.display())]
    NotACatalog {
        /// The file.
        path: PathBuf,
        /// Application id in its header.
        found: i64,
    },
    /// A newer program made or changed the catalog.
    #[error(
        "{} has schema {found}, this program knows up to {known}: it was written by a newer Reseal; use that version, \
         or another data directory",
        path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Schema of the file.
        found: i64,
        /// Newest schema of this program.
        known: i64,
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
    /// The database refused a statement.
    #[error("the catalog could not {action}")]
    Database {
        /// What was tried, as a verb.
        action: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
}

impl CatalogError {
    /// Sorts an error of the database. For `map_err`.
    pub(crate) fn database(action: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| {
            if is_busy(&source) {
                Self::Busy { waited_s: crate::open::BUSY_TIMEOUT.as_secs() }
            } else {
                Self::Database { action, source }
            }
        }
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    // SQLITE_BUSY is 5; its extended codes keep it in the low byte.
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
}
