//! JSON, strictly: no name twice in an object, no deep nesting.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::error::PolicyError;

/// Deepest nesting of a policy: document, statements, statement, conditions, operator, values. Two more, so that the grammar
/// gets to say where an unwanted level stands.
const DEPTH_MAX: usize = 8;

/// Reads one JSON value. `bytes_max` bounds the work.
///
/// Errors: `TooLong`, `Json`.
pub(super) fn parse(text: &str, bytes_max: usize) -> Result<Value, PolicyError> {
    if text.len() > bytes_max {
        return Err(PolicyError::TooLong { found_bytes: text.len(), max_bytes: bytes_max });
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Level { left: DEPTH_MAX }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| PolicyError::Json { why: error.to_string() })
}

/// A value with at most `left` levels below it.
#[derive(Clone, Copy)]
struct Level {
    left: usize,
}

impl Level {
    fn below<E: Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1).ok_or_else(|| E::custom("it is nested too deep"))?;
        Ok(Self { left })
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut list = Vec::new();
        while let Some(value) = access.next_element_seed(below)? {
            list.push(value);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut object = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("{name:?} stands twice in one object")));
            }
            let value = access.next_value_seed(below)?;
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the strict reader takes is what the plain one reads.
    #[test]
    fn accepted_values_are_read_as_usual() {
        for text in [r#"{"a":["b",1,-1,1.5,true,null,{}],"é":""}"#, r#" "x" "#, "[]", "12"] {
            assert_eq!(parse(text, 100).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        }
    }

    /// A name twice, deep nesting, trailing text and excess length are refused with a reason.
    #[test]
    fn the_reader_is_strict() {
        let why = |text: &str| match parse(text, 10_000).unwrap_err() {
            PolicyError::Json { why } => why,
            other => panic!("{other}"),
        };
        assert_eq!(why(r#"{"a":{"b":1,"b":2}}"#), r#""b" stands twice in one object at line 1 column 15"#);
        assert!(why(r#"{"a":1,"\u0061":2}"#).starts_with(r#""a" stands twice"#));
        assert!(why(&"[".repeat(5_000)).starts_with("it is nested too deep"));
        assert!(parse(&format!("{}{}", "[".repeat(8), "]".repeat(8)), 100).is_ok());
        assert!(why(&format!("{}{}", "[".repeat(9), "]".repeat(9))).starts_with("it is nested too deep"));
        for text in ["", "{", "{} {}", "{'a':1}", r#"{"a":1,}"#, "\u{feff}{}", r#""\ud800""#, "nul"] {
            assert!(!why(text).is_empty(), "{text}");
        }
        assert_eq!(parse("[1,2]", 4), Err(PolicyError::TooLong { found_bytes: 5, max_bytes: 4 }));
    }
}
