//! Snapshots as an image's disks show them, and images that are made from them.

use api::Keys;
use catalog::{DiskContent, Scope, SnapshotRecord, Timestamp};
use serde_json::{Value, json};

use crate::calls::Client;
use crate::ecs_images::{ECS, REGION, image, import, until_available, with_disk};

async fn snapshot_of(root: &Client<'_>, id: &str) -> String {
    let found = image(root, id).await;
    found["DiskDeviceMappings"]["DiskDeviceMapping"][0]["SnapshotId"].as_str().unwrap().to_owned()
}

async fn snapshots(root: &Client<'_>, more: &[(&str, &str)]) -> Vec<Value> {
    let answer = root.done(ECS, "DescribeSnapshots", &[&[REGION], more].concat()).await;
    answer["Snapshots"]["Snapshot"].as_array().unwrap().clone()
}

/// A plain image and a copy of it under the service key.
async fn pair(root: &Client<'_>) -> (String, String) {
    let plain = import(root).await;
    let copied = root.done(ECS, "CopyImage", &[REGION, ("ImageId", &plain), ("Encrypted", "true")]).await;
    let sealed = copied["ImageId"].as_str().unwrap().to_owned();
    until_available(root, &sealed).await;
    (plain, sealed)
}

/// Shows that a snapshot says which key its disk is under, that every filter counts, and that pages go on by token.
#[tokio::test]
async fn the_key_of_an_image_is_read_at_its_snapshot() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (plain, sealed) = pair(&root).await;
    let (plain, sealed) = (snapshot_of(&root, &plain).await, snapshot_of(&root, &sealed).await);
    let service = root.done("2016-01-20", "DescribeKey", &[("KeyId", "alias/acs/ecs")]).await;
    let service = service["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let found = snapshots(&root, &[("Encrypted", "true")]).await;
    let shown = &found[0];
    for (field, wanted) in [
        ("SnapshotId", json!(sealed)),
        ("Encrypted", json!(true)),
        ("KMSKeyId", json!(service)),
        ("Status", json!("accomplished")),
        ("Progress", json!("100%")),
        ("RemainTime", json!(0)),
        ("SourceDiskSize", json!("1")),
        ("SourceDiskType", json!("system")),
        ("Usage", json!("image")),
        ("SnapshotType", json!("user")),
        ("RegionId", json!("cn-hangzhou")),
    ] {
        assert_eq!(shown[field], wanted, "{field}: {shown}");
    }
    assert!(shown["FullSnapshotSizeInBytes"].as_u64().is_some_and(|bytes| bytes > 0), "{shown}");
    let ids = format!("[\"{plain}\",\"s-nothing\"]");
    let other = "01234567-89ab-4cde-8f01-23456789abcd";
    for (filter, wanted) in [
        (vec![("Encrypted", "false")], vec![&plain]),
        (vec![("KMSKeyId", service.as_str())], vec![&sealed]),
        (vec![("KMSKeyId", other)], vec![]),
        (vec![("SnapshotIds", ids.as_str())], vec![&plain]),
        (vec![("Status", "failed")], vec![]),
        (vec![("Usage", "none")], vec![]),
        (vec![("SnapshotType", "auto")], vec![]),
        (vec![("SourceDiskType", "data")], vec![]),
    ] {
        let found = snapshots(&root, &filter).await;
        let found: Vec<&str> = found.iter().map(|one| one["SnapshotId"].as_str().unwrap()).collect();
        assert_eq!(found, wanted, "{filter:?}");
    }
    let first = root.done(ECS, "DescribeSnapshots", &[REGION, ("MaxResults", "1")]).await;
    let token = first["NextToken"].as_str().unwrap();
    let next = root.done(ECS, "DescribeSnapshots", &[REGION, ("MaxResults", "1"), ("NextToken", token)]).await;
    assert_eq!(next["NextToken"], "");
    assert_ne!(first["Snapshots"]["Snapshot"][0]["SnapshotId"], next["Snapshots"]["Snapshot"][0]["SnapshotId"]);
}

