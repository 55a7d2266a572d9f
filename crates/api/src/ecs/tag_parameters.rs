//! Parameters of the calls on tags, which have codes of their own. Source: ecs-images.md 6.

use std::collections::BTreeSet;

use ::ecs::{ResourceKind, TagFilter};
use catalog::{Tag, TagPosition};

use crate::errors::{self, ErrorRow, Refusal};
use crate::parameters::{Kind, List, Name, NumberedRecord, OneOf, Optional, Parameters, Records, Text, has_nul};

/// Numbers that are looked at: more than a call may have, so that too many are told from a wrong name.
const NUMBERS_MAX: usize = 100;

/// Most tags of a call, and characters of a key or value.
const TAGS_MAX: usize = 20;
const CHARS_MAX: usize = 128;

pub(super) const RESOURCE_TYPE: Optional<OneOf> =
    Optional::new("ResourceType", OneOf(&["image", "snapshot", "instance", "disk"])).or(&errors::ECS_RESOURCE_TYPE);
pub(super) const RESOURCE_ID: List<Name> =
    List { name: "ResourceId", item: Name { length: (1, 64), also: "-" }, items_max: NUMBERS_MAX };
pub(super) const TAG: Records = Records { name: "Tag", fields: &["Key", "Value"], items_max: NUMBERS_MAX };
pub(super) const TAG_KEY: List<Text> =
    List { name: "TagKey", item: Text { length: (1, 1024) }, items_max: NUMBERS_MAX };
pub(super) const TAG_FILTER: Records = Records {
    name: "TagFilter",
    fields: &["TagKey", "TagValues.1", "TagValues.2", "TagValues.3", "TagValues.4", "TagValues.5"],
    items_max: TAGS_MAX,
};
pub(super) const NEXT_TOKEN: Optional<Position> = Optional::new("NextToken", Position);

/// Where a list of tags goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position;

impl Kind for Position {
    type Value = TagPosition;

    fn describe(&self) -> String {
        "as it was answered".to_owned()
    }

    fn read(&self, text: &str) -> Option<TagPosition> {
        let (resource_id, tag_key) = text.split_once('/').filter(|_| !has_nul(text))?;
        Some(TagPosition { resource_id: resource_id.to_owned(), tag_key: tag_key.to_owned() })
    }
}

/// Refuses a list that is empty.
pub(super) fn some<T>(list: &[T], row: &'static ErrorRow, name: &str) -> Result<(), Refusal> {
    if list.is_empty() { Err(Refusal::new(row, &[name])) } else { Ok(()) }
}

pub(super) fn kind(parameters: &Parameters) -> Result<ResourceKind, Refusal> {
    match RESOURCE_TYPE.read(parameters)? {
        Some("image") => Ok(ResourceKind::Image),
        Some("instance") => Ok(ResourceKind::Instance),
        Some("disk") => Ok(ResourceKind::Disk),
        Some(_) => Ok(ResourceKind::Snapshot),
        None => Err(Refusal::new(&errors::ECS_NO_RESOURCE_TYPE, &[])),
    }
}

/// Tags that a call gives.
pub(super) fn tags(parameters: &Parameters) -> Result<Vec<Tag>, Refusal> {
    let tags: Vec<Tag> = TAG.read(parameters)?.iter().map(tag).collect::<Result<_, _>>()?;
    check_count(tags.len())?;
    let mut seen = BTreeSet::new();
    match tags.iter().find(|tag| !seen.insert(tag.key.as_str())) {
        Some(twice) => Err(Refusal::new(&errors::ECS_TAG_TWICE, &[&twice.key])),
        None => Ok(tags),
    }
}

pub(super) fn tag_keys(parameters: &Parameters) -> Result<Vec<String>, Refusal> {
    let keys = TAG_KEY.read(parameters)?;
    check_count(keys.len())?;
    Ok(keys)
}

/// `Tag` names a tag and its value, `TagFilter` a tag and several values.
pub(super) fn filters(parameters: &Parameters) -> Result<Vec<TagFilter>, Refusal> {
    let mut filters = TagFilter::all_of(&tags(parameters)?);
    for record in TAG_FILTER.read(parameters)? {
        let key = record.text("TagKey").ok_or_else(|| TAG_FILTER.missing(parameters, record.number, "TagKey"))?;
        let values = TAG_FILTER.fields.iter().skip(1).filter_map(|field| record.text(field)).map(str::to_owned);
        filters.push(TagFilter { key: key.to_owned(), values: values.collect() });
    }
    Ok(filters)
}

fn check_count(count: usize) -> Result<(), Refusal> {
    if count <= TAGS_MAX { Ok(()) } else { Err(Refusal::new(&errors::ECS_TAGS_TOO_MANY, &[&TAGS_MAX.to_string()])) }
}

fn tag(record: &NumberedRecord) -> Result<Tag, Refusal> {
    let name = format!("Tag.{}", record.number);
    let (key, value) = (record.text("Key").unwrap_or_default(), record.text("Value").unwrap_or_default());
    let is_long = |text: &str| text.chars().count() > CHARS_MAX;
    let is_vendors = |text: &str| text.starts_with("acs:");
    let is_url = |text: &str| text.contains("http://") || text.contains("https://");
    if key.is_empty() || is_long(key) || is_vendors(key) || key.starts_with("aliyun") || is_url(key) {
        return Err(Refusal::new(&errors::ECS_TAG_KEY, &[&name]));
    }
    if is_long(value) || is_vendors(value) {
        return Err(Refusal::new(
            &errors::ECS_INVALID_TAGS,
            &[&format!("{name}: a value has up to 128 characters and does not begin with acs:")],
        ));
    }
    Ok(Tag { key: key.to_owned(), value: value.to_owned() })
}
