use crate::database::{Row, Statement, Value};
use crate::error::{CatalogError, Result};
use crate::page::{Page, PageRequest};
use crate::readers::Readers;
use crate::writer::Write;

/// Queries. They change nothing. Each query of its own sees the last committed state; in a change it sees that change too.
pub struct Read<'c> {
    source: Source<'c>,
}

enum Source<'c> {
    Committed(&'c Readers),
    Inside(&'c mut Write),
}

impl<'c> Read<'c> {
    pub(crate) fn committed(readers: &'c Readers) -> Self {
        Self { source: Source::Committed(readers) }
    }

    pub(crate) fn inside(write: &'c mut Write) -> Self {
        Self { source: Source::Inside(write) }
    }

    /// All rows of a query. `action` completes "the catalog could not …".
    pub(crate) async fn rows(
        &mut self,
        action: &'static str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>> {
        self.fetch(action, Statement { sql: sql.into(), values }).await
    }

    pub(crate) async fn fetch(&mut self, action: &'static str, statement: Statement) -> Result<Vec<Row>> {
        match &mut self.source {
            Source::Committed(readers) => readers.fetch(action, statement).await,
            Source::Inside(write) => write.fetch(action, statement).await,
        }
    }

    /// All rows of a query as records.
    pub(crate) async fn records<T>(
        &mut self,
        action: &'static str,
        sql: &'static str,
        values: Vec<Value>,
        from_row: impl Fn(&Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.rows(action, sql, values).await?.iter().map(from_row).collect()
    }

    /// The first row of a query as a record.
    pub(crate) async fn record<T>(
        &mut self,
        action: &'static str,
        sql: &'static str,
        values: Vec<Value>,
        from_row: impl Fn(&Row) -> Result<T>,
    ) -> Result<Option<T>> {
        self.rows(action, sql, values).await?.first().map(from_row).transpose()
    }

    /// The column `n` of a query that gives one row: `SELECT count(*) AS n …`.
    pub(crate) async fn count(&mut self, action: &'static str, sql: &'static str, values: Vec<Value>) -> Result<u64> {
        self.one_count(action, Statement { sql: sql.into(), values }).await
    }

    pub(crate) async fn one_count(&mut self, action: &'static str, statement: Statement) -> Result<u64> {
        let rows = self.fetch(action, statement).await?;
        let row = rows.first().ok_or_else(|| CatalogError::Damaged { column: "n", value: "no row".to_owned() })?;
        row.count("n")
    }

    /// One page of a list: `list` is a query whose last two placeholders are limit and offset, `count` takes the values before them.
    pub(crate) async fn page<T>(
        &mut self,
        action: &'static str,
        (count, list): (&'static str, &'static str),
        values: Vec<Value>,
        page: PageRequest,
        from_row: impl Fn(&Row) -> Result<T>,
    ) -> Result<Page<T>> {
        let total_count = self.count(action, count, values.clone()).await?;
        let values = values.into_iter().chain([page.limit().into(), page.offset().into()]).collect();
        Ok(Page { items: self.records(action, list, values, from_row).await?, total_count })
    }
}
