//! The schema and its history. A catalog of any earlier schema is brought forward when it is opened; there is no way back.
//!
//! A step is written in the words of SQLite and translated for PostgreSQL, where only types and table options differ; a step that
//! cannot be translated has a twin. The number of the schema stands in the header of the SQLite file (`user_version`), so that asking for
//! it costs no table; PostgreSQL has the table `catalog_schema` with one row.

use crate::database::{Connection, Row, Statement, values};
use crate::error::{CatalogError, Result};

/// "Rsel": marks the file as ours in the header (`application_id`), for us and for file(1).
const APPLICATION_ID: i64 = 0x5273_656c;

/// One step of the schema's history.
struct Step {
    sqlite: &'static str,
    /// Where the translation does not do.
    postgres: Option<&'static str>,
}

/// Step N brings schema N to N + 1. Steps that were released are never edited.
const STEPS: &[Step] = &[
    // Keys and versions name each other; PostgreSQL wants both tables before the second reference.
    Step {
        sqlite: include_str!("../migrations/0001_keys.sql"),
        postgres: Some(include_str!("../migrations/0001_keys.postgres.sql")),
    },
    translated(include_str!("../migrations/0002_sealed_images.sql")),
    translated(include_str!("../migrations/0003_key_management.sql")),
    translated(include_str!("../migrations/0004_tags.sql")),
    translated(include_str!("../migrations/0005_import_tokens.sql")),
    translated(include_str!("../migrations/0006_audit.sql")),
    translated(include_str!("../migrations/0007_metering.sql")),
    translated(include_str!("../migrations/0008_nonces.sql")),
    translated(include_str!("../migrations/0009_ram.sql")),
    translated(include_str!("../migrations/0010_key_waits.sql")),
    translated(include_str!("../migrations/0011_images.sql")),
    translated(include_str!("../migrations/0012_shares_and_defaults.sql")),
    translated(include_str!("../migrations/0013_tickets.sql")),
    translated(include_str!("../migrations/0014_instances.sql")),
    translated(include_str!("../migrations/0015_key_pairs.sql")),
    translated(include_str!("../migrations/0016_uploads.sql")),
    translated(include_str!("../migrations/0017_console_sessions.sql")),
    translated(include_str!("../migrations/0018_meter_days.sql")),
    translated(include_str!("../migrations/0019_job_places.sql")),
    translated(include_str!("../migrations/0020_image_lists.sql")),
];

const fn translated(sqlite: &'static str) -> Step {
    Step { sqlite, postgres: None }
}

