//! Tags of several keys at once. The right is that of the call for one key, on each of them.

use kms::{KeyId, KeyRef, Kms, KmsError, Scope, Tag};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::needs::{Ask, Target};
use super::parameters::Of;
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, List, OneOf, Optional, Parameters, Required, Tags, Text};

const REGION_ID: Required<Text> = Required::new("RegionId", Text { length: (1, 64) });
const RESOURCE_TYPE: Required<OneOf> = Required::new("ResourceType", OneOf(&["key"]));
const RESOURCE_ID: List<Of<KeyId>> =
    List { name: "ResourceId", item: Of { what: "UUID", read: |text| text.parse().ok() }, items_max: 50 };
const TAG: Tags = Tags { name: "Tag", items_max: 20 };
const TAG_KEY: List<Text> = List { name: "TagKey", item: Text { length: (1, 128) }, items_max: 20 };
const ALL: Optional<Flag> = Optional::new("All", Flag);
const NEXT_TOKEN: Optional<Of<usize>> =
    Optional::new("NextToken", Of { what: "as it was answered", read: |text| text.parse().ok() });

/// Rows of one answer. Source: kms.md 7.
const ROWS_MAX: usize = 200;

/// Some keys in a region that the call names, beside the one that it goes to.
struct Resources {
    region: String,
    keys: Vec<KeyRef>,
}

impl Resources {
    fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        RESOURCE_TYPE.read(parameters)?;
        let keys = RESOURCE_ID.read(parameters)?;
        Ok(Self { region: REGION_ID.read(parameters)?, keys: keys.into_iter().map(KeyRef::Id).collect() })
    }

    fn read_some(parameters: &Parameters) -> Result<Self, Refusal> {
        let resources = Self::read(parameters)?;
        if resources.keys.is_empty() { Err(missing("ResourceId.1")) } else { Ok(resources) }
    }

    /// Errors: `InvalidWord` for another region than that of the call: keys are looked up in that one.
    fn asks(&self, spec: &'static Spec, scope: &Scope) -> Result<Vec<Ask<'static>>, KmsError> {
        if self.region != scope.region.as_str() {
            return Err(KmsError::InvalidWord {
                name: "RegionId",
                found: self.region.clone(),
                allowed: "the region that the call is sent to",
            });
        }
        Ok(asks(spec, &self.keys))
    }
}

fn asks(spec: &'static Spec, keys: &[KeyRef]) -> Vec<Ask<'static>> {
    keys.iter().map(|key| Ask::of(spec, Target::Key(key.clone()))).collect()
}

fn missing(name: &str) -> Refusal {
    Refusal::new(&errors::KMS_MISSING_PARAMETER, &[name])
}

fn tags(parameters: &Parameters) -> Result<Vec<Tag>, Refusal> {
    let tags = TAG.read(parameters)?;
    Ok(tags.into_iter().map(|tag| Tag { key: tag.key, value: tag.value }).collect())
}

pub(crate) struct TagResources {
    resources: Resources,
    tags: Vec<Tag>,
}

impl KeyCall for TagResources {
    const SPEC: &'static Spec =
        &row("TagResources", ("kms:TagResource", "key/<id>"), &[&REGION_ID, &RESOURCE_TYPE, &RESOURCE_ID, &TAG]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (resources, tags) = (Resources::read_some(parameters)?, tags(parameters)?);
        if tags.is_empty() { Err(missing("Tag.1.Key")) } else { Ok(Self { resources, tags }) }
    }

    async fn asks(&self, _: &Kms, scope: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        self.resources.asks(Self::SPEC, scope)
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.tag_keys(&self.resources.keys, &self.tags, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct UntagResources {
    resources: Resources,
    /// `None`: all.
    tag_keys: Option<Vec<String>>,
}

impl KeyCall for UntagResources {
    const SPEC: &'static Spec = &row(
        "UntagResources",
        ("kms:UntagResource", "key/<id>"),
        &[&REGION_ID, &RESOURCE_TYPE, &RESOURCE_ID, &TAG_KEY, &ALL],
    );

    /// `All` counts only without `TagKey`.
    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let resources = Resources::read_some(parameters)?;
        let (tag_keys, all) = (TAG_KEY.read(parameters)?, ALL.read(parameters)? == Some(true));
        match (tag_keys.is_empty(), all) {
            (false, _) => Ok(Self { resources, tag_keys: Some(tag_keys) }),
            (true, true) => Ok(Self { resources, tag_keys: None }),
            (true, false) => Err(missing("TagKey.1")),
        }
    }

    async fn asks(&self, _: &Kms, scope: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        self.resources.asks(Self::SPEC, scope)
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        match self.tag_keys {
            Some(tag_keys) => kms.untag_keys(&self.resources.keys, &tag_keys, permit, scope).await?,
            None => kms.untag_keys_wholly(&self.resources.keys, permit, scope).await?,
        }
        Ok(Value::Null)
    }
}

pub(crate) struct ListTagResources {
    resources: Resources,
    tags: Vec<Tag>,
    /// Rows that were answered before.
    skip: usize,
}

impl ListTagResources {
    /// The keys that are named and have all the tags; without a name, those that have them.
    async fn keys(&self, kms: &Kms, scope: &Scope) -> Result<Vec<KeyRef>, KmsError> {
        if self.tags.is_empty() {
            return Ok(self.resources.keys.clone());
        }
        let tagged = kms.keys_with_tags(&self.tags, scope).await?.into_iter().map(KeyRef::Id);
        let named = &self.resources.keys;
        Ok(tagged.filter(|key| named.is_empty() || named.contains(key)).collect())
    }
}

impl KeyCall for ListTagResources {
    const SPEC: &'static Spec = &row(
        "ListTagResources",
        ("kms:ListResourceTags", "key/<id>"),
        &[&REGION_ID, &RESOURCE_TYPE, &RESOURCE_ID, &TAG, &NEXT_TOKEN],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (resources, tags) = (Resources::read(parameters)?, tags(parameters)?);
        if resources.keys.is_empty() && tags.is_empty() {
            return Err(missing("ResourceId.1"));
        }
        Ok(Self { resources, tags, skip: NEXT_TOKEN.read(parameters)?.unwrap_or(0) })
    }

    /// When no key has the tags, the right is on all keys: whoever has none must not learn that.
    async fn asks(&self, kms: &Kms, scope: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        self.resources.asks(Self::SPEC, scope)?;
        let keys = self.keys(kms, scope).await?;
        if keys.is_empty() {
            return Ok(vec![Ask::of(Self::SPEC, Target::All("key"))]);
        }
        Ok(asks(Self::SPEC, &keys))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let mut rows = Vec::new();
        for key in self.keys(kms, scope).await? {
            let (key, tags) = kms.list_resource_tags(&key, permit, scope).await?;
            rows.extend(tags.into_iter().map(|tag| {
                json!({ "ResourceId": key.id.to_string(), "ResourceType": "key", "TagKey": tag.key, "TagValue": tag.value })
            }));
        }
        let end = self.skip.saturating_add(ROWS_MAX);
        let next = if end < rows.len() { end.to_string() } else { String::new() };
        let page: Vec<Value> = rows.into_iter().skip(self.skip).take(ROWS_MAX).collect();
        Ok(json!({ "TagResources": { "TagResource": page }, "NextToken": next }))
    }
}
