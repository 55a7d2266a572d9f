//! `DescribeDisks`.

use ::ecs::{DescribedDisk, DiskFilter, Ecs, EcsError, Network};
use catalog::Tag;
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use crate::action::Spec;
use crate::ecs::action::{EcsCall, need, row};
use crate::ecs::paging::{MAX_RESULTS, NEXT_TOKEN, Paging};
use crate::ecs::parameters::{JsonIdentifiers, PAGE_NUMBER, PAGE_SIZE, REGION_ID, TAG, tags, written_to_the_minute};
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Ignored, Name, OneOf, Optional, Parameters, Text};
use crate::services::Need;

const ID: Name = Name { length: (1, 64), also: "-" };
const DISK_IDS: Optional<JsonIdentifiers> = Optional::new("DiskIds", JsonIdentifiers).or(&errors::ECS_DISK_IDS);
const INSTANCE_ID: Optional<Name> = Optional::new("InstanceId", ID);
const ENCRYPTED: Optional<Flag> = Optional::new("Encrypted", Flag);
const KMS_KEY_ID: Optional<Text> = Optional::new("KMSKeyId", Text { length: (1, 512) });
const SNAPSHOT_ID: Optional<Name> = Optional::new("SnapshotId", ID);
const STATUS: Optional<OneOf> =
    Optional::new("Status", OneOf(&["In_use", "Available", "Attaching", "Detaching", "Creating", "ReIniting", "All"]));
const DISK_TYPE: Optional<OneOf> = Optional::new("DiskType", OneOf(&["all", "system", "data"]));
const CATEGORY: Optional<Name> = Optional::new("Category", Name { length: (1, 64), also: "_" });
const DISK_NAME: Optional<Text> = Optional::new("DiskName", Text { length: (1, 128) });
const ZONE_ID: Optional<Name> = Optional::new("ZoneId", ID);

const GIB: u64 = 1 << 30;

pub(crate) struct DescribeDisks {
    filter: DiskFilter,
    tags: Vec<Tag>,
    zone_id: Option<String>,
    paging: Paging,
}

impl EcsCall for DescribeDisks {
    const SPEC: &'static Spec = &row(
        "DescribeDisks",
        "ecs:DescribeDisks",
        "disk/*",
        &[
            &REGION_ID,
            &DISK_IDS,
            &INSTANCE_ID,
            &ENCRYPTED,
            &KMS_KEY_ID,
            &SNAPSHOT_ID,
            &STATUS,
            &DISK_TYPE,
            &CATEGORY,
            &DISK_NAME,
            &ZONE_ID,
            &TAG,
            &PAGE_NUMBER,
            &PAGE_SIZE,
            &MAX_RESULTS,
            &NEXT_TOKEN,
            &Ignored("Portable"),
            &Ignored("DeleteWithInstance"),
            &Ignored("DiskChargeType"),
            &Ignored("ResourceGroupId"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let word = |word: Option<&'static str>, any| word.filter(|word| *word != any).unwrap_or_default().to_owned();
        let filter = DiskFilter {
            ids: DISK_IDS.read(parameters)?.unwrap_or_default(),
            instance_id: INSTANCE_ID.read(parameters)?.unwrap_or_default(),
            encrypted: ENCRYPTED.read(parameters)?,
            key_id: KMS_KEY_ID.read(parameters)?.unwrap_or_default(),
            snapshot_id: SNAPSHOT_ID.read(parameters)?.unwrap_or_default(),
            status: word(STATUS.read(parameters)?, "All"),
            disk_type: word(DISK_TYPE.read(parameters)?, "all"),
            category: CATEGORY.read(parameters)?.unwrap_or_default(),
            name: DISK_NAME.read(parameters)?.unwrap_or_default(),
        };
        let zone_id = ZONE_ID.read(parameters)?;
        Ok(Self { filter, tags: tags(parameters)?, zone_id, paging: Paging::read(parameters)? })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "disk/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let zone_id = Network::of(scope).zone_id;
        let found = ecs.describe_disks(&self.filter, &self.tags, self.paging.request, permit, scope).await?;
        if self.zone_id.is_some_and(|wanted| wanted != zone_id) {
            return Ok(self.paging.answer("Disks", "Disk", Vec::new(), 0));
        }
        let disks = found.items.iter().map(|disk| shown(disk, &zone_id)).collect();
        Ok(self.paging.answer("Disks", "Disk", disks, found.total_count))
    }
}

fn shown(described: &DescribedDisk, zone_id: &str) -> Value {
    let DescribedDisk { disk, tags, attached_at } = described;
    let tags: Vec<Value> = tags.iter().map(|tag| json!({ "TagKey": tag.key, "TagValue": tag.value })).collect();
    let attached_at = written_to_the_minute(*attached_at);
    json!({
        "DiskId": disk.id,
        "DiskName": disk.name,
        "Description": disk.description,
        "Type": if disk.position == 0 { "system" } else { "data" },
        "Category": disk.category,
        "Size": disk.virtual_bytes.div_ceil(GIB),
        "Status": disk.status,
        "Device": disk.device,
        "InstanceId": disk.instance_id,
        "ImageId": disk.image_id,
        "SourceSnapshotId": disk.snapshot_id,
        "Encrypted": disk.key_id.is_some(),
        "KMSKeyId": disk.key_id.map(|key| key.to_string()).unwrap_or_default(),
        "Attachments": { "Attachment": [{
            "InstanceId": disk.instance_id,
            "Device": disk.device,
            "AttachedTime": attached_at,
        }] },
        "AttachedTime": attached_at,
        "CreationTime": written_to_the_minute(disk.created_at),
        "ZoneId": zone_id,
        "RegionId": disk.scope.region.as_str(),
        "DeleteWithInstance": true,
        "DeleteAutoSnapshot": false,
        "EnableAutoSnapshot": false,
        "Portable": false,
        "MultiAttach": "Disabled",
        "DiskChargeType": "PostPaid",
        "ProductCode": "",
        "ResourceGroupId": "",
        "OperationLocks": { "OperationLock": [] },
        "Tags": { "Tag": tags },
        "Reseal": { "VirtualBytes": disk.virtual_bytes, "KMSKeyVersionId": disk.key_version_id.map(|id| id.to_string()).unwrap_or_default() },
    })
}
