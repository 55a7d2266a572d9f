//! Key pairs: the private half is answered once and nowhere kept; names, pages and refusals.

use serde_json::{Value, json};

use crate::calls::{Client, start};
use crate::ecs_images::{ECS, REGION};

const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

async fn listed(root: &Client<'_>, more: &[(&str, &str)]) -> Vec<String> {
    let answer = root.done(ECS, "DescribeKeyPairs", &[&[REGION], more].concat()).await;
    let pairs = answer["KeyPairs"]["KeyPair"].as_array().unwrap();
    pairs.iter().map(|pair| pair["KeyPairName"].as_str().unwrap().to_owned()).collect()
}

/// Shows the exact answers of a pair's life, and that its name is free again at the end.
#[tokio::test]
async fn a_pair_is_made_shown_and_deleted() {
    let running = start().await;
    let root = Client::root(&running);
    let mut made = root.done(ECS, "CreateKeyPair", &[REGION, ("KeyPairName", "packer_1")]).await;
    let private = made["PrivateKeyBody"].take();
    let private = private.as_str().unwrap();
    assert!(private.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"), "a key that every SSH client reads");
    assert!(made["KeyPairId"].as_str().unwrap().starts_with("ssh-"));
    let shown = root.done(ECS, "DescribeKeyPairs", &[REGION]).await;
    let line = shown["KeyPairs"]["KeyPair"][0]["PublicKey"].as_str().unwrap().to_owned();
    assert!(line.starts_with("ssh-rsa AAAA"), "{line}");
    let wanted = json!({
        "KeyPairs": { "KeyPair": [{
            "KeyPairId": made["KeyPairId"],
            "KeyPairName": "packer_1",
            "KeyPairFingerPrint": made["KeyPairFingerPrint"],
            "PublicKey": line,
            "CreationTime": "2026-11-25T12:06Z",
            "ResourceGroupId": "",
            "Tags": { "Tag": [] },
        }] },
        "NextToken": "",
        "TotalCount": 1,
        "PageNumber": 1,
        "PageSize": 10,
        "RequestId": shown["RequestId"],
    });
    assert_eq!(shown, wanted);
    let again = root.code(ECS, "CreateKeyPair", &[REGION, ("KeyPairName", "packer_1")]).await;
    assert_eq!(again, (400, "KeyPair.AlreadyExist".to_owned()));
    let names = ("KeyPairNames", r#"["packer_1","never-there"]"#);
    root.done(ECS, "DeleteKeyPairs", &[REGION, names]).await;
    assert_eq!(listed(&root, &[]).await.len(), 0);
    root.done(ECS, "ImportKeyPair", &[REGION, ("KeyPairName", "packer_1"), ("PublicKeyBody", ED25519)]).await;
}

/// Shows that an imported pair has the fingerprint of RFC 4716, and that lists are filtered by name and fingerprint, and stay in their region.
#[tokio::test]
async fn pairs_are_imported_and_found() {
    let running = start().await;
    let root = Client::root(&running);
    for name in ["alpha-1", "alpha-2", "beta-1"] {
        let call = [REGION, ("KeyPairName", name), ("PublicKeyBody", ED25519)];
        let mut answer = root.done(ECS, "ImportKeyPair", &call).await;
        for unknown in ["RequestId", "KeyPairId"] {
            assert!(answer.as_object_mut().unwrap().remove(unknown).is_some());
        }
        // `ssh-keygen -l -E md5` says the same.
        let fingerprint = "0f:a2:0a:d7:38:3e:65:45:08:6b:63:84:1c:ff:dc:ba";
        assert_eq!(answer, json!({ "KeyPairName": name, "KeyPairFingerPrint": fingerprint }));
    }
    for (filter, wanted) in [
        (vec![], vec!["alpha-1", "alpha-2", "beta-1"]),
        (vec![("KeyPairName", "alpha-2")], vec!["alpha-2"]),
        (vec![("KeyPairName", "alpha*")], vec!["alpha-1", "alpha-2"]),
        (vec![("KeyPairName", "*-1")], vec!["alpha-1", "beta-1"]),
        (vec![("KeyPairFingerPrint", "00:11")], vec![]),
        (vec![("PageSize", "2"), ("PageNumber", "2")], vec!["beta-1"]),
    ] {
        assert_eq!(listed(&root, &filter).await, wanted, "{filter:?}");
    }
    let elsewhere: Value = root.done(ECS, "DescribeKeyPairs", &[("RegionId", "cn-shanghai")]).await;
    assert_eq!(elsewhere["TotalCount"], 0);
}

/// Shows the code of every refusal, and what an attachment to an instance that is not there is answered.
#[tokio::test]
async fn what_is_no_pair_is_refused() {
    let running = start().await;
    let root = Client::root(&running);
    root.done(ECS, "ImportKeyPair", &[REGION, ("KeyPairName", "there"), ("PublicKeyBody", ED25519)]).await;
    let body = ("PublicKeyBody", "ssh-dss AAAA");
    for (action, call, status, code) in [
        ("CreateKeyPair", vec![], 400, "MissingParameter"),
        ("CreateKeyPair", vec![("KeyPairName", "1")], 400, "InvalidKeyPairName.Malformed"),
        ("ImportKeyPair", vec![("KeyPairName", "new"), body], 400, "InvalidPublicKeyBody.Malformed"),
        ("DeleteKeyPairs", vec![("KeyPairNames", "there")], 400, "InvalidKeyPairNames.ValueNotSupported"),
        ("DeleteKeyPairs", vec![("KeyPairNames", "[]")], 400, "MissingParameter"),
        ("AttachKeyPair", vec![("KeyPairName", "there")], 400, "MissingParameter"),
        (
            "AttachKeyPair",
            vec![("KeyPairName", "there"), ("InstanceIds", "i-1")],
            400,
            "InvalidInstanceIds.ValueNotSupported",
        ),
        (
            "DetachKeyPair",
            vec![("KeyPairName", "gone"), ("InstanceIds", r#"["i-1"]"#)],
            404,
            "InvalidKeyPairName.NotFound",
        ),
        ("CreateKeyPair", vec![("KeyPairName", "new"), ("RegionId", "cn-beijing")], 404, "InvalidRegionId.NotFound"),
    ] {
        let region = if call.iter().any(|pair| pair.0 == "RegionId") { &[][..] } else { &[REGION][..] };
        let found = root.code(ECS, action, &[region, &call[..]].concat()).await;
        assert_eq!(found, (status, code.to_owned()), "{action} {call:?}");
    }
    let call = [REGION, ("KeyPairName", "there"), ("InstanceIds", r#"["i-1"]"#)];
    let mut answer = root.done(ECS, "AttachKeyPair", &call).await;
    answer.as_object_mut().unwrap().remove("RequestId");
    let result = json!({
        "InstanceId": "i-1",
        "Success": "false",
        "Code": "InvalidInstanceId.NotFound",
        "Message": "instance i-1 does not exist in region cn-hangzhou",
    });
    let wanted =
        json!({ "KeyPairName": "there", "TotalCount": "1", "FailCount": "1", "Results": { "Result": [result] } });
    assert_eq!(answer, wanted);
}
