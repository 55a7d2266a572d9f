//! The schema and its history. A catalog of any earlier schema is brought forward when it is opened; there is no way back.
//!
//! The number of the schema stands in the header of the file (`user_version`), so that asking for it costs no table.

use std::path::Path;

use sqlx::{Connection, SqliteConnection};

use crate::error::{CatalogError, Result};

/// "Rsel": marks the file as ours in the header (`application_id`), for us and for file(1).
const APPLICATION_ID: i64 = 0x5273_656c;

/// Step N brings schema N to N + 1. Steps that were released are never edited.
const STEPS: &[&str] =
    &[include_str!("../migrations/0001_keys.sql"), include_str!("../migrations/0002_sealed_images.sql")];

/// Brings the catalog at `path` to the newest schema. Safe when two processes do it at once: the second finds nothing to do.
pub(crate) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<()> {
    if steps_missing(connection, path).await?.is_empty() {
        return Ok(());
    }
    let failed = CatalogError::database("change its schema");
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
    for step in steps_missing(&mut transaction, path).await? {
        sqlx::raw_sql(*step).execute(&mut *transaction).await.map_err(&failed)?;
    }
    let header = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}", STEPS.len());
    sqlx::raw_sql(sqlx::AssertSqlSafe(header)).execute(&mut *transaction).await.map_err(&failed)?;
    transaction.commit().await.map_err(&failed)
}

async fn steps_missing(connection: &mut SqliteConnection, path: &Path) -> Result<&'static [&'static str]> {
    let failed = CatalogError::database("tell its schema");
    let (schema, application_id): (i64, i64) =
        sqlx::query_as("SELECT user_version, application_id FROM pragma_user_version, pragma_application_id")
            .fetch_one(&mut *connection)
            .await
            .map_err(&failed)?;
    let is_empty = schema == 0 && application_id == 0 && table_count(connection).await? == 0;
    if application_id != APPLICATION_ID && !is_empty {
        return Err(CatalogError::NotACatalog { path: path.to_owned(), found: application_id });
    }
    let done = usize::try_from(schema).ok();
    done.and_then(|done| STEPS.get(done..)).ok_or_else(|| CatalogError::TooNew {
        path: path.to_owned(),
        found: schema,
        known: STEPS.len().try_into().unwrap_or(i64::MAX),
    })
}

async fn table_count(connection: &mut SqliteConnection) -> Result<i64> {
    let count = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(connection).await;
    count.map_err(CatalogError::database("tell its schema"))
}
