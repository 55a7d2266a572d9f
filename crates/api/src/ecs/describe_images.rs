//! `DescribeImages`. Source: ecs-images.md 4.

use ::ecs::{Ecs, EcsError, ImageFilter, ImageOrder, ImageOwner, ImageSort, PageRequest};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::image::image;
use super::parameters::{DRY_RUN, Identifiers, PAGE_NUMBER, PAGE_SIZE, REGION_ID, TAG, page, tags, time};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Ignored, Integer, Kind, Name, OneOf, Optional, Parameters, Tags, Text};
use crate::services::Need;

const IMAGE_IDS: Optional<Identifiers> = Optional::new("ImageId", Identifiers);
const IMAGE_NAME: Optional<Text> = Optional::new("ImageName", Text { length: (0, 128) });
const STATUS: Optional<Statuses> = Optional::new("Status", Statuses);
const OWNER_ALIAS: Optional<OneOf> =
    Optional::new("ImageOwnerAlias", OneOf(&["self", "system", "others", "marketplace"])).or(&errors::ECS_OWNER_ALIAS);
const IMAGE_FAMILY: Optional<Text> = Optional::new("ImageFamily", Text { length: (0, 128) });
const SNAPSHOT_ID: Optional<Name> = Optional::new("SnapshotId", Name { length: (1, 64), also: "-" });
const OS_TYPE: Optional<OneOf> = Optional::new("OSType", OneOf(&["linux", "windows"])).or(&errors::ECS_OS_TYPE);
const ARCHITECTURE: Optional<OneOf> =
    Optional::new("Architecture", OneOf(&["i386", "x86_64", "arm64"])).or(&errors::ECS_ARCHITECTURE);
const IS_PUBLIC: Optional<Flag> = Optional::new("IsPublic", Flag);
/// A number, as the answer shows it.
const OWNER_ID: Optional<Integer> = Optional::new("ImageOwnerId", Integer { min: 0, max: 1 << 62 });
const USAGE: Optional<OneOf> = Optional::new("Usage", OneOf(&["instance", "none"])).or(&errors::ECS_USAGE);
const USABLE: Optional<Flag> = Optional::new("Usable", Flag);
const FILTER: Tags = Tags { name: "Filter", items_max: 10 };

/// Ours, as the ones below: a part of the name or of the id.
const SEARCH: Optional<Text> = Optional::new("Search", Text { length: (0, 128) });
/// Whether one of the disks is encrypted.
const ENCRYPTED: Optional<Flag> = Optional::new("Encrypted", Flag);
const SOURCE_IMAGE_ID: Optional<Name> = Optional::new("SourceImageId", Name { length: (1, 64), also: "-" });
const SORT_BY: Optional<OneOf> =
    Optional::new("SortBy", OneOf(&["CreationTime", "ImageName", "Status", "Size", "Encrypted"]));
const ASCENDING: Optional<Flag> = Optional::new("Ascending", Flag);

/// Statuses in the order of the API.
const STATUSES: [&str; 6] = ["Creating", "Waiting", "Available", "UnAvailable", "CreateFailed", "Deprecated"];

/// A comma list of statuses, or `ALL` alone, which is no filter.
#[derive(Debug, Clone, Copy)]
struct Statuses;

impl Kind for Statuses {
    type Value = String;

    fn describe(&self) -> String {
        format!("{}, several with commas between, or `ALL`", STATUSES.map(|status| format!("`{status}`")).join(", "))
    }

    fn read(&self, text: &str) -> Option<String> {
        if text == "ALL" {
            return Some(String::new());
        }
        let words: Vec<&str> = text.split(',').map(str::trim).collect();
        words.iter().all(|word| STATUSES.contains(word)).then(|| words.join(","))
    }
}

pub(crate) struct DescribeImages {
    filter: ImageFilter,
    /// Whether such are asked for as there may be: no image is the system's, the market's or everybody's.
    may_be: bool,
    page: PageRequest,
    number: u32,
    size: u32,
}

