//! The life of a key over the wire: exact metadata, states, aliases, filters, pages; in JSON and XML.

use api::Keys;
use kms::{Scope, SealedImage};
use ram::Permit;
use serde_json::json;

use crate::backend::ROOT_KEY;
use crate::client::NOW;
use crate::memory::ACCOUNT;
use crate::signing::V1;
use crate::story::{KMS, Story, text};

/// All fields are texts, and those without a value are empty ones.
#[tokio::test]
async fn metadata_has_all_fields_as_texts() {
    let story = Story::begin().await;
    let made = story
        .key(&[
            ("Description", "gold <1>"),
            ("EnableAutomaticRotation", "True"),
            ("RotationInterval", "365d"),
            ("Tags", r#"[{"TagKey":"team","TagValue":"blue"}]"#),
        ])
        .await;
    let (id, version) = (text(&made["KeyId"]), text(&made["PrimaryKeyVersion"]));
    let mut wanted = json!({
        "Arn": format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{id}"),
        "AutomaticRotation": "Enabled",
        "CreationDate": "2026-11-25T12:06:44Z",
        "Creator": ACCOUNT,
        "DKMSInstanceId": "",
        "DeleteDate": "",
        "Description": "gold <1>",
        "KeyId": id,
        "KeySpec": "Aliyun_AES_256",
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT/DECRYPT",
        "LastRotationDate": "2026-11-25T12:06:44Z",
        "MaterialExpireTime": "",
        "NextRotationDate": "2027-11-25T12:06:44Z",
        "Origin": "Aliyun_KMS",
        "PrimaryKeyVersion": version,
        "ProtectionLevel": "SOFTWARE",
        "RotationInterval": "31536000s",
    });
    assert_eq!(made, wanted);
    wanted["DeletionProtection"] = "Disabled".into();
    wanted["DeletionProtectionDescription"] = "".into();
    assert_eq!(story.ok("DescribeKey", &[("KeyId", &id)]).await["KeyMetadata"], wanted);

    let xml = story.xml("DescribeKey", &[("KeyId", &id)]).await;
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><KMS><KeyMetadata><Arn>acs:kms:"), "{xml}");
    assert!(xml.contains("<Description>gold &lt;1&gt;</Description>") && xml.contains("<DeleteDate></DeleteDate>"));

    story.ok("DisableKey", &[("KeyId", &id)]).await;
    let disabled = story.ok("DescribeKey", &[("KeyId", &id)]).await;
    assert_eq!(disabled["KeyMetadata"]["AutomaticRotation"], "Suspended");
    assert_eq!(disabled["KeyMetadata"]["NextRotationDate"], "");
}

/// create → encrypt → disable → refused → enable → delete → refused → cancel; each refusal with the code of its state.
#[tokio::test]
async fn a_key_is_refused_by_its_state() {
    let story = Story::begin().await;
    let id = story.key_id().await;
    let encrypt = [("KeyId", id.as_str()), ("Plaintext", "aGVsbG8=")];
    let key = [("KeyId", id.as_str())];
    story.ok("Encrypt", &encrypt).await;
    story.ok("DisableKey", &key).await;
    let (status, code, message) = story.refused("Encrypt", &encrypt).await;
    assert_eq!((status, code.as_str()), (409, "Rejected.Disabled"));
    assert!(message.contains(&id) && message.contains("Disabled") && message.contains("enable"), "{message}");
    story.ok("EnableKey", &key).await;
    story.ok("Encrypt", &encrypt).await;
    let (status, code, _) = story.refused("CancelKeyDeletion", &key).await;
    assert_eq!((status, code.as_str()), (409, "Rejected.StateModifiedFailed"));

    for days in ["6", "367", "x"] {
        let (status, code, message) =
            story.refused("ScheduleKeyDeletion", &[key[0], ("PendingWindowInDays", days)]).await;
        assert_eq!((status, code.as_str()), (400, "InvalidParameter"));
        assert_eq!(message, "The specified parameter \"PendingWindowInDays\" is not valid.");
    }
    let protect = |on| [key[0], ("EnableDeletionProtection", on), ("DeletionProtectionDescription", "why")];
    story.ok("SetDeletionProtection", &protect("true")).await;
    let delete = [key[0], ("PendingWindowInDays", "7")];
    let (status, code, _) = story.refused("ScheduleKeyDeletion", &delete).await;
    assert_eq!((status, code.as_str()), (409, "Rejected.StateModifiedFailed"));
    assert_eq!(story.ok("DescribeKey", &key).await["KeyMetadata"]["DeletionProtectionDescription"], "why");
    let arn = format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{id}");
    story.ok("SetDeletionProtection", &[("ProtectedResourceArn", &arn), ("EnableDeletionProtection", "false")]).await;
    story.ok("ScheduleKeyDeletion", &delete).await;
    assert_eq!(story.ok("DescribeKey", &key).await["KeyMetadata"]["DeleteDate"], "2026-12-02T12:06:44Z");
    assert_eq!(story.refused("Encrypt", &encrypt).await.1, "Rejected.PendingDeletion");
    story.ok("CancelKeyDeletion", &key).await;
    story.ok("UpdateKeyDescription", &[key[0], ("Description", "")]).await;
    assert_eq!(story.ok("DescribeKey", &key).await["KeyMetadata"]["KeyState"], "Enabled");
}

/// A key with images under it is disabled and deleted only by force.
#[tokio::test]
async fn a_key_in_use_is_disabled_by_force() {
    let story = Story::begin().await;
    let key = story.key(&[]).await;
    let (id, version) = (text(&key["KeyId"]), text(&key["PrimaryKeyVersion"]));
    let image = SealedImage {
        image_id: "image".to_owned(),
        path: "/images/gold.qcow2".to_owned(),
        key_id: id.parse().unwrap(),
        key_version_id: version.parse().unwrap(),
        luks_uuid: "uuid".to_owned(),
        mk_digest: "00".to_owned(),
        envelope: "{}".to_owned(),
        mode: "encrypt".to_owned(),
    };
    let permit = Permit::for_local_operator(ACCOUNT.parse().unwrap(), NOW.parse().unwrap());
    let scope = Scope { account: ACCOUNT.parse().unwrap(), region: "cn-hangzhou".parse().unwrap() };
    story.running.services.kms().record_image(&image, &permit, &scope).await.unwrap();
    let window = ("PendingWindowInDays", "7");
    for (action, call) in
        [("DisableKey", vec![("KeyId", &*id)]), ("ScheduleKeyDeletion", vec![("KeyId", &*id), window])]
    {
        for force in [&[][..], &[("Force", "false")]] {
            let (status, code, message) = story.refused(action, &[&call[..], force].concat()).await;
            assert_eq!((status, code.as_str()), (409, "Rejected.StateModifiedFailed"));
            assert!(message.contains("/images/gold.qcow2") && message.contains(&id), "{message}");
        }
        story.ok(action, &[&call[..], &[("Force", "true")]].concat()).await;
    }
}

/// Whoever may do everything learns that a key is not there; so does a key of another region.
#[tokio::test]
async fn unknown_keys_are_not_found() {
    let story = Story::begin().await;
    let unknown = "01234567-89ab-4cde-8f01-23456789abcd";
    let arn = format!("acs:kms:cn-shanghai:{ACCOUNT}:key/{}", story.key_id().await);
    for key in [unknown, arn.as_str()] {
        let (status, code, message) = story.refused("DescribeKey", &[("KeyId", key)]).await;
        assert_eq!((status, code.as_str()), (404, "Forbidden.KeyNotFound"), "{message}");
        assert!(message.contains(key) && message.contains("cn-hangzhou"), "{message}");
    }
    let (status, code, _) = story.refused("DescribeKey", &[("KeyId", "alias/none")]).await;
    assert_eq!((status, code.as_str()), (404, "Forbidden.AliasNotFound"));
    let (status, code, _) = story.refused("DescribeKey", &[("KeyId", "none")]).await;
    assert_eq!((status, code.as_str()), (400, "InvalidParameter"));
}

/// An alias stands for its key where the API says so, and moves.
#[tokio::test]
async fn an_alias_stands_for_its_key() {
    let story = Story::begin().await;
    let (one, two) = (story.key_id().await, story.key_id().await);
    let alias = ("AliasName", "alias/gold");
    story.ok("CreateAlias", &[alias, ("KeyId", &one)]).await;
    assert_eq!(story.refused("CreateAlias", &[alias, ("KeyId", &two)]).await.1, "AliasAlreadyExists");
    assert_eq!(
        story.refused("CreateAlias", &[("AliasName", "alias/acs/x"), ("KeyId", &two)]).await.1,
        "InvalidParameter"
    );
    let by_alias = [("KeyId", "alias/gold"), ("Plaintext", "aGVsbG8=")];
    assert_eq!(story.ok("Encrypt", &by_alias).await["KeyId"], one.as_str());
    let (status, code, _) = story.refused("DisableKey", &[("KeyId", "alias/gold")]).await;
    assert_eq!((status, code.as_str()), (400, "Unsupported.Alias"));
    story.ok("UpdateAlias", &[alias, ("KeyId", &two)]).await;
    assert_eq!(story.ok("Encrypt", &by_alias).await["KeyId"], two.as_str());
    let wanted = json!({"Alias": [{
        "AliasName": "alias/gold", "AliasArn": format!("acs:kms:cn-hangzhou:{ACCOUNT}:alias/gold"), "KeyId": two,
    }]});
    let listed = story.ok("ListAliases", &[]).await;
    assert_eq!((&listed["Aliases"], &listed["TotalCount"], &listed["PageSize"]), (&wanted, &json!(1), &json!(10)));
    assert_eq!(story.ok("ListAliasesByKeyId", &[("KeyId", &one)]).await["TotalCount"], 0);
    story.ok("CreateAlias", &[("AliasName", "alias/second"), ("KeyId", &two)]).await;
    for (keys, wanted) in [(json!([one]), json!([])), (json!([one, two]), wanted["Alias"].clone())] {
        let named = story.ok("ListAliases", &[("KeyIds", &keys.to_string())]).await;
        assert_eq!(named["Aliases"]["Alias"], wanted, "the first alias of each of {keys}");
    }
    story.ok("CreateAlias", &[("AliasName", "alias/third"), ("KeyId", &one)]).await;
    let both = json!([one, two]).to_string();
    let mut named = Vec::new();
    for (page, count) in [("1", 1), ("2", 1), ("3", 0)] {
        let paged = [("KeyIds", both.as_str()), ("PageSize", "1"), ("PageNumber", page)];
        let answer = story.ok("ListAliases", &paged).await;
        let aliases = answer["Aliases"]["Alias"].as_array().unwrap();
        assert_eq!((aliases.len(), &answer["TotalCount"]), (count, &json!(2)), "page {page} of the aliases of keys");
        named.extend(aliases.iter().map(|alias| text(&alias["AliasName"])));
    }
    named.sort();
    assert_eq!(named, ["alias/gold", "alias/third"]);
    assert_eq!(story.refused("ListAliases", &[("KeyIds", r#"["alias/gold"]"#)]).await.1, "InvalidParameter");
    story.ok("DeleteAlias", &[alias]).await;
    assert_eq!(story.refused("DeleteAlias", &[alias]).await.1, "Forbidden.AliasNotFound");
}

/// `DescribeKeys` says of several keys what DescribeKey says of one, in their order, or of none.
#[tokio::test]
async fn several_keys_are_described_by_one_call() {
    let story = Story::begin().await;
    let (one, two) = (story.key_id().await, story.key_id().await);
    let described = story.ok("DescribeKeys", &[("KeyIds", &json!([two, one]).to_string())]).await;
    for (number, id) in [&two, &one].into_iter().enumerate() {
        let alone = story.ok("DescribeKey", &[("KeyId", id)]).await;
        assert_eq!(described["Keys"]["KeyMetadata"][number], alone["KeyMetadata"]);
    }
    let missing = json!([one, "01234567-89ab-4cde-8f01-23456789abcd"]).to_string();
    for (keys, code) in
        [(missing.as_str(), "Forbidden.KeyNotFound"), ("[]", "InvalidParameter"), (r#"{"a":1}"#, "InvalidParameter")]
    {
        assert_eq!(story.refused("DescribeKeys", &[("KeyIds", keys)]).await.1, code, "{keys}");
    }
}

/// Pages and filters of `ListKeys`.
#[tokio::test]
async fn lists_have_pages_and_filters() {
    let story = Story::begin().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(story.key_id().await);
    }
    story.ok("DisableKey", &[("KeyId", &ids[0])]).await;
    let pair = text(&story.key(&[("KeySpec", "EC_P256")]).await["KeyId"]);
    let mut seen = Vec::new();
    for (page, count) in [("1", 4), ("2", 2), ("3", 0)] {
        let list = story.ok("ListKeys", &[("PageSize", "4"), ("PageNumber", page)]).await;
        let keys = list["Keys"]["Key"].as_array().unwrap();
        assert_eq!((keys.len(), &list["TotalCount"], &list["PageSize"]), (count, &json!(6), &json!(4)));
        assert_eq!(list["PageNumber"].to_string(), page);
        seen.extend(keys.iter().map(|key| text(&key["KeyId"])));
    }
    seen.sort();
    let mut all = [ids.clone(), vec![pair.clone()]].concat();
    all.sort();
    assert_eq!(seen, all);
    for (filters, wanted) in [
        (r#"[{"Key":"KeyState","Values":["Disabled"]}]"#, vec![&ids[0]]),
        (
            r#"[{"Key":"KeySpec","Values":["EC_P256","RSA_2048"]},{"Key":"KeyUsage","Values":["SIGN/VERIFY"]}]"#,
            vec![&pair],
        ),
        (r#"[{"Key":"CreatorType","Values":["Service"]}]"#, vec![]),
        (r#"[{"Key":"MaterialExpiresUntil","Values":["2099-01-01T00:00:00Z"]}]"#, vec![]),
        (r#"[{"Key":"KeyState","Values":["Disabled"]},{"Key":"KeySpec","Values":["EC_P256"]}]"#, vec![]),
    ] {
        let list = story.ok("ListKeys", &[("Filters", filters)]).await;
        let found: Vec<String> =
            list["Keys"]["Key"].as_array().unwrap().iter().map(|key| text(&key["KeyId"])).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), wanted, "{filters}");
    }
    for (name, value) in [("PageSize", "0"), ("PageSize", "101"), ("PageNumber", "0"), ("Filters", "[{}]")] {
        assert_eq!(story.refused("ListKeys", &[(name, value)]).await.1, "InvalidParameter", "{name}");
    }
}

/// Parameters that cannot be honoured end the call.
#[tokio::test]
async fn wrong_wishes_are_refused() {
    let story = Story::begin().await;
    for (parameters, code) in [
        (&[("ProtectionLevel", "HSM")][..], "Unsupported.ProtectionLevel"),
        (&[("KeySpec", "EC_SM2")], "InvalidParameter"),
        (&[("Origin", "external")], "InvalidParameter"),
        (&[("KeySpec", "EC_P256"), ("KeyUsage", "ENCRYPT/DECRYPT")], "UnsupportedOperation"),
        (&[("KeySpec", "RSA_2048"), ("Origin", "EXTERNAL")], "Unsupported.Origin"),
        (&[("EnableAutomaticRotation", "true")], "MissingParameter"),
        (&[("EnableAutomaticRotation", "true"), ("RotationInterval", "6d")], "InvalidParameter"),
        (&[("DKMSInstanceId", "kst-1")], "UnsupportedOperation"),
        (&[("Policy", "{}")], "InvalidParameter"),
        (&[("Tags", r#"[{"TagKey":""}]"#)], "InvalidParameter"),
    ] {
        let (status, found, message) = story.refused("CreateKey", parameters).await;
        assert_eq!((status, found.as_str()), (400, code), "{parameters:?}: {message}");
    }
    assert_eq!(story.ok("ListKeys", &[]).await["TotalCount"], 0);
}

/// Versions: the newest encrypts, the older ones still open what they made.
#[tokio::test]
async fn a_key_gets_new_versions() {
    let story = Story::begin().await;
    let made = story.key(&[]).await;
    let (id, first) = (text(&made["KeyId"]), text(&made["PrimaryKeyVersion"]));
    let old = story.ok("Encrypt", &[("KeyId", &id), ("Plaintext", "aGVsbG8=")]).await;
    let version = story.ok("CreateKeyVersion", &[("KeyId", &id)]).await["KeyVersion"].take();
    assert_eq!((&version["KeyId"], &version["CreationDate"]), (&json!(id), &json!("2026-11-25T12:06:44Z")));
    let new = story.ok("Encrypt", &[("KeyId", &id), ("Plaintext", "aGVsbG8=")]).await;
    assert_eq!((&old["KeyVersionId"], &new["KeyVersionId"]), (&json!(first), &version["KeyVersionId"]));
    let opened = story.ok("Decrypt", &[("CiphertextBlob", &text(&old["CiphertextBlob"]))]).await;
    assert_eq!((&opened["Plaintext"], &opened["KeyVersionId"]), (&json!("aGVsbG8="), &json!(first)));
    assert_eq!(story.ok("ListKeyVersions", &[("KeyId", &id)]).await["TotalCount"], 2);
    let described = story.ok("DescribeKeyVersion", &[("KeyId", &id), ("KeyVersionId", &first)]).await;
    assert_eq!(described["KeyVersion"]["KeyVersionId"], json!(first));
    let other = story.key_id().await;
    let (status, code, _) = story.refused("DescribeKeyVersion", &[("KeyId", &other), ("KeyVersionId", &first)]).await;
    assert_eq!((status, code.as_str()), (404, "Forbidden.KeyVersionNotFound"));
    story
        .ok(
            "UpdateRotationPolicy",
            &[("KeyId", &id), ("EnableAutomaticRotation", "true"), ("RotationInterval", "604800s")],
        )
        .await;
    let described = story.ok("DescribeKey", &[("KeyId", &id)]).await;
    assert_eq!(described["KeyMetadata"]["NextRotationDate"], "2026-12-02T12:06:44Z");
    // The same call under the other signature: nothing depends on it.
    let v1 = V1::new(KMS, "DescribeKey", &[("KeyId", &id), ("SignatureNonce", "v1"), ("AccessKeyId", ROOT_KEY.0)]);
    let v1 = v1.sign(ROOT_KEY.1).request();
    assert_eq!(story.running.send(&v1).await.status, 200);
}