/// PostgreSQL's words for SQLite's, in the order of replacement. Text is compared byte by byte, as SQLite does.
const POSTGRES_WORDS: &[(&str, &str)] = &[
    (" STRICT, WITHOUT ROWID;", ";"),
    (" STRICT;", ";"),
    (" INTEGER PRIMARY KEY", " BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    (" INTEGER", " BIGINT"),
    (" TEXT", " TEXT COLLATE \"C\""),
    (" BLOB", " BYTEA"),
];

impl Step {
    fn text(&self, connection: &Connection) -> String {
        match (connection, self.postgres) {
            (Connection::Sqlite(_), _) => self.sqlite.to_owned(),
            (Connection::Postgres(_), Some(twin)) => twin.to_owned(),
            (Connection::Postgres(_), None) => to_postgres(self.sqlite),
        }
    }
}

fn to_postgres(sqlite: &str) -> String {
    POSTGRES_WORDS.iter().fold(sqlite.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Brings the catalog at `place` to the newest schema. Safe when two processes do it at once: the second finds nothing to do.
pub(crate) async fn migrate(connection: &mut Connection, place: &str) -> Result<()> {
    if steps_missing(connection, place).await?.is_empty() {
        return Ok(());
    }
    let failed = CatalogError::database("change its schema");
    connection.begin().await.map_err(&failed)?;
    let done = run_missing_steps(connection, place).await;
    connection.run(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await.map_err(&failed)?;
    done
}

async fn run_missing_steps(connection: &mut Connection, place: &str) -> Result<()> {
    let failed = CatalogError::database("change its schema");
    for step in steps_missing(connection, place).await? {
        let text = step.text(connection);
        connection.run(text).await.map_err(&failed)?;
    }
    let schema = STEPS.len();
    let record = match connection {
        Connection::Sqlite(_) => format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {schema}"),
        Connection::Postgres(_) => format!(
            "CREATE TABLE IF NOT EXISTS catalog_schema (one BIGINT PRIMARY KEY CHECK (one = 1), schema BIGINT NOT NULL);
             INSERT INTO catalog_schema VALUES (1, {schema}) ON CONFLICT (one) DO UPDATE SET schema = excluded.schema"
        ),
    };
    connection.run(record).await.map_err(&failed)
}

async fn steps_missing(connection: &mut Connection, place: &str) -> Result<&'static [Step]> {
    let found = match connection {
        Connection::Sqlite(_) => schema_of_file(connection, place).await?,
        Connection::Postgres(_) => schema_of_database(connection, place).await?,
    };
    let done = usize::try_from(found).ok();
    done.and_then(|done| STEPS.get(done..)).ok_or_else(|| CatalogError::TooNew {
        place: place.to_owned(),
        found,
        known: STEPS.len().try_into().unwrap_or(i64::MAX),
    })
}

async fn schema_of_file(connection: &mut Connection, place: &str) -> Result<i64> {
    let header = "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema) AS tables
                  FROM pragma_user_version, pragma_application_id";
    let row = one_row(connection, header).await?;
    let (schema, application_id) = (row.value("user_version")?, row.value::<i64>("application_id")?);
    let is_empty = schema == 0 && application_id == 0 && row.count("tables")? == 0;
    if application_id == APPLICATION_ID || is_empty {
        return Ok(schema);
    }
    Err(CatalogError::NotACatalog { place: place.to_owned(), found: format!("application id {application_id:#010x}") })
}

async fn schema_of_database(connection: &mut Connection, place: &str) -> Result<i64> {
    let tables = "SELECT count(*) AS tables, count(*) FILTER (WHERE table_name = 'catalog_schema') AS ours
                  FROM information_schema.tables WHERE table_schema = current_schema()";
    let row = one_row(connection, tables).await?;
    match (row.count("tables")?, row.count("ours")?) {
        (0, _) => Ok(0),
        (_, 0) => Err(CatalogError::NotACatalog { place: place.to_owned(), found: "it has other tables".to_owned() }),
        _ => one_row(connection, "SELECT schema FROM catalog_schema").await?.value("schema"),
    }
}

async fn one_row(connection: &mut Connection, sql: &'static str) -> Result<Row> {
    let rows = connection.fetch(Statement { sql: sql.into(), values: values![] }).await;
    let row = rows.and_then(|rows| rows.into_iter().next().ok_or(sqlx::Error::RowNotFound));
    row.map_err(CatalogError::database("tell its schema"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_translated_by_words() {
        // Shows each word of the translation once.
        let sqlite = "CREATE TABLE a (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, name TEXT, bytes BLOB) STRICT;
                      CREATE TABLE b (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;";
        let postgres = "CREATE TABLE a (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at BIGINT NOT NULL, \
                        name TEXT COLLATE \"C\", bytes BYTEA);
                      CREATE TABLE b (name TEXT COLLATE \"C\" PRIMARY KEY);";
        assert_eq!(to_postgres(sqlite), postgres);
    }

    #[test]
    fn nothing_of_the_other_engine_is_left_in_a_translated_step() {
        for step in STEPS.iter().filter(|step| step.postgres.is_none()) {
            let text = to_postgres(step.sqlite);
            for word in ["INTEGER", "BLOB", "STRICT", "ROWID"] {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
    }
}