impl EcsCall for DescribeImages {
    const SPEC: &'static Spec = &row(
        "DescribeImages",
        "ecs:DescribeImages",
        "image/*",
        &[
            &REGION_ID,
            &IMAGE_IDS,
            &IMAGE_NAME,
            &STATUS,
            &OWNER_ALIAS,
            &IMAGE_FAMILY,
            &SNAPSHOT_ID,
            &OS_TYPE,
            &DRY_RUN,
            &ARCHITECTURE,
            &IS_PUBLIC,
            &TAG,
            &FILTER,
            &PAGE_NUMBER,
            &PAGE_SIZE,
            &OWNER_ID,
            &USAGE,
            &USABLE,
            &SEARCH,
            &ENCRYPTED,
            &SOURCE_IMAGE_ID,
            &SORT_BY,
            &ASCENDING,
            &Ignored("ActionType"),
            &Ignored("InstanceType"),
            &Ignored("IsSupportCloudinit"),
            &Ignored("IsSupportIoOptimized"),
            &Ignored("ShowExpired"),
            &Ignored("ResourceGroupId"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (page, number, size) = page(parameters)?;
        let mut filter = ImageFilter {
            statuses: STATUS.read(parameters)?.unwrap_or_else(|| "Available".to_owned()),
            ids: IMAGE_IDS.read(parameters)?.unwrap_or_default(),
            name_part: IMAGE_NAME.read(parameters)?.unwrap_or_default().trim_matches('*').to_owned(),
            family: IMAGE_FAMILY.read(parameters)?.unwrap_or_default(),
            snapshot_id: SNAPSHOT_ID.read(parameters)?.unwrap_or_default(),
            os_type: OS_TYPE.read(parameters)?.unwrap_or_default().to_owned(),
            architecture: ARCHITECTURE.read(parameters)?.unwrap_or_default().to_owned(),
            owner_id: OWNER_ID.read(parameters)?.map(|id| format!("{id:016}")).unwrap_or_default(),
            tags: tags(parameters)?,
            search: SEARCH.read(parameters)?.unwrap_or_default(),
            is_encrypted: ENCRYPTED.read(parameters)?,
            source_image_id: SOURCE_IMAGE_ID.read(parameters)?.unwrap_or_default(),
            order: order(parameters)?,
            ..ImageFilter::default()
        };
        for one in FILTER.read(parameters)? {
            read_filter(&mut filter, &one.key, &one.value)?;
        }
        filter.is_used = USAGE.read(parameters)?.map(|usage| usage == "instance");
        let alias = OWNER_ALIAS.read(parameters)?;
        filter.owner = match alias {
            Some("others") => ImageOwner::Others,
            Some(_) => ImageOwner::Own,
            None => ImageOwner::Any,
        };
        let is_here = alias.is_none_or(|alias| alias == "self" || alias == "others");
        let mut may_be = is_here && IS_PUBLIC.read(parameters)? != Some(true);
        if let Some(usable) = USABLE.read(parameters)? {
            filter.statuses = of_usability(&filter.statuses, usable);
            may_be &= !filter.statuses.is_empty();
        }
        Ok(Self { filter, may_be, page, number, size })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "image/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let found = ecs.describe_images(&self.filter, self.page, permit, scope).await?;
        let (items, total) = if self.may_be { (found.items, found.total_count) } else { (Vec::new(), 0) };
        let images: Vec<Value> = items.iter().map(image).collect();
        Ok(json!({
            "Images": { "Image": images },
            "PageNumber": self.number,
            "PageSize": self.size,
            "RegionId": scope.region.as_str(),
            "TotalCount": total,
        }))
    }
}

fn order(parameters: &Parameters) -> Result<ImageOrder, Refusal> {
    let by = match SORT_BY.read(parameters)? {
        Some("ImageName") => ImageSort::Name,
        Some("Status") => ImageSort::Status,
        Some("Size") => ImageSort::Size,
        Some("Encrypted") => ImageSort::Encryption,
        _ => ImageSort::Created,
    };
    Ok(ImageOrder { by, is_ascending: ASCENDING.read(parameters)? == Some(true) })
}

/// Those of the statuses in which an image is usable, or in which it is not. `statuses`: empty for all.
fn of_usability(statuses: &str, usable: bool) -> String {
    let asked: Vec<&str> = if statuses.is_empty() { STATUSES.to_vec() } else { statuses.split(',').collect() };
    asked.into_iter().filter(|status| (*status == "Available") == usable).collect::<Vec<_>>().join(",")
}

/// Filters that speak of what is not known of an image here are without effect.
fn read_filter(filter: &mut ImageFilter, key: &str, value: &str) -> Result<(), Refusal> {
    let at = || time(value).ok_or_else(|| Refusal::new(&errors::ECS_FILTER, &["a time is written 2026-11-28T12:00Z"]));
    match key {
        "CreationStartTime" => filter.created_from = Some(at()?),
        "CreationEndTime" => filter.created_to = Some(at()?),
        "NetworkType" | "CpuOnlineUpgrade" | "CpuOnlineDowngrade" | "MemoryOnlineUpgrade" | "MemoryOnlineDowngrade" => {
        }
        _ => return Err(Refusal::new(&errors::ECS_FILTER, &["the key is not one of the API's"])),
    }
    Ok(())
}
