//! What is said and answered.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto::Secret;
use serde::Deserialize;
use serde_json::Value;

/// A line of QEMU. Its greeting and its events have neither field.
#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(rename = "return")]
    pub(super) returned: Option<Value>,
    pub(super) error: Option<Refusal>,
}

/// Why QEMU refused.
#[derive(Deserialize)]
pub(super) struct Refusal {
    pub(super) desc: String,
}

/// A command without anything secret.
pub(super) fn command(name: &str, arguments: &Value) -> Vec<u8> {
    serde_json::to_vec(&serde_json::json!({ "execute": name, "arguments": arguments })).expect("a value is JSON")
}

/// `object-add` of a passphrase, made in place in a buffer that is wiped: a JSON value would leave copies behind.
pub(in crate::qemu) fn secret_command(id: &str, passphrase: &Secret) -> Secret {
    let before =
        format!(r#"{{"execute":"object-add","arguments":{{"qom-type":"secret","id":"{id}","format":"base64","data":""#);
    let after = r#""}}"#;
    let encoded_len = passphrase.len().div_ceil(3) * 4;
    Secret::from_fn(before.len() + encoded_len + after.len(), |out| {
        let (head, rest) = out.split_at_mut(before.len());
        let (middle, tail) = rest.split_at_mut(encoded_len);
        head.copy_from_slice(before.as_bytes());
        STANDARD.encode_slice(passphrase.expose(), middle).expect("the length is that of padded base64");
        tail.copy_from_slice(after.as_bytes());
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made by hand is the JSON that QEMU expects, for every remainder of base64.
    #[test]
    fn a_passphrase_becomes_the_command_of_the_same_meaning() {
        for passphrase in ["", "a", "ab", "abc", "\"quoted\" \\ ü"] {
            let made = secret_command("s", &Secret::copy_of(passphrase.as_bytes()));
            let read: Value = serde_json::from_slice(made.expose()).unwrap();
            let data = STANDARD.encode(passphrase);
            let arguments = serde_json::json!({"qom-type": "secret", "id": "s", "format": "base64", "data": data});
            assert_eq!(read, serde_json::json!({"execute": "object-add", "arguments": arguments}));
        }
    }
}
