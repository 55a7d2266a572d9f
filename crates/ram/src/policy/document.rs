//! The frame that all policies share: `{"Version": "1", "Statement": […]}`.

use serde_json::{Map, Value, json};

use super::error::PolicyError;
use super::json;
use super::node::Node;

/// The only version there is. Source: ram.md 4.
const VERSION: &str = "1";

/// Reads a document of at most `bytes_max` bytes, statement by statement.
///
/// Errors: `TooLong`, `Json`, `Grammar`.
pub(super) fn read<T>(
    text: &str,
    bytes_max: usize,
    statement: impl Fn(&Node<'_>) -> Result<T, PolicyError>,
) -> Result<Vec<T>, PolicyError> {
    let value = json::parse(text, bytes_max)?;
    let members = Node::root(&value).members(&["Version", "Statement"])?;
    let version = members.required("Version")?;
    if version.text()? != VERSION {
        return Err(version.refuse("the only version is \"1\""));
    }
    members.required("Statement")?.elements()?.iter().map(statement).collect()
}

/// Writes a document without white space.
pub(super) fn write(statements: impl Iterator<Item = Map<String, Value>>) -> String {
    json!({ "Version": VERSION, "Statement": statements.collect::<Vec<_>>() }).to_string()
}
