//! Columns to values. A value that this program never writes is damage, and is named.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

use crate::error::{CatalogError, Result};

/// A value of a column that SQLite itself knows.
pub(crate) fn value<'r, T>(row: &'r SqliteRow, column: &'static str) -> Result<T>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    row.try_get(column).map_err(|error| CatalogError::Damaged { column, value: error.to_string() })
}

/// A value that is text in the table.
pub(crate) fn parsed<T: std::str::FromStr>(row: &SqliteRow, column: &'static str) -> Result<T> {
    let text: String = value(row, column)?;
    text.parse().map_err(|_| CatalogError::Damaged { column, value: text })
}

/// A time in milliseconds.
pub(crate) fn time(row: &SqliteRow, column: &'static str) -> Result<Timestamp> {
    to_time(value(row, column)?, column)
}

/// A time in milliseconds that may be absent.
pub(crate) fn time_or_none(row: &SqliteRow, column: &'static str) -> Result<Option<Timestamp>> {
    value::<Option<i64>>(row, column)?.map(|millis| to_time(millis, column)).transpose()
}

fn to_time(millis: i64, column: &'static str) -> Result<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|_| CatalogError::Damaged { column, value: millis.to_string() })
}
