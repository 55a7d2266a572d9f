//! Where a test keeps its catalog.

use catalog::{Catalog, Result};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;

use crate::server;

/// An empty place on one of the engines. It may be opened several times.
pub(crate) enum Place {
    Sqlite(TempDir),
    Postgres(String),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().expect("a temporary directory"))
    }

    pub(crate) async fn postgres() -> Self {
        Self::Postgres(server::new_database().await)
    }

    pub(crate) async fn try_open(&self) -> Result<Catalog> {
        match self {
            Self::Sqlite(directory) => Catalog::open(directory.path()).await,
            Self::Postgres(url) => Catalog::connect(url).await,
        }
    }

    pub(crate) async fn open(&self) -> Catalog {
        self.try_open().await.expect("a catalog")
    }

    /// Runs statements behind the catalog's back.
    pub(crate) async fn run(&self, sql: &str) {
        let statements = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(directory) => {
                let options = SqliteConnectOptions::new().filename(directory.path().join("catalog.sqlite"));
                let mut connection = options.create_if_missing(true).connect().await.expect("a database");
                statements.execute(&mut connection).await.expect("valid statements");
                connection.close().await.expect("a clean end");
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.expect("a database");
                statements.execute(&mut connection).await.expect("valid statements");
                connection.close().await.expect("a clean end");
            }
        }
    }

    /// The text of the engine.
    pub(crate) fn choose<'t>(&self, sqlite: &'t str, postgres: &'t str) -> &'t str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }
}

/// Runs each of these functions as a test on both engines. They take a `&Place`.
macro_rules! on_both_engines {
    ($($test:ident),* $(,)?) => {
        crate::place::on_both_engines!(flavor = "current_thread"; $($test),*);
    };
    (flavor = $flavor:literal; $($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = $flavor)]
            async fn $test() {
                super::$test(&crate::place::Place::sqlite()).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = $flavor)]
            async fn $test() {
                super::$test(&crate::place::Place::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both_engines;
