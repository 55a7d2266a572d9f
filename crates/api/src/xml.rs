//! An answer as XML. The shape is that of the JSON: a name becomes an element, a list repeats the element of its name, so
//! `{"Keys":{"Key":[{…},{…}]}}` is `<Keys><Key>…</Key><Key>…</Key></Keys>`. Source: wire.md 7, 9.

use serde_json::Value;

/// A whole document with the root element `root`. The names in `value` come from our own code and are XML names.
pub(crate) fn document(root: &str, value: &Value) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    element(&mut out, root, value);
    out
}

fn element(out: &mut String, name: &str, value: &Value) {
    if let Value::Array(items) = value {
        items.iter().for_each(|item| element(out, name, item));
        return;
    }
    for part in ["<", name, ">"] {
        out.push_str(part);
    }
    content(out, value);
    for part in ["</", name, ">"] {
        out.push_str(part);
    }
}

/// Nothing and the empty text are both an empty element.
fn content(out: &mut String, value: &Value) {
    match value {
        Value::Null | Value::Array(_) => {}
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => escaped(out, text),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| element(out, name, value)),
    }
}

/// XML 1.0 has no way to write most control characters, not even as references: they become U+FFFD.
fn escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // As a bare character a reader would turn it into a line feed.
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(c),
            '\0'..'\u{20}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Lists, empty lists, empty texts, numbers, and every character that has to be written otherwise.
    #[test]
    fn answers_become_elements() {
        let value = json!({
            "Keys": {"Key": [{"KeyId": "a"}, {"KeyId": ""}]}, "None": {"Key": []},
            "TotalCount": 2, "IsTruncated": false, "Text": "a<b>&\"'\r\n\u{1}é",
        });
        assert_eq!(
            document("ListKeysResponse", &value),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListKeysResponse><IsTruncated>false</IsTruncated>\
             <Keys><Key><KeyId>a</KeyId></Key><Key><KeyId></KeyId></Key></Keys><None></None>\
             <Text>a&lt;b&gt;&amp;&quot;&apos;&#13;\n\u{FFFD}é</Text><TotalCount>2</TotalCount></ListKeysResponse>"
        );
    }
}
