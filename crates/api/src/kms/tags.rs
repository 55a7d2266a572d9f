//! Tags of one key.

use kms::{KeyRef, Kms, KmsError, Scope, Tag};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::needs::Ask;
use super::parameters::{KEY_ID, Of, TAGS};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Parameters, Refused, Required};

const KEY_TAGS: Required<Of<Vec<Tag>>> = Required::new("Tags", TAGS);
const TAG_KEYS: Required<Of<Vec<String>>> =
    Required::new("TagKeys", Of { what: "JSON list of texts, or texts with commas, up to 20", read: tag_keys });
/// Kinds of things that are not kept here.
const SECRET: Refused = Refused { name: "SecretName", row: &errors::KMS_UNSUPPORTED_PARAMETER };
const CERTIFICATE: Refused = Refused { name: "CertificateId", row: &errors::KMS_UNSUPPORTED_PARAMETER };

/// Most tags of a key. Source: kms.md 5.
const TAGS_MAX: usize = 20;

fn refuse_others(parameters: &Parameters) -> Result<(), Refusal> {
    SECRET.check(parameters)?;
    CERTIFICATE.check(parameters)
}

pub(crate) struct TagResource {
    key: KeyRef,
    tags: Vec<Tag>,
}

impl KeyCall for TagResource {
    const SPEC: &'static Spec =
        &row("TagResource", ("kms:TagResource", "key/<id>"), &[&KEY_ID, &KEY_TAGS, &SECRET, &CERTIFICATE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        refuse_others(parameters)?;
        Ok(Self { key: KEY_ID.read(parameters)?, tags: KEY_TAGS.read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.tag_keys(&[self.key], &self.tags, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct UntagResource {
    key: KeyRef,
    tag_keys: Vec<String>,
}

impl KeyCall for UntagResource {
    const SPEC: &'static Spec =
        &row("UntagResource", ("kms:UntagResource", "key/<id>"), &[&KEY_ID, &TAG_KEYS, &SECRET, &CERTIFICATE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        refuse_others(parameters)?;
        Ok(Self { key: KEY_ID.read(parameters)?, tag_keys: TAG_KEYS.read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.untag_keys(&[self.key], &self.tag_keys, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct ListResourceTags(KeyRef);

impl KeyCall for ListResourceTags {
    const SPEC: &'static Spec = &row("ListResourceTags", ("kms:ListResourceTags", "key/<id>"), &[&KEY_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        KEY_ID.read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.0))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let (key, tags) = kms.list_resource_tags(&self.0, permit, scope).await?;
        let shown = |tag: &Tag| json!({ "KeyId": key.id.to_string(), "TagKey": tag.key, "TagValue": tag.value });
        Ok(json!({ "Tags": { "Tag": tags.iter().map(shown).collect::<Vec<_>>() } }))
    }
}

/// The examples show a JSON list, the SDK says commas: both are taken.
fn tag_keys(text: &str) -> Option<Vec<String>> {
    let keys: Vec<String> = if text.starts_with('[') {
        serde_json::from_str(text).ok()?
    } else {
        text.split(',').map(str::to_owned).collect()
    };
    ((1..=TAGS_MAX).contains(&keys.len()) && keys.iter().all(|key| !key.is_empty())).then_some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both forms give the same names.
    #[test]
    fn tag_keys_are_a_json_list_or_have_commas() {
        for text in [r#"["a","b"]"#, "a,b"] {
            assert_eq!(tag_keys(text).unwrap(), ["a", "b"]);
        }
        assert_eq!(tag_keys(r#"["a,b"]"#).unwrap(), ["a,b"]);
        for bad in ["", ",", "a,", "[]", "[1]", "[\"\"]", &["a"; 21].join(",")] {
            assert_eq!(tag_keys(bad), None, "{bad}");
        }
    }
}
