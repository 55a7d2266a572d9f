//! Lists that are spread over numbered parameters: `ResourceId.N` and `Tag.N.Key`, N from 1. Gaps are allowed.

use std::collections::BTreeMap;

use crate::errors::Refusal;
use crate::parameters::{Declared, Declares, Flag, Kind, Parameters, Treatment, has_nul};
use crate::request::shown;

/// `name.1`, `name.2`, …
#[derive(Debug)]
pub struct List<K> {
    /// Name without the number.
    pub name: &'static str,
    /// Type of each item.
    pub item: K,
    /// Largest number.
    pub items_max: usize,
}

impl<K: Kind> List<K> {
    /// The items in the order of their numbers; empty if there are none.
    ///
    /// Errors: `InvalidParameter` that names the item.
    pub fn read(&self, parameters: &Parameters) -> Result<Vec<K::Value>, Refusal> {
        let numbered = parameters.numbered(self.name, 1..=self.items_max)?;
        numbered
            .into_iter()
            .map(|(number, rest, value)| {
                let item = Some(value).filter(|_| rest.is_empty()).and_then(|value| self.item.read(value));
                item.ok_or_else(|| parameters.invalid(&format!("{}.{number}", self.name), None))
            })
            .collect()
    }
}

impl<K: Kind> Declares for List<K> {
    fn declared(&self) -> Declared {
        Declared {
            name: self.name,
            kind: format!("`.1` to `.{}`: {}", self.items_max, self.item.describe()),
            treatment: Treatment::Honoured,
        }
    }
}

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// 1–128 characters.
    pub key: String,
    /// 0–128 characters.
    pub value: String,
}

/// `name.1.Key`, `name.1.Value`, `name.2.Key`, …
#[derive(Debug)]
pub struct Tags {
    /// Name without the number: `Tag`.
    pub name: &'static str,
    /// Largest number.
    pub items_max: usize,
}

/// Characters of a key or a value. Source: kms.md 5.
const TAG_LENGTH_MAX: usize = 128;

impl Tags {
    /// The tags in the order of their numbers; a missing value is empty.
    ///
    /// Errors: `MissingParameter` for a value without its key, `InvalidParameter` for one that is too long.
    pub fn read(&self, parameters: &Parameters) -> Result<Vec<Tag>, Refusal> {
        let mut tags: Vec<(usize, Option<String>, String)> = Vec::new();
        for (number, part, value) in parameters.numbered(self.name, 1..=self.items_max)? {
            if value.chars().count() > TAG_LENGTH_MAX || has_nul(value) {
                return Err(parameters.invalid(&format!("{}.{number}.{}", self.name, shown(part)), None));
            }
            if tags.last().is_none_or(|tag| tag.0 != number) {
                tags.push((number, None, String::new()));
            }
            let tag = tags.last_mut().expect("a tag was pushed if there was none");
            match part {
                "Key" if !value.is_empty() => tag.1 = Some(value.to_owned()),
                "Value" => tag.2 = value.to_owned(),
                _ => {}
            }
        }
        tags.into_iter()
            .map(|(number, key, value)| {
                let key = key.ok_or_else(|| parameters.missing(&format!("{}.{number}.Key", self.name)))?;
                Ok(Tag { key, value })
            })
            .collect()
    }
}

impl Declares for Tags {
    fn declared(&self) -> Declared {
        Declared {
            name: self.name,
            kind: format!("`.1` to `.{}`, each with `.Key` and `.Value`", self.items_max),
            treatment: Treatment::Honoured,
        }
    }
}

/// `name.1.Field`, `name.1.Other`, `name.2.Field`, …: a list of structs, whose fields are read by whoever knows them.
#[derive(Debug)]
pub struct Records {
    /// Name without the number: `DiskDeviceMapping`.
    pub name: &'static str,
    /// Fields that count; others are ignored, as unknown parameters are.
    pub fields: &'static [&'static str],
    /// Largest number.
    pub items_max: usize,
}

/// One struct of a list.
#[derive(Debug, Default)]
pub struct NumberedRecord {
    /// Its number, from 1.
    pub number: usize,
    fields: BTreeMap<String, String>,
}

impl NumberedRecord {
    /// The text of a field; empty text is none.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str).filter(|text| !text.is_empty())
    }
}

