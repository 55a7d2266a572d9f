use super::{Statement, Value};

/// A statement put together of fixed pieces, each with the values of its `?`. What nobody asks for then stands in no statement, so
/// that an engine sees which index serves. Pieces are texts of the program: nothing from outside becomes SQL.
#[derive(Debug, Clone, Default)]
pub(crate) struct Composed {
    pieces: Vec<&'static str>,
    values: Vec<Value>,
}

impl Composed {
    pub(crate) fn new(piece: &'static str) -> Self {
        Self { pieces: vec![piece], values: Vec::new() }
    }

    /// Adds a piece and the values of its `?`, in their order.
    pub(crate) fn push(&mut self, piece: &'static str, values: impl IntoIterator<Item = Value>) {
        self.pieces.push(piece);
        self.values.extend(values);
    }

    /// With all of another behind it.
    pub(crate) fn then(mut self, other: &Self) -> Self {
        self.pieces.extend(&other.pieces);
        self.values.extend(other.values.iter().cloned());
        self
    }

    /// `?` become `$1`, `$2`, …, which both engines understand.
    pub(crate) fn statement(self) -> Statement {
        let mut sql = String::new();
        let mut number = 0;
        for piece in self.pieces.iter().flat_map(|piece| piece.split_inclusive('?')) {
            match piece.strip_suffix('?') {
                Some(before) => {
                    number += 1;
                    sql.push_str(before);
                    sql.push('$');
                    sql.push_str(&number.to_string());
                }
                None => sql.push_str(piece),
            }
        }
        debug_assert_eq!(number, self.values.len(), "each `?` has a value: {sql}");
        Statement { sql: sql.into(), values: self.values }
    }
}

#[cfg(test)]
mod tests {
    use super::super::values;
    use super::*;

    #[test]
    fn placeholders_are_numbered_over_all_pieces() {
        let mut wanted = Composed::new(" FROM keys WHERE region = ?");
        wanted.push("", values![]);
        let mut first = Composed::new("SELECT * FROM (SELECT ?");
        first.values = values!["a"];
        wanted.values = values!["b"];
        wanted.push(" AND (id = ? OR name = ?)", values!["c", 7_u32]);
        let statement = first.then(&wanted).statement();
        assert_eq!(statement.sql, "SELECT * FROM (SELECT $1 FROM keys WHERE region = $2 AND (id = $3 OR name = $4)");
        assert_eq!(format!("{:?}", statement.values), format!("{:?}", values!["a", "b", "c", 7_u32]));
    }
}
