//! `ClientToken`, with what makes two calls under it the same: what their callers sent. Source: wire.md 8.

use ::ecs::CallToken;
use crypto::digest::Sha256;

use super::parameters::{CLIENT_TOKEN, DRY_RUN};
use crate::errors::Refusal;
use crate::parameters::{Declares as _, Parameters};

/// Parameters that belong to the sending of a call, and differ in each retry or may.
const OF_SENDING: &[&str] = &[
    "Action",
    "Version",
    "Format",
    "AccessKeyId",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
];

/// The token of a call.
///
/// Errors: `InvalidParameter`.
pub(super) fn client_token(parameters: &Parameters) -> Result<Option<CallToken>, Refusal> {
    let token = CLIENT_TOKEN.read(parameters)?;
    Ok(token.map(|token| CallToken { token, parameters: digest(parameters) }))
}

/// SHA-256 over names and values in byte order of the names, each behind its length in bytes (64 bits, little-endian). What is empty does not
/// count: clients write `Name=` for what was not set. It never changes, whatever parameters are added: a retry may come after an upgrade.
fn digest(parameters: &Parameters) -> [u8; 32] {
    let is_of_call = |name: &str| {
        !OF_SENDING.contains(&name) && name != CLIENT_TOKEN.declared().name && name != DRY_RUN.declared().name
    };
    let mut hash = Sha256::new();
    for (name, value) in parameters.sent().filter(|(name, value)| !value.is_empty() && is_of_call(name)) {
        for text in [name, value] {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
    }
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Product;

    fn shown(more: &[(&str, &str)]) -> String {
        let call = [
            ("ImageId", "m-1"),
            ("Encrypted", "true"),
            ("DestinationDescription", "Grüße"),
            ("Tag.1.Key", "a=b&c"),
            ("ClientToken", "t-1"),
        ];
        let pairs = call.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let parameters = Parameters::new(Product::Ecs, pairs.collect());
        client_token(&parameters).unwrap().unwrap().parameters.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A vector by Python's hashlib. A retry, which is signed anew, and what is empty, change nothing; what was sent does.
    #[test]
    fn a_call_is_what_was_sent() {
        let first = shown(&[]);
        assert_eq!(first, "3e3b21716f3a9c7fe8077db86c04da880580dd4e53e99ca87408553093f0db89");
        for same in [
            vec![("SignatureNonce", "1"), ("Timestamp", "2026-11-28T17:00:00Z"), ("Signature", "x")],
            vec![("Action", "CopyImage"), ("Format", "JSON"), ("DryRun", "false")],
            vec![("KMSKeyId", ""), ("AddedLater", "")],
        ] {
            assert_eq!(shown(&same), first, "{same:?}");
        }
        for other in [("KMSKeyId", "alias/a"), ("Encrypted.", "true"), ("RegionId", "cn-hangzhou")] {
            assert_ne!(shown(&[other]), first, "{other:?}");
        }
        // Names and values do not run into each other.
        assert_ne!(shown(&[("Ab", "c")]), shown(&[("A", "bc")]));
    }
}