impl Records {
    /// The structs in the order of their numbers.
    ///
    /// Errors: `InvalidParameter` that names the item.
    pub fn read(&self, parameters: &Parameters) -> Result<Vec<NumberedRecord>, Refusal> {
        let mut records: Vec<NumberedRecord> = Vec::new();
        for (number, field, value) in parameters.numbered(self.name, 1..=self.items_max)? {
            if !self.fields.contains(&field) {
                continue;
            }
            if has_nul(value) {
                return Err(parameters.invalid(&format!("{}.{number}.{field}", self.name), None));
            }
            if records.last().is_none_or(|last| last.number != number) {
                records.push(NumberedRecord { number, ..NumberedRecord::default() });
            }
            if let Some(record) = records.last_mut() {
                record.fields.insert(field.to_owned(), value.to_owned());
            }
        }
        Ok(records)
    }

    /// A field that is true or false.
    ///
    /// Errors: `InvalidParameter` that names it.
    pub(crate) fn flag(
        &self,
        parameters: &Parameters,
        record: &NumberedRecord,
        field: &str,
    ) -> Result<Option<bool>, Refusal> {
        let Some(text) = record.text(field) else { return Ok(None) };
        Flag.read(text).map(Some).ok_or_else(|| self.invalid(parameters, record.number, field))
    }

    /// The refusal of one field: `InvalidParameter` that names it.
    pub(crate) fn invalid(&self, parameters: &Parameters, number: usize, field: &str) -> Refusal {
        parameters.invalid(&format!("{}.{number}.{field}", self.name), None)
    }

    /// The refusal of a field that must be there.
    pub(crate) fn missing(&self, parameters: &Parameters, number: usize, field: &str) -> Refusal {
        parameters.missing(&format!("{}.{number}.{field}", self.name))
    }
}

impl Declares for Records {
    fn declared(&self) -> Declared {
        let fields: Vec<String> = self.fields.iter().map(|field| format!("`{field}`")).collect();
        Declared {
            name: self.name,
            kind: format!("`.1` to `.{}`, each with {}", self.items_max, fields.join(", ")),
            treatment: Treatment::Honoured,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Name;
    use crate::product::Product;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        Parameters::new(Product::Ecs, pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    /// Numbers sort as numbers, not as text, and a gap does not matter.
    #[test]
    fn lists_follow_their_numbers() {
        let list = List { name: "ResourceId", item: Name { length: (1, 8), also: "-" }, items_max: 50 };
        let given =
            parameters(&[("ResourceId.10", "c"), ("ResourceId.2", "b"), ("ResourceId.1", "a"), ("ResourceIds", "x")]);
        assert_eq!(list.read(&given).unwrap(), ["a", "b", "c"]);
        for (name, value) in [
            ("ResourceId.0", "a"),
            ("ResourceId.51", "a"),
            ("ResourceId.x", "a"),
            ("ResourceId.1", "a b"),
            ("ResourceId.1.Key", "a"),
        ] {
            let refusal = list.read(&parameters(&[(name, value)])).unwrap_err();
            assert!(refusal.message().contains("ResourceId."), "{name}: {refusal}");
        }
    }

    /// Fields of one number make one struct; unknown fields are nothing, a number that is too large is refused.
    #[test]
    fn structs_are_put_together_by_their_numbers() {
        let records = Records { name: "Disk", fields: &["Size", "Device"], items_max: 17 };
        let given =
            parameters(&[("Disk.2.Size", "5"), ("Disk.10.Size", "7"), ("Disk.2.Device", ""), ("Disk.2.Other", "x")]);
        let read = records.read(&given).unwrap();
        let sizes: Vec<_> =
            read.iter().map(|record| (record.number, record.text("Size"), record.text("Device"))).collect();
        assert_eq!(sizes, [(2, Some("5"), None), (10, Some("7"), None)]);
        for bad in [("Disk.18.Size", "5"), ("Disk.1.Device", "a\0")] {
            assert!(records.read(&parameters(&[bad])).is_err(), "{bad:?}");
        }
    }

    /// A tag is a key with a value that may be empty or missing; a value alone is no tag.
    #[test]
    fn tags_have_keys() {
        let tags = Tags { name: "Tag", items_max: 20 };
        let given =
            parameters(&[("Tag.2.Key", "k2"), ("Tag.10.Key", "k10"), ("Tag.10.Value", "v"), ("Tag.2.Value", "")]);
        let read = tags.read(&given).unwrap();
        assert_eq!(
            read.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect::<Vec<_>>(),
            [("k2", ""), ("k10", "v")]
        );
        assert!(tags.read(&parameters(&[("Tag.1.Value", "v")])).unwrap_err().message().contains("\"Tag.1.Key\""));
        assert!(tags.read(&parameters(&[("Tag.21.Key", "k")])).unwrap_err().message().contains("\"Tag.21.Key\""));
        let long = "x".repeat(129);
        assert!(tags.read(&parameters(&[("Tag.1.Key", &long)])).unwrap_err().message().contains("\"Tag.1.Key\""));
    }
}
