use std::fmt::Write as _;

/// Most rows of one statement. More would gain little and make long texts.
const ROWS_MAX: usize = 32;

/// The texts of one `INSERT` for each number of rows: a batch costs few statements, and each of them is prepared once.
pub(super) struct RowsInsert(Vec<String>);

impl RowsInsert {
    /// `INSERT INTO table (columns) VALUES ($1, …), ($n, …) rest`.
    pub(super) fn new(table: &str, columns: &[&str], rest: &str) -> Self {
        let width = columns.len();
        let text = |rows: usize| {
            let mut sql = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
            for row in 0..rows {
                sql.push_str(if row == 0 { "(" } else { ", (" });
                for column in 1..=width {
                    let comma = if column == 1 { "" } else { ", " };
                    write!(sql, "{comma}${}", row * width + column).expect("writing to a string does not fail");
                }
                sql.push(')');
            }
            sql + " " + rest
        };
        Self((1..=ROWS_MAX).map(text).collect())
    }

    /// Parts of a batch, each with the text for it.
    pub(super) fn parts<'r, T>(&'static self, rows: &'r [T]) -> impl Iterator<Item = (&'static str, &'r [T])> {
        rows.chunks(ROWS_MAX).map(|part| (self.0[part.len() - 1].as_str(), part))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    /// Shows the text for two rows, and that a batch is cut into parts that have one.
    #[test]
    fn a_batch_is_cut_into_statements() {
        static INSERT: LazyLock<RowsInsert> =
            LazyLock::new(|| RowsInsert::new("t", &["a", "b"], "ON CONFLICT DO NOTHING"));
        let parts: Vec<_> = INSERT.parts(&[0; ROWS_MAX + 2]).collect();
        let wanted = "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING";
        assert_eq!(parts.iter().map(|(_, part)| part.len()).collect::<Vec<_>>(), [ROWS_MAX, 2]);
        assert_eq!(parts[1].0, wanted);
        assert_eq!(INSERT.parts(&[0; 0]).count(), 0);
    }
}
