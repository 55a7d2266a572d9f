use std::borrow::Cow;

use sqlx::database::HasStatementCache;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Connection as _, Database, Encode, PgConnection, Postgres, Sqlite, SqliteConnection, Type};

use super::row::Row;
use super::settle::{empty_log, vacuum};
use super::value::{Statement, Value};

/// Number of the lock that a writer holds in PostgreSQL: "Rsel", for us alone in a database of our own.
const WRITER_LOCK: &str = "SELECT pg_advisory_xact_lock(1383294316)";

/// A connection to either engine.
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Connection {
    /// Runs a query; all its rows are kept in memory, so its text sets their limit. Prepared once a connection.
    pub(crate) async fn fetch(&mut self, statement: Statement) -> sqlx::Result<Vec<Row>> {
        match self {
            Self::Sqlite(connection) => {
                let rows = prepare::<Sqlite>(statement).fetch_all(connection).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(connection) => {
                let rows = prepare::<Postgres>(statement).fetch_all(connection).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// Runs a change; the number of rows that it touched.
    pub(crate) async fn execute(&mut self, statement: Statement) -> sqlx::Result<u64> {
        match self {
            Self::Sqlite(connection) => Ok(prepare::<Sqlite>(statement).execute(connection).await?.rows_affected()),
            Self::Postgres(connection) => Ok(prepare::<Postgres>(statement).execute(connection).await?.rows_affected()),
        }
    }

    /// Runs statements of the program's own that take no values and give no rows.
    pub(crate) async fn run(&mut self, sql: impl Into<String>) -> sqlx::Result<()> {
        let statements = sqlx::raw_sql(AssertSqlSafe(sql.into()));
        match self {
            Self::Sqlite(connection) => statements.execute(connection).await.map(drop),
            Self::Postgres(connection) => statements.execute(connection).await.map(drop),
        }
    }

    /// Begins a transaction as the only writer of all processes; waits for another one.
    ///
    /// The right to write is taken at once: a change that reads first would otherwise fail when another writer comes between.
    pub(crate) async fn begin(&mut self) -> sqlx::Result<()> {
        let begin = match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE".to_owned(),
            Self::Postgres(_) => format!("BEGIN; {WRITER_LOCK}"),
        };
        self.run(begin).await
    }

    /// Overwrites what was deleted, as far as the engine can. Whether it is done: whoever reads for long keeps old states.
    pub(crate) async fn settle(&mut self) -> sqlx::Result<bool> {
        match self {
            Self::Sqlite(connection) => empty_log(connection).await,
            Self::Postgres(connection) => vacuum(connection).await,
        }
    }

    /// Closes it, and has the file of SQLite hold everything by itself.
    pub(crate) async fn close(mut self) -> sqlx::Result<()> {
        if matches!(self, Self::Sqlite(_)) {
            // What a reader keeps there, the next opening brings into the file.
            self.settle().await?;
        }
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
    }
}

fn prepare<DB>(statement: Statement) -> Query<'static, DB, DB::Arguments>
where
    DB: Database + HasStatementCache,
    Option<String>: Encode<'static, DB> + Type<DB>,
    Option<i64>: Encode<'static, DB> + Type<DB>,
    Option<Vec<u8>>: Encode<'static, DB> + Type<DB>,
{
    // Texts of the program, and nothing else: see `Composed`. Callers decide how many different ones there are, so they are not kept.
    let query = match statement.sql {
        Cow::Borrowed(fixed) => sqlx::query::<DB>(fixed),
        Cow::Owned(composed) => sqlx::query::<DB>(AssertSqlSafe(composed)).persistent(false),
    };
    statement.values.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Integer(number) => query.bind(number),
        Value::Blob(bytes) => query.bind(bytes),
    })
}
