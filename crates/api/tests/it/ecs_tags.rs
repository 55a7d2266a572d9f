//! Tags of images and snapshots.

use serde_json::{Value, json};

use crate::calls::Client;
use crate::ecs_images::{ECS, REGION, image, import, with_disk};

/// The tags that a list shows, as `id key=value`.
async fn listed(root: &Client<'_>, more: &[(&str, &str)]) -> (Vec<String>, String) {
    let answer = root.done(ECS, "ListTagResources", &[&[REGION], more].concat()).await;
    let rows = answer["TagResources"]["TagResource"].as_array().unwrap().iter();
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    let row = |row| format!("{} {}={}", text(row, "ResourceId"), text(row, "TagKey"), text(row, "TagValue"));
    (rows.map(row).collect(), answer["NextToken"].as_str().unwrap().to_owned())
}

/// Shows that tags come and go on both kinds, and are found by name, by value and by several values.
#[tokio::test]
async fn tags_come_and_go() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let id = import(&root).await;
    let snapshot = image(&root, &id).await["DiskDeviceMappings"]["DiskDeviceMapping"][0]["SnapshotId"].clone();
    let (image_kind, snapshot_kind) = (("ResourceType", "image"), ("ResourceType", "snapshot"));
    for (kind, id) in [(image_kind, id.as_str()), (snapshot_kind, snapshot.as_str().unwrap())] {
        let tags = [("Tag.1.Key", "team"), ("Tag.1.Value", "red"), ("Tag.2.Key", "old")];
        root.done(ECS, "TagResources", &[&[REGION, kind, ("ResourceId.1", id)], &tags[..]].concat()).await;
        let both = vec![format!("{id} old="), format!("{id} team=red")];
        let one = ("ResourceId.1", id);
        for more in [
            vec![kind],
            vec![kind, one],
            vec![kind, ("Tag.1.Key", "team"), ("Tag.1.Value", "red")],
            vec![
                kind,
                one,
                ("TagFilter.1.TagKey", "team"),
                ("TagFilter.1.TagValues.1", "x"),
                ("TagFilter.1.TagValues.2", "red"),
            ],
            vec![kind, ("TagFilter.1.TagKey", "old")],
        ] {
            assert_eq!(listed(&root, &more).await, (both.clone(), String::new()), "{more:?}");
        }
        assert_eq!(listed(&root, &[kind, ("Tag.1.Key", "team"), ("Tag.1.Value", "blue")]).await.0, [""; 0]);
        root.done(ECS, "UntagResources", &[REGION, kind, one, ("TagKey.1", "old"), ("TagKey.2", "none")]).await;
        assert_eq!(listed(&root, &[kind]).await.0, [format!("{id} team=red")]);
        root.done(ECS, "UntagResources", &[REGION, kind, one, ("All", "true")]).await;
        assert_eq!(listed(&root, &[kind]).await.0, [""; 0]);
    }
    assert_eq!(image(&root, &id).await["Tags"], json!({ "Tag": [] }));
}

/// Shows that a long list goes on where it ended, once and without a gap.
#[tokio::test]
async fn a_long_list_has_pages() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let id = import(&root).await;
    let mut ids = vec![id.clone()];
    for _ in 0..2 {
        let copied = root.done(ECS, "CopyImage", &[REGION, ("ImageId", &id)]).await;
        ids.push(copied["ImageId"].as_str().unwrap().to_owned());
    }
    let names: Vec<(String, String)> = (1..=20).map(|n| (format!("Tag.{n}.Key"), format!("key-{n:02}"))).collect();
    let kind = ("ResourceType", "image");
    root.done(ECS, "UntagResources", &[REGION, kind, ("ResourceId.1", &id), ("All", "true")]).await;
    let numbered: Vec<(String, &String)> = (1..).zip(&ids).map(|(n, id)| (format!("ResourceId.{n}"), id)).collect();
    let mut call = vec![REGION, kind];
    call.extend(numbered.iter().map(|(name, id)| (name.as_str(), id.as_str())));
    call.extend(names.iter().map(|(name, key)| (name.as_str(), key.as_str())));
    root.done(ECS, "TagResources", &call).await;
    let (first, token) = listed(&root, &[kind]).await;
    assert_eq!((first.len(), token.is_empty()), (50, false));
    let (rest, end) = listed(&root, &[kind, ("NextToken", &token)]).await;
    assert_eq!((rest.len(), end.as_str()), (10, ""));
    let all: std::collections::BTreeSet<String> = first.into_iter().chain(rest).collect();
    assert_eq!(all.len(), 60);
    let more = [REGION, kind, ("ResourceId.1", id.as_str()), ("Tag.1.Key", "one-more")];
    assert_eq!(root.code(ECS, "TagResources", &more).await, (403, "QuotaExceed.Tags".to_owned()));
}

/// Shows the code of every refusal, and that a call which is refused for one resource changes none.
#[tokio::test]
async fn tags_that_break_a_rule_are_refused() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let id = import(&root).await;
    let (image, tag) = (("ResourceType", "image"), ("Tag.1.Key", "team"));
    let of = ("ResourceId.1", id.as_str());
    let long = "x".repeat(129);
    let many: Vec<(String, String)> = (1..=51).map(|n| (format!("ResourceId.{n}"), format!("m-{n}"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, id)| (name.as_str(), id.as_str())).collect();
    let tags: Vec<(String, String)> = (1..=21).map(|n| (format!("Tag.{n}.Key"), format!("k{n}"))).collect();
    let tags: Vec<(&str, &str)> = tags.iter().map(|(name, key)| (name.as_str(), key.as_str())).collect();
    for (call, status, code) in [
        (vec![("ResourceType", "keypair"), of, tag], 404, "InvalidResourceType.NotFound"),
        (vec![of, tag], 404, "MissingParameter.ResourceType"),
        (vec![image, of], 404, "MissingParameter.Tags"),
        (vec![image, tag], 400, "MissingParameter"),
        (vec![image, of, ("Tag.1.Key", "acs:x")], 400, "InvalidTagKey.Malformed"),
        (vec![image, of, ("Tag.1.Key", &long)], 400, "InvalidTagKey.Malformed"),
        (vec![image, of, tag, ("Tag.1.Value", &long)], 400, "InvalidTagValue.Malformed"),
        (vec![image, of, tag, ("Tag.2.Key", "team")], 400, "Duplicate.TagKey"),
        ([&[image, tag], &many[..]].concat(), 400, "NumberExceed.ResourceIds"),
        ([&[image, of], &tags[..]].concat(), 400, "NumberExceed.Tags"),
        (vec![image, of, ("ResourceId.2", "m-nothing"), ("Tag.1.Key", "new")], 404, "InvalidResourceId.NotFound"),
        (vec![("ResourceType", "snapshot"), of, tag], 404, "InvalidResourceId.NotFound"),
    ] {
        let call = [&[REGION], &call[..]].concat();
        assert_eq!(root.code(ECS, "TagResources", &call).await, (status, code.to_owned()), "{call:?}");
    }
    assert_eq!(listed(&root, &[image]).await.0, [format!("{id} team=blue")]);
}
