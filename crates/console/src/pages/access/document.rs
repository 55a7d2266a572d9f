//! Documents of policies, as people read them.

use serde_json::Value;

/// A document on one line is written on several; one with a form of its own keeps it.
pub(super) fn pretty(document: &str) -> String {
    let parsed = || serde_json::from_str::<Value>(document).ok();
    let written = |value: Value| serde_json::to_string_pretty(&value).ok();
    if document.contains('\n') {
        document.to_owned()
    } else {
        parsed().and_then(written).unwrap_or(document.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy on one line is made readable, whatever else is shown as it is: also what is no JSON.
    #[test]
    fn documents_are_readable() {
        assert_eq!(pretty(r#"{"Version":"1"}"#), "{\n  \"Version\": \"1\"\n}");
        for as_it_is in ["{\n\"Version\":\"1\"}", "{", ""] {
            assert_eq!(pretty(as_it_is), as_it_is);
        }
    }
}
