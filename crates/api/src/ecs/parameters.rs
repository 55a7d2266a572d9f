//! Parameters that several calls have.

use catalog::Tag;
use jiff::Timestamp;

use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Integer, JsonStrings, Kind, Name, Optional, Parameters, Required, Tags, Text};

pub(super) const REGION_ID: Required<Name> = Required::new("RegionId", Name { length: (1, 64), also: "-" });
pub(super) const IMAGE_ID: Required<Name> = Required::new("ImageId", Name { length: (1, 64), also: "-" });
pub(super) const DRY_RUN: Optional<Flag> = Optional::new("DryRun", Flag);
/// What a token may be is checked with the other parameters of the call.
pub(super) const CLIENT_TOKEN: Optional<Text> = Optional::new("ClientToken", Text { length: (0, 256) });
pub(super) const TAG: Tags = Tags { name: "Tag", items_max: 20 };
pub(super) const PAGE_NUMBER: Optional<Integer> = Optional::new("PageNumber", Integer { min: 1, max: 1 << 31 });
pub(super) const PAGE_SIZE: Optional<Integer> = Optional::new("PageSize", Integer { min: 1, max: 100 });

/// Longest names and descriptions that are looked at; what they may be is `ecs`'s to say.
pub(super) const NAME: Text = Text { length: (0, 1024) };
/// The same where an empty text means that nothing is said.
pub(super) const LONG_TEXT: Text = Text { length: (1, 1024) };

/// Tags of a new resource: no prefix of the vendor's.
pub(super) fn tags(parameters: &Parameters) -> Result<Vec<Tag>, Refusal> {
    let tags = TAG.read(parameters)?;
    for tag in &tags {
        let is_vendors = |text: &str| text.starts_with("aliyun") || text.starts_with("acs:");
        if is_vendors(&tag.key) || tag.value.starts_with("acs:") {
            return Err(Refusal::new(&errors::ECS_INVALID_TAGS, &["a tag does not begin with aliyun or acs:"]));
        }
    }
    Ok(tags.into_iter().map(|tag| Tag { key: tag.key, value: tag.value }).collect())
}

/// The page that is asked for; its number and size.
pub(super) fn page(parameters: &Parameters) -> Result<(catalog::PageRequest, u32, u32), Refusal> {
    let small = |number: Option<u64>, default: u32| number.and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
    let number = small(PAGE_NUMBER.read(parameters)?, 1);
    let size = small(PAGE_SIZE.read(parameters)?, 10);
    let page = catalog::PageRequest::new(number, size).unwrap_or(catalog::PageRequest::first());
    Ok((page, number, size))
}

/// A time as ECS takes it: `2019-11-15T06:07Z`, also with seconds.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let whole = if text.len() == "2019-11-15T06:07Z".len() {
        format!("{}:00Z", text.strip_suffix('Z')?)
    } else {
        text.to_owned()
    };
    whole.parse().ok()
}

/// A time as ECS writes it.
pub(super) fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time as ECS writes it of disks, instances and key pairs. Source: wire.md 9.
pub(super) fn written_to_the_minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// A comma list of identifiers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identifiers;

impl Kind for Identifiers {
    type Value = String;

    fn describe(&self) -> String {
        "up to 100 ids with commas between".to_owned()
    }

    fn read(&self, text: &str) -> Option<String> {
        let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let ids: Vec<&str> = text.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
        (ids.len() <= 100 && ids.iter().all(|id| is_id(id))).then(|| ids.join(","))
    }
}

/// A JSON list of up to 100 identifiers; read as a comma list, because that is what filters take.
#[derive(Debug, Clone, Copy)]
pub(super) struct JsonIdentifiers;

impl Kind for JsonIdentifiers {
    type Value = String;

    fn describe(&self) -> String {
        "JSON list of up to 100 ids".to_owned()
    }

    fn read(&self, text: &str) -> Option<String> {
        let is_id = |id: &String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let ids = JsonStrings { items_max: 100 }.read(text)?;
        ids.iter().all(is_id).then(|| ids.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times with and without seconds are the same, and nothing else is a time.
    #[test]
    fn times_have_two_forms() {
        let noon = time("2026-11-28T12:00:00Z");
        assert!(noon.is_some() && time("2026-11-28T12:00Z") == noon);
        assert_eq!(noon.map(written).as_deref(), Some("2026-11-28T12:00:00Z"));
        for bad in ["", "noon", "2026-11-28", "2026-13-28T12:00Z"] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    /// Blanks between ids do not count, and what is no id is refused.
    #[test]
    fn identifiers_are_separated_by_commas() {
        assert_eq!(Identifiers.read("m-1, m-2,").as_deref(), Some("m-1,m-2"));
        assert_eq!(Identifiers.read("m-1' OR 1"), None);
        assert_eq!(JsonIdentifiers.read(r#"["m-1","m-2"]"#).as_deref(), Some("m-1,m-2"));
        assert_eq!(JsonIdentifiers.read("[]").as_deref(), Some(""));
        for bad in ["m-1", r#"["m-1,m-2"]"#, r#"[""]"#, r#"[1]"#] {
            assert_eq!(JsonIdentifiers.read(bad), None, "{bad}");
        }
    }
}
