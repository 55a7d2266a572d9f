use std::collections::BTreeMap;

use crate::error::{KmsError, Result};

/// Longest context as JSON text. Source: `../shared/api/kms.md` 5.
const JSON_CHARS_MAX: usize = 8192;

/// Pairs that a ciphertext is bound to: it opens only with the same pairs, in any order. Not secret, not stored in the blob.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// Takes pairs whose JSON text has at most 8,192 characters. No pairs are a context too.
    ///
    /// Errors: `InvalidContext`.
    pub fn new(pairs: BTreeMap<String, String>) -> Result<Self> {
        let json_chars = serde_json::to_string(&pairs).map_or(usize::MAX, |json| json.chars().count());
        if json_chars > JSON_CHARS_MAX {
            return Err(KmsError::InvalidContext { why: "its JSON text has more than 8192 characters".to_owned() });
        }
        Ok(Self(pairs))
    }

    /// Reads a JSON object of texts.
    ///
    /// Errors: `InvalidContext`, also for arrays, numbers and objects within.
    pub fn from_json(json: &str) -> Result<Self> {
        let pairs = serde_json::from_str(json);
        Self::new(
            pairs.map_err(|error| KmsError::InvalidContext {
                why: format!("it is not a JSON object of texts ({error})"),
            })?,
        )
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn contexts_are_equal_by_their_pairs() {
        let one = EncryptionContext::from_json(r#"{"a":"1","b":"2"}"#).unwrap();
        assert_eq!(one, EncryptionContext::from_json(r#" {"b":"2", "a":"1"} "#).unwrap());
        assert_eq!(EncryptionContext::from_json("{}").unwrap(), EncryptionContext::default());
    }

    #[test]
    fn contexts_hold_texts_only_and_have_a_limit() {
        for json in ["", "[]", "1", r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":["b"]}"#, r#"{"a":{"b":"c"}}"#] {
            assert!(EncryptionContext::from_json(json).is_err(), "{json}");
        }
        // {"a":"…"} has 8 characters around the value.
        let value = |len: usize| EncryptionContext::from_json(&format!(r#"{{"a":"{}"}}"#, "é".repeat(len)));
        assert!(value(8184).is_ok());
        assert!(value(8185).is_err());
    }
    proptest! {
        /// Pairs are read whatever they hold and in whatever order they stand; and no text at all can stop the reader.
        #[test]
        fn contexts_are_read_or_refused(
            pairs in btree_map(any::<String>(), any::<String>(), 0..8),
            noise in r#"[\[\]{}",:a1\\u ]{0,200}"#,
        ) {
            let text = |text: &String| serde_json::Value::from(text.as_str()).to_string();
            let backwards: Vec<_> = pairs.iter().rev().map(|(name, value)| format!("{}:{}", text(name), text(value))).collect();
            let context = EncryptionContext::from_json(&format!("{{{}}}", backwards.join(","))).unwrap();
            prop_assert!(context.pairs().eq(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
            prop_assert_eq!(context, EncryptionContext::new(pairs).unwrap());
            let is_object = noise.trim_start().starts_with('{');
            prop_assert!(is_object || EncryptionContext::from_json(&noise).is_err());
        }
    }
}
