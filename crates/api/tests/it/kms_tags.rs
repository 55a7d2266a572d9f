//! Tags of one key and of several.

use serde_json::json;

use crate::story::{Story, text};

/// Both forms of `TagKeys`, and the answer's exact form.
#[tokio::test]
async fn a_key_has_tags() {
    let story = Story::begin().await;
    let id = story.key_id().await;
    let tags = r#"[{"TagKey":"a","TagValue":"1"},{"TagKey":"b","TagValue":""},{"TagKey":"c","TagValue":"3"}]"#;
    story.ok("TagResource", &[("KeyId", &id), ("Tags", tags)]).await;
    story.ok("UntagResource", &[("KeyId", &id), ("TagKeys", r#"["a"]"#)]).await;
    let listed = story.ok("ListResourceTags", &[("KeyId", &id)]).await;
    let wanted = json!([
        {"KeyId": id, "TagKey": "b", "TagValue": ""},
        {"KeyId": id, "TagKey": "c", "TagValue": "3"},
    ]);
    assert_eq!(listed["Tags"]["Tag"], wanted);
    story.ok("UntagResource", &[("KeyId", &id), ("TagKeys", "b,c")]).await;
    assert_eq!(story.ok("ListResourceTags", &[("KeyId", &id)]).await["Tags"]["Tag"], json!([]));
    for tags in ["a", "[]x", r#"[{"TagKey":"a"},{"TagKey":"a"}]"#] {
        assert_eq!(
            story.refused("TagResource", &[("KeyId", &id), ("Tags", tags)]).await.1,
            "InvalidParameter",
            "{tags}"
        );
    }
    let secret = [("KeyId", id.as_str()), ("Tags", tags), ("SecretName", "s")];
    assert_eq!(story.refused("TagResource", &secret).await.1, "UnsupportedOperation");
}

/// Several keys are tagged together or not at all, and found by their tags.
#[tokio::test]
async fn several_keys_have_tags() {
    let story = Story::begin().await;
    let (one, two) = (story.key_id().await, story.key_id().await);
    let common = [("RegionId", "cn-hangzhou"), ("ResourceType", "key")];
    let of = |more: &[(&'static str, &str)]| -> Vec<(String, String)> {
        common.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let both = of(&[("ResourceId.1", &one), ("ResourceId.2", &two), ("Tag.1.Key", "a"), ("Tag.1.Value", "1")]);
    story.ok("TagResources", &borrowed(&both)).await;
    story.ok("TagResources", &borrowed(&of(&[("ResourceId.1", &two), ("Tag.1.Key", "b")]))).await;

    let listed = story.ok("ListTagResources", &borrowed(&of(&[("Tag.1.Key", "b")]))).await;
    let row =
        |key: &str, value: &str| json!({"ResourceId": two, "ResourceType": "key", "TagKey": key, "TagValue": value});
    assert_eq!(listed["TagResources"]["TagResource"], json!([row("a", "1"), row("b", "")]));
    assert_eq!(text(&listed["NextToken"]), "");
    for (call, rows) in [
        (&[("Tag.1.Key", "a"), ("Tag.1.Value", "1")][..], 3),
        (&[("Tag.1.Key", "a"), ("Tag.1.Value", "2")], 0),
        (&[("ResourceId.1", one.as_str())], 1),
        (&[("ResourceId.1", one.as_str()), ("Tag.1.Key", "b")], 0),
        (&[("ResourceId.1", two.as_str()), ("NextToken", "1")], 1),
    ] {
        let call: Vec<(String, String)> =
            common.iter().chain(call).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let listed = story.ok("ListTagResources", &borrowed(&call)).await;
        assert_eq!(listed["TagResources"]["TagResource"].as_array().unwrap().len(), rows, "{call:?}");
    }

    story.ok("ScheduleKeyDeletion", &[("KeyId", &two), ("PendingWindowInDays", "7")]).await;
    let both = of(&[("ResourceId.1", &one), ("ResourceId.2", &two), ("TagKey.1", "a")]);
    assert_eq!(story.refused("UntagResources", &borrowed(&both)).await.1, "Rejected.PendingDeletion");
    let listed = story.ok("ListTagResources", &borrowed(&of(&[("ResourceId.1", &one)]))).await;
    assert_eq!(listed["TagResources"]["TagResource"].as_array().unwrap().len(), 1);
    story.ok("UntagResources", &borrowed(&of(&[("ResourceId.1", &one), ("All", "true")]))).await;
    let listed = story.ok("ListTagResources", &borrowed(&of(&[("ResourceId.1", &one)]))).await;
    assert_eq!(listed["TagResources"]["TagResource"], json!([]));

    let mut elsewhere = of(&[("ResourceId.1", &one)]);
    elsewhere[0].1 = "cn-shanghai".to_owned();
    assert_eq!(story.refused("ListTagResources", &borrowed(&elsewhere)).await.1, "InvalidParameter");
    assert_eq!(story.refused("ListTagResources", &common).await.1, "MissingParameter");
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
