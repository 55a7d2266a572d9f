//! Has an engine let go of what was deleted: it keeps old states for those who still read them.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor, PgConnection, Row, SqliteConnection};
use tokio::time::sleep;

use super::opener::BUSY_TIMEOUT;

/// How long readers are waited for, with all writers behind it. Ours read for milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// Time between two looks at whether they are gone.
const LOOK: Duration = Duration::from_millis(20);

/// Brings the log into the file and cuts it to nothing. `false`: somebody reads it, or is about the same.
pub(super) async fn empty_log(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    set_patience(connection, PATIENCE).await?;
    let answered = sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await;
    set_patience(connection, BUSY_TIMEOUT).await?;
    // Being busy is no error of this pragma, but its first column.
    let is_busy: i64 = answered?.try_get(0)?;
    Ok(is_busy == 0)
}

async fn set_patience(connection: &mut SqliteConnection, patience: Duration) -> sqlx::Result<()> {
    let set = format!("PRAGMA busy_timeout = {}", patience.as_millis());
    sqlx::raw_sql(AssertSqlSafe(set)).execute(connection).await.map(drop)
}

/// Removes the dead rows of the tables that hold what is under the root key. `false`: somebody in this database still sees a state from before,
/// and the rows that he could read would stay.
///
/// Sessions of other users are seen only if ours may see them: the database is to be the catalog's own.
pub(super) async fn vacuum(connection: &mut PgConnection) -> sqlx::Result<bool> {
    // What was deleted is committed by now, so whoever begins from here on does not see it.
    let now: f64 = connection.fetch_one("SELECT extract(epoch FROM clock_timestamp())::float8").await?.try_get(0)?;
    let mut waited = Duration::ZERO;
    while sees_earlier_state(connection, now).await? {
        if waited >= PATIENCE {
            return Ok(false);
        }
        sleep(LOOK).await;
        waited += LOOK;
    }
    connection.execute("VACUUM key_versions, import_tokens, meta").await?;
    Ok(true)
}

async fn sees_earlier_state(connection: &mut PgConnection, now: f64) -> sqlx::Result<bool> {
    let older =
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_xmin IS NOT NULL AND extract(epoch FROM xact_start)::float8 < $1)";
    sqlx::query_scalar(older).bind(now).fetch_one(connection).await
}
