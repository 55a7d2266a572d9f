//! Queries that ask for all things of a page at once, so that their number does not grow with the page.

use crate::database::{Row, Value};
use crate::error::Result;
use crate::read::Read;

/// Most ids of one query: as many as a page has.
const IDS_MAX: usize = 100;

/// A query that ends in `IN (…)` with a hundred ids, which are its first values. Both engines look each of them up by the index. Of other
/// ways to hand over a list they share none but to find each row's id in a text, which reads the whole table.
macro_rules! of_ids {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
             $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, \
             $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, \
             $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73, $74, $75, $76, $77, $78, $79, $80, \
             $81, $82, $83, $84, $85, $86, $87, $88, $89, $90, $91, $92, $93, $94, $95, $96, $97, $98, $99, $100)",
            $after
        )
    };
}
pub(crate) use of_ids;

impl Read<'_> {
    /// All rows of such a query as records, for any number of ids. `more`: the values behind the ids.
    pub(crate) async fn records_of_ids<T>(
        &mut self,
        action: &'static str,
        sql: &'static str,
        (ids, more): (&[&str], Vec<Value>),
        from_row: impl Fn(&Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut records = Vec::new();
        for ids in ids.chunks(IDS_MAX) {
            // The empty text is no id.
            let ids = ids.iter().copied().chain(std::iter::repeat("")).take(IDS_MAX);
            let values = ids.map(Value::from).chain(more.clone()).collect();
            records.extend(self.records(action, sql, values, &from_row).await?);
        }
        Ok(records)
    }
}
