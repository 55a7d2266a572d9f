//! A place in a document: a value and the path that leads to it, for messages that say where.

use std::fmt::Display;

use serde_json::{Map, Value};

use super::error::PolicyError;

/// A value and where it stands.
pub(super) struct Node<'a> {
    value: &'a Value,
    at: String,
}

/// The members of an object, all of which are known.
pub(super) struct Members<'a> {
    object: &'a Map<String, Value>,
    at: String,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, at: String::new() }
    }

    /// The refusal of this value.
    pub(super) fn refuse(&self, why: impl Display) -> PolicyError {
        let at = if self.at.is_empty() { "its top level".to_owned() } else { self.at.clone() };
        PolicyError::Grammar { at, why: why.to_string() }
    }

    /// The members of an object that has no others than `known`.
    pub(super) fn members(&self, known: &[&str]) -> Result<Members<'a>, PolicyError> {
        let object = self.object()?;
        if let Some(name) = object.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(self.refuse(format_args!("the element {name:?} is not known; known are {}", known.join(", "))));
        }
        Ok(Members { object, at: self.at.clone() })
    }

    /// All members of an object that has at least one.
    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Self)>, PolicyError> {
        let object = self.object()?;
        if object.is_empty() {
            return Err(self.refuse("an empty object says nothing"));
        }
        Ok(object.iter().map(|(name, value)| (name.as_str(), member(&self.at, name, value))).collect())
    }

    /// The elements of an array that has at least one.
    pub(super) fn elements(&self) -> Result<Vec<Self>, PolicyError> {
        let list = self.value.as_array().ok_or_else(|| self.refuse("an array is wanted"))?;
        if list.is_empty() {
            return Err(self.refuse("an empty array says nothing"));
        }
        Ok(list.iter().enumerate().map(|(i, value)| Self { value, at: format!("{}[{i}]", self.at) }).collect())
    }

    /// A text, or an array of at least one: the grammar treats both alike.
    pub(super) fn texts<T>(
        &self,
        read: impl Fn(&Self, &'a str) -> Result<T, PolicyError>,
    ) -> Result<Vec<T>, PolicyError> {
        if self.value.is_array() {
            self.elements()?.iter().map(|element| read(element, element.text()?)).collect()
        } else {
            Ok(vec![read(self, self.text()?)?])
        }
    }

    pub(super) fn text(&self) -> Result<&'a str, PolicyError> {
        self.value.as_str().ok_or_else(|| self.refuse("a quoted text is wanted"))
    }

    fn object(&self) -> Result<&'a Map<String, Value>, PolicyError> {
        self.value.as_object().ok_or_else(|| self.refuse("an object is wanted"))
    }
}

impl<'a> Members<'a> {
    pub(super) fn optional(&self, name: &str) -> Option<Node<'a>> {
        self.object.get(name).map(|value| member(&self.at, name, value))
    }

    pub(super) fn required(&self, name: &str) -> Result<Node<'a>, PolicyError> {
        let why = || format!("the element \"{name}\" is missing");
        self.optional(name).ok_or_else(|| Node { value: &Value::Null, at: self.at.clone() }.refuse(why()))
    }
}

fn member<'a>(at: &str, name: &str, value: &'a Value) -> Node<'a> {
    let at = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    Node { value, at }
}

/// Writes a text for one, an array for more: never longer than what was read.
pub(super) fn one_or_more(texts: impl IntoIterator<Item = String>) -> Value {
    let mut texts: Vec<Value> = texts.into_iter().map(Value::from).collect();
    if texts.len() == 1 { texts.swap_remove(0) } else { texts.into() }
}
