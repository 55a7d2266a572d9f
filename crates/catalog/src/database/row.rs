//! Columns to values. A value that this program never writes is damage, and is named.

use std::str::FromStr;

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use crate::error::{CatalogError, Result};
use crate::names::Scope;

/// A row of either engine.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// Text, integer or blob, or `Option` of these.
    pub(crate) fn value<T>(&self, column: &'static str) -> Result<T>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        let value = match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        };
        value.map_err(|error| CatalogError::Damaged { column, value: error.to_string() })
    }

    /// A value that is text in the table.
    pub(crate) fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T> {
        let text: String = self.value(column)?;
        text.parse().map_err(|_| CatalogError::Damaged { column, value: text })
    }

    /// A value that is text in the table and may be absent.
    pub(crate) fn parsed_or_none<T: FromStr>(&self, column: &'static str) -> Result<Option<T>> {
        let text: Option<String> = self.value(column)?;
        text.map(|text| text.parse().map_err(|_| CatalogError::Damaged { column, value: text })).transpose()
    }

    /// Owner and region, from the columns of these names.
    pub(crate) fn scope(&self) -> Result<Scope> {
        Ok(Scope { account: self.parsed("account")?, region: self.parsed("region")? })
    }

    /// 0 or 1.
    pub(crate) fn truth(&self, column: &'static str) -> Result<bool> {
        match self.value(column)? {
            0 => Ok(false),
            1 => Ok(true),
            number => Err(damaged(column, number)),
        }
    }

    /// A number that is never negative.
    pub(crate) fn count(&self, column: &'static str) -> Result<u64> {
        let number: i64 = self.value(column)?;
        u64::try_from(number).map_err(|_| damaged(column, number))
    }

    /// A small number that is never negative, and may be absent.
    pub(crate) fn number_or_none(&self, column: &'static str) -> Result<Option<u32>> {
        let number: Option<i64> = self.value(column)?;
        number.map(|number| u32::try_from(number).map_err(|_| damaged(column, number))).transpose()
    }

    /// A small number that is never negative.
    pub(crate) fn number(&self, column: &'static str) -> Result<u32> {
        let number: i64 = self.value(column)?;
        u32::try_from(number).map_err(|_| damaged(column, number))
    }

    /// A SHA-256 digest.
    pub(crate) fn digest(&self, column: &'static str) -> Result<[u8; 32]> {
        let bytes: Vec<u8> = self.value(column)?;
        to_digest(bytes, column)
    }

    /// A SHA-256 digest that may be absent.
    pub(crate) fn digest_or_none(&self, column: &'static str) -> Result<Option<[u8; 32]>> {
        let bytes: Option<Vec<u8>> = self.value(column)?;
        bytes.map(|bytes| to_digest(bytes, column)).transpose()
    }

    /// A time in milliseconds.
    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp> {
        to_time(self.value(column)?, column)
    }

    /// A time in milliseconds that may be absent.
    pub(crate) fn time_or_none(&self, column: &'static str) -> Result<Option<Timestamp>> {
        let millis: Option<i64> = self.value(column)?;
        millis.map(|millis| to_time(millis, column)).transpose()
    }
}

fn to_digest(bytes: Vec<u8>, column: &'static str) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|bytes: Vec<u8>| CatalogError::Damaged { column, value: format!("{} bytes", bytes.len()) })
}

fn to_time(millis: i64, column: &'static str) -> Result<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|_| damaged(column, millis))
}

fn damaged(column: &'static str, number: i64) -> CatalogError {
    CatalogError::Damaged { column, value: number.to_string() }
}
