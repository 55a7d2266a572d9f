//! What a sealed value is bound to: pairs of text.

use std::collections::BTreeMap;

use crate::error::CryptoError;

/// Most pairs in a context: a limit of this program.
const PAIRS_MAX: usize = 64;

/// Most bytes of all keys and values together: four times the 8,192 characters that the KMS takes
/// from a user (a character has up to 4 bytes), and room for its own pairs.
const TEXT_BYTES_MAX: usize = 40_960;

/// First bytes of the canonical form: no other message of this program starts with them.
const LABEL: &[u8] = b"reseal context v1\0";

/// Pairs of text in no particular order, each key once.
///
/// Canonical form, the same for the same pairs and different for different ones:
/// ```text
///   "reseal context v1\0"  u32be pairs  { u32be len  key  u32be len  value } sorted by the bytes of the key
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    pairs: BTreeMap<String, String>,
    text_bytes: usize,
}

impl Context {
    /// A context without pairs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair.
    ///
    /// Errors: `Context` for a key that is there already, and above 64 pairs or 40,960 bytes.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) -> Result<(), CryptoError> {
        let (key, value) = (key.into(), value.into());
        let text_bytes = self.text_bytes.saturating_add(key.len()).saturating_add(value.len());
        if self.pairs.contains_key(&key) {
            return Err(CryptoError::Context { why: "a key stands in it twice" });
        }
        if self.pairs.len() >= PAIRS_MAX {
            return Err(CryptoError::Context { why: "it has more than 64 pairs" });
        }
        if text_bytes > TEXT_BYTES_MAX {
            return Err(CryptoError::Context { why: "it has more than 40960 bytes of text" });
        }
        self.pairs.insert(key, value);
        self.text_bytes = text_bytes;
        Ok(())
    }

    /// A context of these pairs.
    ///
    /// Errors: as [`Context::insert`].
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, CryptoError> {
        let mut context = Self::new();
        for (key, value) in pairs {
            context.insert(key, value)?;
        }
        Ok(context)
    }

    /// The pairs, sorted by key.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The canonical form (see the type).
    pub(crate) fn canonical(&self) -> Vec<u8> {
        let mut out = LABEL.to_vec();
        // The limits above keep every length far below 2^32.
        out.extend((self.pairs.len() as u32).to_be_bytes());
        for text in self.pairs().flat_map(|(key, value)| [key, value]) {
            out.extend((text.len() as u32).to_be_bytes());
            out.extend(text.as_bytes());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &str)]) -> Context {
        Context::from_pairs(pairs.iter().copied()).expect("pairs within the limits")
    }

    /// Order of insertion does not matter; moving a byte between fields does.
    #[test]
    fn canonical_form_depends_on_the_pairs_only() {
        assert_eq!(context(&[("a", "1"), ("b", "2")]).canonical(), context(&[("b", "2"), ("a", "1")]).canonical());
        let different = [
            context(&[]),
            context(&[("", "")]),
            context(&[("a", "1")]),
            context(&[("a1", "")]),
            context(&[("", "a1")]),
            context(&[("a", "1"), ("b", "2")]),
            context(&[("a", "2"), ("b", "1")]),
            context(&[("a", "1\0\0\0\u{1}b\0\0\0\u{1}2")]),
        ];
        for (i, a) in different.iter().enumerate() {
            for b in &different[..i] {
                assert_ne!(a.canonical(), b.canonical());
            }
        }
    }

    /// The form is fixed: sealed values of old versions must stay readable.
    #[test]
    fn canonical_form_is_the_documented_one() {
        assert_eq!(
            context(&[("key", "é")]).canonical(),
            b"reseal context v1\0\0\0\0\x01\0\0\0\x03key\0\0\0\x02\xc3\xa9"
        );
    }

    /// A key twice, too many pairs, too much text: each is refused and changes nothing.
    #[test]
    fn contexts_have_limits() {
        let mut twice = context(&[("a", "1")]);
        assert!(twice.insert("a", "2").is_err());
        assert_eq!(twice, context(&[("a", "1")]));
        assert!(Context::from_pairs((0..64).map(|i| (i.to_string(), ""))).is_ok());
        assert!(Context::from_pairs((0..65).map(|i| (i.to_string(), ""))).is_err());
        assert!(Context::from_pairs([("k", "v".repeat(40_959))]).is_ok());
        assert!(Context::from_pairs([("k", "v".repeat(40_960))]).is_err());
    }
}
