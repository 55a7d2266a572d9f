//! Tags of images and snapshots. Source: ecs-images.md 6.

use ::ecs::{Ecs, EcsError, ResourceKind, TagFilter, TaggedWith};
use catalog::{Tag, TagPosition};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::parameters::REGION_ID;
use super::tag_parameters::{
    NEXT_TOKEN, RESOURCE_ID, RESOURCE_TYPE, TAG, TAG_FILTER, TAG_KEY, filters, kind, some, tag_keys, tags,
};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Optional, Parameters};
use crate::services::Need;

const ALL: Optional<Flag> = Optional::new("All", Flag);

/// Most resources of a call. Source: ecs-images.md 6.
const RESOURCES_MAX: usize = 50;

/// The resources that a call names.
struct Resources {
    kind: ResourceKind,
    ids: Vec<String>,
}

impl Resources {
    fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        let (kind, ids) = (kind(parameters)?, RESOURCE_ID.read(parameters)?);
        if ids.len() > RESOURCES_MAX {
            return Err(Refusal::new(&errors::ECS_RESOURCES_TOO_MANY, &[&RESOURCES_MAX.to_string()]));
        }
        Ok(Self { kind, ids })
    }

    fn read_some(parameters: &Parameters) -> Result<Self, Refusal> {
        let resources = Self::read(parameters)?;
        some(&resources.ids, &errors::MISSING_PARAMETER, "ResourceId.1")?;
        Ok(resources)
    }

    fn needs(&self, spec: &'static Spec, scope: &Scope) -> Vec<Need> {
        self.ids.iter().map(|id| need(spec, scope, &format!("{}/{id}", self.kind.name()))).collect()
    }

    fn named(&self) -> (ResourceKind, &[String]) {
        (self.kind, &self.ids)
    }
}

pub(crate) struct TagResources {
    resources: Resources,
    tags: Vec<Tag>,
}

impl EcsCall for TagResources {
    const SPEC: &'static Spec =
        &row("TagResources", "ecs:TagResources", "<type>/<id>", &[&REGION_ID, &RESOURCE_TYPE, &RESOURCE_ID, &TAG]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (resources, tags) = (Resources::read_some(parameters)?, tags(parameters)?);
        some(&tags, &errors::ECS_NO_TAGS, "Tag.1.Key")?;
        Ok(Self { resources, tags })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(self.resources.needs(Self::SPEC, scope))
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.tag_resources(self.resources.named(), &self.tags, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct UntagResources {
    resources: Resources,
    /// `None`: all.
    keys: Option<Vec<String>>,
}

impl EcsCall for UntagResources {
    const SPEC: &'static Spec = &row(
        "UntagResources",
        "ecs:UntagResources",
        "<type>/<id>",
        &[&REGION_ID, &RESOURCE_TYPE, &RESOURCE_ID, &TAG_KEY, &ALL],
    );

    /// `All` counts only without `TagKey`.
    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (resources, keys) = (Resources::read_some(parameters)?, tag_keys(parameters)?);
        let all = ALL.read(parameters)? == Some(true);
        if !all {
            some(&keys, &errors::ECS_NO_TAGS, "TagKey.1")?;
        }
        Ok(Self { resources, keys: Some(keys).filter(|keys| !keys.is_empty()) })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(self.resources.needs(Self::SPEC, scope))
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.untag_resources(self.resources.named(), self.keys.as_deref(), permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct ListTagResources {
    resources: Resources,
    filters: Vec<TagFilter>,
    after: TagPosition,
}

impl EcsCall for ListTagResources {
    const SPEC: &'static Spec = &row(
        "ListTagResources",
        "ecs:ListTagResources",
        "<type>/<id>; <type>/* where none is named",
        &[&REGION_ID, &RESOURCE_TYPE, &RESOURCE_ID, &TAG, &TAG_FILTER, &NEXT_TOKEN],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let after = NEXT_TOKEN.read(parameters)?.unwrap_or_default();
        Ok(Self { resources: Resources::read(parameters)?, filters: filters(parameters)?, after })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        if self.resources.ids.is_empty() {
            return Ok(vec![need(Self::SPEC, scope, &format!("{}/*", self.resources.kind.name()))]);
        }
        Ok(self.resources.needs(Self::SPEC, scope))
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let (kind, named) = (self.resources.kind.name(), self.resources.named());
        let found = ecs.list_tag_resources(named, &self.filters, &self.after, permit, scope).await?;
        let row = |one: &TaggedWith| {
            json!({
                "ResourceId": one.resource_id,
                "ResourceType": kind,
                "TagKey": one.tag.key,
                "TagValue": one.tag.value,
            })
        };
        let rows: Vec<Value> = found.items.iter().map(row).collect();
        let next = found.next.map(|next| format!("{}/{}", next.resource_id, next.tag_key)).unwrap_or_default();
        Ok(json!({ "TagResources": { "TagResource": rows }, "NextToken": next }))
    }
}