/// Shows that an image from a snapshot is Available at once under the same key, that the key knows of it, and that the bytes stay as
/// long as one image has them.
#[tokio::test]
async fn an_image_is_made_from_a_snapshot() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (_, sealed) = pair(&root).await;
    let snapshot = snapshot_of(&root, &sealed).await;
    let disk = [
        ("DiskDeviceMapping.1.SnapshotId", snapshot.as_str()),
        ("DiskDeviceMapping.1.DiskType", "system"),
        ("DiskDeviceMapping.1.Size", "1"),
    ];
    let call = [&[REGION, ("ImageName", "made"), ("ImageFamily", "base"), ("ClientToken", "t1")], &disk[..]].concat();
    let made = root.done(ECS, "CreateImage", &call).await["ImageId"].as_str().unwrap().to_owned();
    assert_eq!(root.done(ECS, "CreateImage", &call).await["ImageId"], json!(made), "the token makes nothing new");
    let shown = image(&root, &made).await;
    assert_eq!(
        (&shown["Status"], &shown["Progress"], &shown["ImageFamily"]),
        (&json!("Available"), &json!("100%"), &json!("base"))
    );
    let source = image(&root, &sealed).await;
    let key = |image: &Value| image["Reseal"]["Disks"]["Disk"][0]["KMSKeyId"].clone();
    assert_eq!(
        (shown["DiskDeviceMappings"]["DiskDeviceMapping"][0]["Encrypted"].clone(), key(&shown)),
        (json!(true), key(&source))
    );
    root.done(ECS, "DeleteImage", &[REGION, ("ImageId", &sealed)]).await;
    let delete = [("SnapshotId", snapshot.as_str())];
    let refused = root.call(ECS, "DeleteSnapshot", &delete).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "SnapshotCreatedImage"), "{}", refused.body);
    assert!(refused.body.contains(&made), "it says which image: {}", refused.body);
    let copied = root.done(ECS, "CopyImage", &[REGION, ("ImageId", &made)]).await;
    let copy = copied["ImageId"].as_str().unwrap();
    until_available(&root, copy).await;
    assert_eq!(key(&image(&root, copy).await), key(&source), "it can be copied when its first image is gone");
    for id in [made.as_str(), copy] {
        root.done(ECS, "DeleteImage", &[REGION, ("ImageId", id)]).await;
    }
    assert_eq!(snapshots(&root, &[("Encrypted", "true")]).await.len(), 0, "it went with the last image that had it");
    root.done(ECS, "DeleteSnapshot", &delete).await;
}

/// Shows the code of every refusal.
#[tokio::test]
async fn what_makes_no_image_is_refused() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let plain = import(&root).await;
    let snapshot = snapshot_of(&root, &plain).await;
    let id = ("DiskDeviceMapping.1.SnapshotId", snapshot.as_str());
    for (call, status, code) in [
        (vec![], 400, "MissingParameter"),
        (vec![("InstanceId", "i-1")], 404, "InvalidInstanceId.NotFound"),
        (vec![("SnapshotId", "s-nothing")], 404, "InvalidSnapshotId.NotFound"),
        (vec![("SnapshotId", &snapshot), ("ImageName", "golden-1")], 400, "InvalidImageName.Duplicated"),
        (vec![("SnapshotId", &snapshot), ("ImageName", "1")], 400, "InvalidImageName.Malformed"),
        (vec![("SnapshotId", &snapshot), ("Description", "http://x")], 400, "InvalidDescription.Malformed"),
        (vec![id, ("DiskDeviceMapping.1.Size", "2")], 400, "InvalidSize.ValueNotSupported"),
        (vec![id, ("DiskDeviceMapping.1.Device", "sda")], 400, "InvalidDevice.Malformed"),
        (vec![id, ("DiskDeviceMapping.1.DiskType", "data")], 400, "InvalidParameter.SystemDisk"),
        (vec![("SnapshotId", &snapshot), ("DryRun", "true")], 400, "DryRunOperation"),
    ] {
        let call = [&[REGION], &call[..]].concat();
        assert_eq!(root.code(ECS, "CreateImage", &call).await, (status, code.to_owned()), "{call:?}");
    }
    for (call, status, code) in [
        (("SnapshotIds", "s-1"), 403, "InvalidSnapshotIds.Malformed"),
        (("Status", "gone"), 404, "InvalidStatus.NotFound"),
        (("SnapshotType", "odd"), 404, "InvalidSnapshotType.NotFound"),
        (("SourceDiskType", "odd"), 404, "InvalidSourceDiskType"),
        (("Usage", "odd"), 404, "InvalidUsage"),
    ] {
        assert_eq!(root.code(ECS, "DescribeSnapshots", &[REGION, call]).await, (status, code.to_owned()), "{call:?}");
    }
}

/// Shows that a snapshot that no image has is shown as such, and is deleted with its tags, from whatever region the call is sent to.
#[tokio::test]
async fn a_snapshot_that_no_image_has_is_deleted() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let elsewhere = ("RegionId", "cn-shanghai");
    let alone = SnapshotRecord {
        id: "s-alone".to_owned(),
        scope: Scope { account: crate::memory::ACCOUNT.parse().unwrap(), region: elsewhere.1.parse().unwrap() },
        name: "alone".to_owned(),
        description: String::new(),
        status: "accomplished".to_owned(),
        disk_type: "data".to_owned(),
        image_id: String::new(),
        source_disk_id: "d-1".to_owned(),
        content: DiskContent::default(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    };
    let mut write = running.services.kms().catalog().write().await.unwrap();
    write.snapshot_insert(&alone).await.unwrap();
    write.commit().await.unwrap();
    let of = [elsewhere, ("ResourceType", "snapshot")];
    let tag = [&of[..], &[("ResourceId.1", "s-alone"), ("Tag.1.Key", "team")]].concat();
    root.done(ECS, "TagResources", &tag).await;
    let listed = async |more| root.done(ECS, "DescribeSnapshots", &[elsewhere, more]).await["TotalCount"].clone();
    assert_eq!((listed(("Usage", "none")).await, listed(("Tag.1.Key", "team")).await), (json!(1), json!(1)));
    root.done(ECS, "DeleteSnapshot", &[("SnapshotId", "s-alone")]).await;
    assert_eq!(listed(("Usage", "none")).await, json!(0));
    assert_eq!(root.done(ECS, "ListTagResources", &of).await["TagResources"]["TagResource"], json!([]));
}
