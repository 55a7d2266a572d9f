//! Images that one account shares with another.

use serde_json::{Value, json};

use crate::calls::Client;
use crate::ecs_images::{ECS, REGION, import, until_available, with_disk};

const SHARE: &str = "ModifyImageSharePermission";

async fn images(client: &Client<'_>, alias: &str) -> Vec<Value> {
    let answer = client.done(ECS, "DescribeImages", &[REGION, ("ImageOwnerAlias", alias)]).await;
    answer["Images"]["Image"].as_array().unwrap().clone()
}

/// Shows a share from both sides: it is seen, copied within its region and no further, keeps its image from being deleted, and ends.
#[tokio::test]
async fn an_image_is_shared_seen_copied_and_taken_back() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let id = import(&root).await;
    let (friend_id, key, secret) = running.services.another_account("friend").await;
    let friend = Client::new(&running, "friend", &key, &secret, None);
    let of_image = [REGION, ("ImageId", id.as_str())];
    let not_there = (404, "InvalidImageId.NotFound".to_owned());
    assert_eq!(friend.code(ECS, "CopyImage", &of_image).await, not_there);
    let share = [&of_image[..], &[("AddAccount.1", friend_id.as_str())]].concat();
    for _ in 0..2 {
        root.done(ECS, SHARE, &share).await;
    }
    let shown = root.done(ECS, "DescribeImageSharePermission", &of_image).await;
    assert_eq!(
        (&shown["ImageId"], &shown["RegionId"], &shown["TotalCount"]),
        (&json!(id), &json!("cn-hangzhou"), &json!(1))
    );
    let account = &shown["Accounts"]["Account"][0];
    assert_eq!(account["AliyunId"], json!(friend_id));
    assert!(account["SharedTime"].as_str().is_some_and(|time| time.ends_with('Z')), "{account}");
    assert_eq!(images(&root, "self").await[0]["IsSelfShared"], "True");
    assert_eq!(images(&root, "others").await, [json!(null); 0]);
    let seen = images(&friend, "others").await;
    assert_eq!((&seen[0]["ImageId"], &seen[0]["ImageOwnerAlias"]), (&json!(id), &json!("others")));
    assert_eq!((&seen[0]["Tags"]["Tag"], &seen[0]["Reseal"]), (&json!([]), &json!({})), "the owner's affairs");
    assert_eq!(images(&friend, "self").await, [json!(null); 0]);
    let across = [&of_image[..], &[("DestinationRegionId", "cn-shanghai")]].concat();
    assert_eq!(friend.code(ECS, "CopyImage", &across).await, (403, "OperationDenied.SameRegionOnly".to_owned()));
    for (action, wanted) in [("DeleteImage", not_there.clone()), (SHARE, not_there.clone())] {
        assert_eq!(friend.code(ECS, action, &of_image).await, wanted, "{action} is the owner's");
    }
    let copied = friend.done(ECS, "CopyImage", &of_image).await;
    let copy = copied["ImageId"].as_str().unwrap();
    until_available(&friend, copy).await;
    let shared = (403, "ImageUseShared".to_owned());
    assert_eq!(root.code(ECS, "DeleteImage", &of_image).await, shared);
    let deprecate = [&of_image[..], &[("Status", "Deprecated")]].concat();
    assert_eq!(root.code(ECS, "ModifyImageAttribute", &deprecate).await, shared);
    root.done(ECS, SHARE, &[&of_image[..], &[("RemoveAccount.1", friend_id.as_str())]].concat()).await;
    assert_eq!(images(&friend, "others").await, [json!(null); 0]);
    assert_eq!(friend.code(ECS, "CopyImage", &of_image).await, not_there);
    root.done(ECS, SHARE, &share).await;
    root.done(ECS, "DeleteImage", &[&of_image[..], &[("Force", "true")]].concat()).await;
    let left = images(&friend, "self").await;
    assert_eq!((left.len(), &left[0]["ImageId"], &left[0]["Status"]), (1, &json!(copy), &json!("Available")));
}

/// Shows the code of every refusal, and that a call which is refused for one account adds none.
#[tokio::test]
async fn what_is_not_shared_is_refused() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let plain = import(&root).await;
    let copied = root.done(ECS, "CopyImage", &[REGION, ("ImageId", &plain), ("Encrypted", "true")]).await;
    let sealed = copied["ImageId"].as_str().unwrap().to_owned();
    until_available(&root, &sealed).await;
    let (friend, _, _) = running.services.another_account("friend").await;
    let add = ("AddAccount.1", friend.as_str());
    for (image, more, status, code) in [
        ("m-nothing", vec![add], 404, "InvalidImageId.NotFound"),
        (&sealed, vec![add], 403, "OperationDeined.EncryptedSnapshot"),
        (&plain, vec![add, ("AddAccount.2", crate::memory::ACCOUNT)], 404, "InvalidAccount.Forbbiden"),
        (&plain, vec![add, ("AddAccount.2", "9999999999999999")], 404, "InvalidAccount.NotFound"),
        (&plain, vec![add, ("AddAccount.2", "no account")], 404, "InvalidAccount.NotFound"),
        (&plain, vec![("IsPublic", "true")], 400, "InvalidParameter.NotSupported"),
    ] {
        let call = [&[REGION, ("ImageId", image)], &more[..]].concat();
        assert_eq!(root.code(ECS, SHARE, &call).await, (status, code.to_owned()), "{call:?}");
    }
    let shown = root.done(ECS, "DescribeImageSharePermission", &[REGION, ("ImageId", &plain)]).await;
    assert_eq!(shown["TotalCount"], 0);
}
