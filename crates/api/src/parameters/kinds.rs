//! Types of a single value. A product may add its own by implementing [`Kind`].

use std::collections::BTreeMap;

use crate::request::Pairs;

/// How the text of a parameter becomes a value.
pub trait Kind: Sync {
    /// What it becomes.
    type Value;
    /// Type and limits in words, for the documentation.
    fn describe(&self) -> String;
    /// The value; `None` if the text is not one.
    fn read(&self, text: &str) -> Option<Self::Value>;
    /// Whether empty text is a value, and not a missing parameter.
    fn takes_empty(&self) -> bool {
        false
    }
}

/// Any text of so many characters. U+0000 is none: a database ends its texts with it, or takes none with it.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// Fewest and most characters.
    pub length: (usize, usize),
}

impl Kind for Text {
    type Value = String;

    fn describe(&self) -> String {
        format!("text, {}–{} characters", self.length.0, self.length.1)
    }

    fn read(&self, text: &str) -> Option<String> {
        (has_length(text, self.length) && !has_nul(text)).then(|| text.to_owned())
    }

    fn takes_empty(&self) -> bool {
        self.length.0 == 0
    }
}

/// An identifier: ASCII letters, digits and a few more characters.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// Fewest and most characters.
    pub length: (usize, usize),
    /// Characters beside letters and digits.
    pub also: &'static str,
}

impl Kind for Name {
    type Value = String;

    fn describe(&self) -> String {
        format!("{}–{} of `A-Za-z0-9{}`", self.length.0, self.length.1, self.also)
    }

    fn read(&self, text: &str) -> Option<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || self.also.contains(c);
        (has_length(text, self.length) && text.chars().all(plain)).then(|| text.to_owned())
    }
}

/// `true` or `false` in any case: one client writes `True` (wire.md 1).
#[derive(Debug, Clone, Copy)]
pub struct Flag;

impl Kind for Flag {
    type Value = bool;

    fn describe(&self) -> String {
        "true or false".to_owned()
    }

    fn read(&self, text: &str) -> Option<bool> {
        [("true", true), ("false", false)]
            .into_iter()
            .find(|(word, _)| text.eq_ignore_ascii_case(word))
            .map(|(_, flag)| flag)
    }
}

/// A whole number in a range, decimal digits only.
#[derive(Debug, Clone, Copy)]
pub struct Integer {
    /// Smallest.
    pub min: u64,
    /// Largest.
    pub max: u64,
}

impl Kind for Integer {
    type Value = u64;

    fn describe(&self) -> String {
        format!("{}–{}", self.min, self.max)
    }

    fn read(&self, text: &str) -> Option<u64> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits)?;
        (self.min..=self.max).contains(&number).then_some(number)
    }
}

/// One of a few words, spelled exactly so.
#[derive(Debug, Clone, Copy)]
pub struct OneOf(
    /// The words.
    pub &'static [&'static str],
);

impl Kind for OneOf {
    type Value = &'static str;

    fn describe(&self) -> String {
        self.0.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
    }

    fn read(&self, text: &str) -> Option<&'static str> {
        self.0.iter().find(|word| **word == text).copied()
    }
}

/// A JSON list of texts without U+0000, like `["i-1","i-2"]`.
#[derive(Debug, Clone, Copy)]
pub struct JsonStrings {
    /// Most items.
    pub items_max: usize,
}

impl Kind for JsonStrings {
    type Value = Vec<String>;

    fn describe(&self) -> String {
        format!("JSON list of up to {} texts", self.items_max)
    }

    fn read(&self, text: &str) -> Option<Vec<String>> {
        let fits = |items: &Vec<String>| items.len() <= self.items_max && !items.iter().any(|item| has_nul(item));
        serde_json::from_str(text).ok().filter(fits)
    }
}

/// A JSON object from text to text; nothing nested, no name twice.
#[derive(Debug, Clone, Copy)]
pub struct JsonMap {
    /// Most characters of the JSON text.
    pub length_max: usize,
}

impl Kind for JsonMap {
    type Value = BTreeMap<String, String>;

    fn describe(&self) -> String {
        format!("JSON object of texts, up to {} characters", self.length_max)
    }

    fn read(&self, text: &str) -> Option<Pairs> {
        let short = has_length(text, (0, self.length_max));
        serde_json::from_str::<DistinctNames>(text).ok().filter(|_| short).map(|map| map.0)
    }
}

fn has_length(text: &str, (min, max): (usize, usize)) -> bool {
    (min..=max).contains(&text.chars().count())
}

/// Whether a database would take a text for another one, or not at all.
pub(crate) fn has_nul(text: &str) -> bool {
    text.contains('\0')
}

/// serde_json keeps the last of two equal names; another reader might keep the first, so both are refused.
struct DistinctNames(Pairs);

impl<'de> serde::Deserialize<'de> for DistinctNames {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = DistinctNames;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut access: A) -> Result<DistinctNames, A::Error> {
                let mut map = Pairs::new();
                while let Some((name, value)) = access.next_entry()? {
                    if map.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a name stands there twice"));
                    }
                }
                Ok(DistinctNames(map))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each type with texts that are values and texts that are not.
    #[test]
    fn texts_are_values_of_a_type_or_not() {
        for (text, flag) in
            [("True", Some(true)), ("false", Some(false)), ("FALSE", Some(false)), ("1", None), ("yes", None)]
        {
            assert_eq!(Flag.read(text), flag, "{text}");
        }
        let days = Integer { min: 7, max: 366 };
        for (text, number) in [
            ("7", Some(7)),
            ("0366", Some(366)),
            ("6", None),
            ("367", None),
            ("+8", None),
            ("8.0", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(days.read(text), number, "{text}");
        }
        assert_eq!(OneOf(&["Aliyun_KMS", "EXTERNAL"]).read("EXTERNAL"), Some("EXTERNAL"));
        assert_eq!(OneOf(&["Aliyun_KMS", "EXTERNAL"]).read("external"), None);
        let session = Name { length: (2, 4), also: ".@_-" };
        for (text, passes) in [("a@_-", true), ("a", false), ("abcde", false), ("a b", false), ("äb", false)] {
            assert_eq!(session.read(text).is_some(), passes, "{text}");
        }
        let two = Text { length: (0, 2) };
        assert_eq!(two.read("é中").as_deref(), Some("é中"));
        for bad in ["\0", "a\0", "\0a", "abc"] {
            assert_eq!(two.read(bad), None, "{bad:?}");
        }
    }

    /// JSON in a parameter: the shape asked for, and no other.
    #[test]
    fn json_has_the_shape_that_is_asked_for() {
        let list = JsonStrings { items_max: 2 };
        for (text, items) in [
            (r#"["a","b"]"#, Some(2)),
            ("[]", Some(0)),
            (r#"["a","b","c"]"#, None),
            (r#"["a\u0000"]"#, None),
            ("[1]", None),
            ("{}", None),
            ("", None),
        ] {
            assert_eq!(list.read(text).map(|items| items.len()), items, "{text}");
        }
        let map = JsonMap { length_max: 20 };
        for (text, names) in [
            (r#"{"a":"b c"}"#, Some(1)),
            ("{}", Some(0)),
            (r#"{"a":1}"#, None),
            (r#"{"a":{"b":"c"}}"#, None),
            (r#"{"a":"1","a":"2"}"#, None),
            (r#"{"a":"0123456789abcdef"}"#, None),
            ("[]", None),
        ] {
            assert_eq!(map.read(text).map(|map| map.len()), names, "{text}");
        }
    }
}
