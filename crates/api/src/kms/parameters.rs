//! Parameters that several calls have, and how their texts become values of `kms` and `crypto`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto::Secret;
use crypto::asymmetric::WrappingAlgorithm;
use kms::{EncryptionContext, KeyRef, KeyVersionId, RotationInterval, Tag};
use ram::KeyPolicy;

use crate::errors::{self, Refusal};
use crate::parameters::{Flag, JsonMap, Kind, Optional, Parameters, Required};

/// A value that a function of another room reads.
#[derive(Clone, Copy)]
pub(super) struct Of<T> {
    /// What it is, in words.
    pub(super) what: &'static str,
    /// The value; `None` if the text is not one.
    pub(super) read: fn(&str) -> Option<T>,
}

impl<T> Kind for Of<T> {
    type Value = T;

    fn describe(&self) -> String {
        self.what.to_owned()
    }

    fn read(&self, text: &str) -> Option<T> {
        (self.read)(text)
    }
}

/// A key.
pub(super) const KEY: Of<KeyRef> = Of { what: "id, `alias/…` or ARN", read: |text| text.parse().ok() };
pub(super) const KEY_ID: Required<Of<KeyRef>> = Required::new("KeyId", KEY);
/// Several keys.
pub(super) const KEY_REFS: Of<Vec<KeyRef>> =
    Of { what: "JSON list of 1 to 100 ids, `alias/…` or ARNs", read: key_refs };
pub(super) const KEY_VERSION_ID: Required<Of<KeyVersionId>> =
    Required::new("KeyVersionId", Of { what: "UUID", read: |text| text.parse().ok() });

/// Base64 that is no secret.
pub(super) const BASE64: Of<Vec<u8>> = Of { what: "Base64", read: |text| STANDARD.decode(text).ok() };
/// Base64 of a secret, decoded into locked memory.
pub(super) const BASE64_SECRET: Of<Secret> = Of { what: "Base64", read: secret };

pub(super) const CIPHERTEXT_BLOB: Required<Of<Vec<u8>>> = Required::new("CiphertextBlob", BASE64);
pub(super) const PLAINTEXT: Required<Of<Secret>> = Required::new("Plaintext", BASE64_SECRET);

/// Pairs that a ciphertext is bound to.
pub(super) const CONTEXT: Of<EncryptionContext> =
    Of { what: "JSON object of texts, up to 8192 characters", read: context };
pub(super) const ENCRYPTION_CONTEXT: Optional<Of<EncryptionContext>> = Optional::new("EncryptionContext", CONTEXT);

pub(super) const DRY_RUN: Optional<Flag> = Optional::new("DryRun", Flag);

/// Ours: go on although images are under the key.
pub(super) const FORCE: Optional<Flag> = Optional::new("Force", Flag);

pub(super) const WRAPPING_ALGORITHM: Required<Of<WrappingAlgorithm>> = Required::new(
    "WrappingAlgorithm",
    Of { what: "`RSAES_OAEP_SHA_256`, `RSAES_OAEP_SHA_1`, `RSAES_PKCS1_V1_5`", read: WrappingAlgorithm::from_name },
);

pub(super) const ROTATION: Optional<Of<RotationInterval>> = Optional::new(
    "RotationInterval",
    Of { what: "`7d`, `604800s`; 7 to 730 days; required with rotation", read: |text| text.parse().ok() },
);

/// Characters of a JSON text with 20 tags of 128 characters for each key and value, whatever way they are escaped.
const TAGS_CHARS_MAX: usize = 65_536;

/// Tags as JSON. How many and how long is for `kms` to say.
pub(super) const TAGS: Of<Vec<Tag>> =
    Of { what: "JSON list of `{\"TagKey\":…,\"TagValue\":…}`, up to 20", read: tags };

/// Most keys of one call: as many as a page has.
const KEYS_MAX: usize = 100;

fn key_refs(text: &str) -> Option<Vec<KeyRef>> {
    let keys: Vec<String> = serde_json::from_str(text).ok()?;
    let is_read = (1..=KEYS_MAX).contains(&keys.len());
    is_read.then(|| keys.iter().map(|key| key.parse().ok()).collect())?
}

/// Reads a key policy.
///
/// Errors: `InvalidParameter` that says what is wrong with it.
pub(super) fn policy(text: &str) -> Result<KeyPolicy, Refusal> {
    text.parse().map_err(|error: ram::PolicyError| {
        Refusal::new(&errors::KMS_INVALID_PARAMETER, &["Policy", &error.to_string()])
    })
}

/// The context, or the empty one.
pub(super) fn encryption_context(parameters: &Parameters) -> Result<EncryptionContext, Refusal> {
    Ok(ENCRYPTION_CONTEXT.read(parameters)?.unwrap_or_default())
}

/// Reads `EnableAutomaticRotation` with `RotationInterval`: the interval if rotation is on.
///
/// Errors: `MissingParameter` when it is on without an interval.
pub(super) fn rotation(enabled: bool, parameters: &Parameters) -> Result<Option<RotationInterval>, Refusal> {
    let interval = ROTATION.read(parameters)?.filter(|_| enabled);
    if enabled && interval.is_none() {
        return Err(Refusal::new(&errors::KMS_MISSING_PARAMETER, &["RotationInterval"]));
    }
    Ok(interval)
}

/// Base64, for an answer.
pub(super) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

fn secret(text: &str) -> Option<Secret> {
    let mut written = 0;
    let most = base64::decoded_len_estimate(text.len());
    let secret = Secret::try_from_fn(most, |bytes| {
        STANDARD.decode_slice(text, bytes).map(|decoded| written = decoded).map_err(drop)
    });
    secret.ok().map(|secret| secret.shortened(written))
}

fn context(text: &str) -> Option<EncryptionContext> {
    // Names that stand there twice are refused here: another reader might take the other value.
    let pairs = JsonMap { length_max: 8192 }.read(text)?;
    EncryptionContext::new(pairs).ok()
}

#[derive(serde::Deserialize)]
struct JsonTag {
    #[serde(rename = "TagKey")]
    key: String,
    #[serde(rename = "TagValue", default)]
    value: String,
}

fn tags(text: &str) -> Option<Vec<Tag>> {
    if text.chars().count() > TAGS_CHARS_MAX {
        return None;
    }
    let tags: Vec<JsonTag> = serde_json::from_str(text).ok()?;
    Some(tags.into_iter().map(|JsonTag { key, value }| Tag { key, value }).collect())
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert_eq, proptest};

    use super::*;

    proptest! {
        /// A secret is what the decoder would have put into ordinary memory, and nothing is added or cut off.
        #[test]
        fn secrets_are_decoded_like_other_bytes(bytes: Vec<u8>, text in "[A-Za-z0-9+/=*]{0,12}") {
            for text in [encoded(&bytes), text] {
                let decoded = secret(&text).map(|secret| secret.expose().to_vec());
                prop_assert_eq!(decoded, STANDARD.decode(&text).ok(), "{}", text);
            }
        }
    }

    /// Tags with and without a value; anything but a list of them is refused.
    #[test]
    fn tags_are_a_json_list() {
        let read = tags(r#"[{"TagKey":"a","TagValue":"1"},{"TagKey":"b"}]"#).unwrap();
        let pairs: Vec<_> = read.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
        assert_eq!(pairs, [("a", "1"), ("b", "")]);
        for bad in ["", "{}", "[1]", r#"[{"TagValue":"1"}]"#, r#"[{"TagKey":1}]"#, r#"{"TagKey":"a"}"#] {
            assert!(tags(bad).is_none(), "{bad}");
        }
    }
}
