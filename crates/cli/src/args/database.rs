//! Where the catalog is.

use std::path::PathBuf;

use clap::Args;

/// A PostgreSQL server for the catalog. Default: SQLite in the data directory.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct DatabaseArgs {
    /// Catalog in the PostgreSQL database at this URL
    #[arg(long, global = true, env = "RESEAL_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,

    /// The same, with the URL in this file (mode 0600), for one that holds a password
    #[arg(long, global = true, env = "RESEAL_DATABASE_FILE", value_name = "FILE")]
    pub database_file: Option<PathBuf>,
}
