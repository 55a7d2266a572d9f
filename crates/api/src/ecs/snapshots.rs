//! `DescribeSnapshots` and `DeleteSnapshot`. Source: ecs-images.md 7.

use ::ecs::{DescribedSnapshot, Ecs, EcsError, SnapshotFilter};
use catalog::Tag;
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::paging::{MAX_RESULTS, NEXT_TOKEN, Paging};
use super::parameters::{JsonIdentifiers, PAGE_NUMBER, PAGE_SIZE, REGION_ID, TAG, tags, time, written};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Ignored, Name, OneOf, Optional, Parameters, Required, Tags, Text};
use crate::services::Need;

const SNAPSHOT_ID: Required<Name> = Required::new("SnapshotId", Name { length: (1, 64), also: "-" });
const SNAPSHOT_IDS: Optional<JsonIdentifiers> =
    Optional::new("SnapshotIds", JsonIdentifiers).or(&errors::ECS_SNAPSHOT_IDS);
const DISK_ID: Optional<Name> = Optional::new("DiskId", Name { length: (1, 64), also: "-" });
const ENCRYPTED: Optional<Flag> = Optional::new("Encrypted", Flag);
const KMS_KEY_ID: Optional<Text> = Optional::new("KMSKeyId", Text { length: (1, 512) });
const STATUS: Optional<OneOf> =
    Optional::new("Status", OneOf(&["progressing", "accomplished", "failed", "all"])).or(&errors::ECS_SNAPSHOT_STATUS);
const SNAPSHOT_TYPE: Optional<OneOf> =
    Optional::new("SnapshotType", OneOf(&["auto", "user", "all"])).or(&errors::ECS_SNAPSHOT_TYPE);
const SOURCE_DISK_TYPE: Optional<OneOf> =
    Optional::new("SourceDiskType", OneOf(&["system", "data"])).or(&errors::ECS_SOURCE_DISK_TYPE);
const USAGE: Optional<OneOf> =
    Optional::new("Usage", OneOf(&["image", "disk", "image_disk", "none"])).or(&errors::ECS_USAGE);
const SNAPSHOT_NAME: Optional<Text> = Optional::new("SnapshotName", Text { length: (1, 128) });
const FILTER: Tags = Tags { name: "Filter", items_max: 1 };

const GIB: u64 = 1 << 30;

pub(crate) struct DescribeSnapshots {
    filter: SnapshotFilter,
    tags: Vec<Tag>,
    /// Whether such are asked for as there may be: none is automatic, and none is used by a disk.
    may_be: bool,
    paging: Paging,
}

impl EcsCall for DescribeSnapshots {
    const SPEC: &'static Spec = &row(
        "DescribeSnapshots",
        "ecs:DescribeSnapshots",
        "snapshot/*",
        &[
            &REGION_ID,
            &SNAPSHOT_IDS,
            &DISK_ID,
            &ENCRYPTED,
            &KMS_KEY_ID,
            &STATUS,
            &SNAPSHOT_TYPE,
            &SOURCE_DISK_TYPE,
            &USAGE,
            &SNAPSHOT_NAME,
            &TAG,
            &FILTER,
            &MAX_RESULTS,
            &NEXT_TOKEN,
            &PAGE_NUMBER,
            &PAGE_SIZE,
            &Ignored("InstanceId"),
            &Ignored("SnapshotLinkId"),
            &Ignored("Category"),
            &Ignored("ResourceGroupId"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let status = STATUS.read(parameters)?.filter(|status| *status != "all");
        let filter = SnapshotFilter {
            ids: SNAPSHOT_IDS.read(parameters)?.unwrap_or_default(),
            status: status.unwrap_or_default().to_owned(),
            encrypted: ENCRYPTED.read(parameters)?,
            key_id: KMS_KEY_ID.read(parameters)?.unwrap_or_default(),
            disk_type: SOURCE_DISK_TYPE.read(parameters)?.unwrap_or_default().to_owned(),
            usage: USAGE.read(parameters)?.unwrap_or_default().to_owned(),
            name: SNAPSHOT_NAME.read(parameters)?.unwrap_or_default(),
            disk_id: DISK_ID.read(parameters)?.unwrap_or_default(),
            created_from: created_from(parameters)?,
        };
        let may_be = SNAPSHOT_TYPE.read(parameters)? != Some("auto");
        Ok(Self { filter, tags: tags(parameters)?, may_be, paging: Paging::read(parameters)? })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "snapshot/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let found = ecs.describe_snapshots(&self.filter, &self.tags, self.paging.request, permit, scope).await?;
        let (items, total) = if self.may_be { (found.items, found.total_count) } else { (Vec::new(), 0) };
        Ok(self.paging.answer("Snapshots", "Snapshot", items.iter().map(snapshot).collect(), total))
    }
}

fn created_from(parameters: &Parameters) -> Result<Option<catalog::Timestamp>, Refusal> {
    let Some(filter) = FILTER.read(parameters)?.pop() else { return Ok(None) };
    let refused = |why| Refusal::new(&errors::ECS_FILTER, &[why]);
    if filter.key != "CreationStartTime" {
        return Err(refused("the key is not one of the API's"));
    }
    time(&filter.value).map(Some).ok_or_else(|| refused("a time is written 2026-11-28T12:00Z"))
}

fn snapshot(described: &DescribedSnapshot) -> Value {
    let DescribedSnapshot { snapshot, is_of_image, progress, stored_bytes, tags } = described;
    let tags: Vec<Value> = tags.iter().map(|tag| json!({ "TagKey": tag.key, "TagValue": tag.value })).collect();
    let content = &snapshot.content;
    json!({
        "SnapshotId": snapshot.id,
        "SnapshotName": snapshot.name,
        "Description": snapshot.description,
        "Status": snapshot.status,
        "Progress": format!("{}%", progress.0),
        "RemainTime": progress.1,
        "Encrypted": content.key_id.is_some(),
        "KMSKeyId": content.key_id.map(|key| key.to_string()).unwrap_or_default(),
        "SourceDiskId": snapshot.source_disk_id,
        "SourceDiskSize": content.virtual_bytes.div_ceil(GIB).to_string(),
        "SourceDiskType": snapshot.disk_type,
        "SourceSnapshotId": "",
        "SourceRegionId": "",
        "RegionId": snapshot.scope.region.as_str(),
        "FullSnapshotSizeInBytes": stored_bytes,
        "Usage": if *is_of_image { "image" } else { "none" },
        "Available": snapshot.status == "accomplished",
        "Category": "standard",
        "CreationTime": written(snapshot.created_at),
        "LastModifiedTime": written(snapshot.updated_at),
        "SnapshotType": "user",
        "SnapshotLinkId": "",
        "SnapshotSN": snapshot.id,
        "SourceStorageType": "disk",
        "ProductCode": "",
        "InstantAccess": false,
        "ResourceGroupId": "",
        "Tags": { "Tag": tags },
    })
}

pub(crate) struct DeleteSnapshot(String);

impl EcsCall for DeleteSnapshot {
    const SPEC: &'static Spec =
        &row("DeleteSnapshot", "ecs:DeleteSnapshot", "snapshot/<id>", &[&SNAPSHOT_ID, &Ignored("Force")]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(SNAPSHOT_ID.read(parameters)?))
    }

    async fn needs(&self, ecs: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        let scope = ecs.scope_of_snapshot(&self.0, scope).await?;
        Ok(vec![need(Self::SPEC, &scope, &format!("snapshot/{}", self.0))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.delete_snapshot(&self.0, permit, scope).await?;
        Ok(Value::Null)
    }
}
