//! Actions of ours for whoever looks after an account: what it used, who did what, and who may.

use api::Keys;
use catalog::{AuditRecord, Meter, Timestamp};
use crypto::Secret;
use kms::Kms;
use ram::trail::{Entry, Ledger};
use serde_json::{Value, json};

use crate::calls::{Client, RAM, start};
use crate::client::NOW;
use crate::memory::ACCOUNT;
use crate::story::{KMS, Story, text};

/// The bill and the days of a month, with the price that they follow from; another month is empty; text that is no month is refused.
#[tokio::test]
async fn usage_is_answered_by_day() {
    let story = Story::begin().await;
    let kms = story.running.services.kms();
    for (day, action, kind, calls) in [
        ("2019-02-01", "Decrypt", "own", 30_000),
        ("2019-02-28", "Decrypt", "service", 5),
        ("2019-02-28", "Encrypt", "own", 1),
    ] {
        count(kms, day, action, kind, calls).await;
    }
    let mut answer = story.ok("DescribeUsage", &[("Month", "2019-02")]).await;
    answer.as_object_mut().unwrap().remove("RequestId");
    let wanted = json!({
        "Month": "2019-02", "ServiceCalls": 5, "OwnCalls": 30_001, "FreeCalls": 20_000, "CallsAmount": "0.600360",
        "KeyDays": 0, "KeysAmount": "0.000000", "Amount": "0.600360", "Balance": "",
        "Price": {
            "Rule": "2019", "Currency": "CNY", "FreeCalls": 20_000, "FreeFor": "AllKeys", "CallsPerPrice": 10_000,
            "ServiceCalls": "0.600000", "OwnCalls": "0.600000", "KeyUnit": "Key", "KeyDay": "0.200000",
        },
        "Days": { "Day": [
            { "Day": "2019-02-01", "Action": "Decrypt", "Calls": 30_000 },
            { "Day": "2019-02-28", "Action": "Decrypt", "Calls": 5 },
            { "Day": "2019-02-28", "Action": "Encrypt", "Calls": 1 },
        ] },
    });
    assert_eq!(answer, wanted);
    kms.set_balance(&ACCOUNT.parse().unwrap(), Some(-1_500_000)).await.unwrap();
    let present = story.ok("DescribeUsage", &[]).await;
    assert_eq!((text(&present["Month"]), text(&present["Balance"])), (NOW[..7].to_owned(), "-1.500000".to_owned()));
    assert_eq!(present["Days"]["Day"], json!([]));
    assert_eq!(story.refused("DescribeUsage", &[("Month", "2019-13")]).await.1, "InvalidParameter");
}

/// The root key is without a backup until one is noted, and then says of when.
#[tokio::test]
async fn a_root_key_says_whether_it_is_backed_up() {
    let story = Story::begin().await;
    let kms = story.running.services.kms();
    let answered = async || {
        let mut answer = story.ok("DescribeRootKey", &[]).await;
        answer.as_object_mut().unwrap().remove("RequestId");
        answer
    };
    assert_eq!(answered().await, json!({ "Kind": "File", "BackedUp": false }));
    kms.note_root_backup(&kms.root_backup(&Secret::copy_of(b"word")).unwrap()).await.unwrap();
    assert_eq!(answered().await, json!({ "Kind": "File", "BackedUp": true, "LastBackupTime": NOW }));
}

/// An account sees its own calls only, newest first, narrowed by what was asked, in parts that lead on.
#[tokio::test]
async fn events_are_an_accounts_own() {
    let running = start().await;
    let (root, kms) = (Client::root(&running), running.services.kms());
    let (mine, theirs) = (ACCOUNT, "2000000000000002");
    let mut write = kms.catalog().write().await.unwrap();
    let records: Vec<AuditRecord> = (1..=5).map(|n| record(n, if n == 3 { theirs } else { mine })).collect();
    write.audit_append(&records).await.unwrap();
    write.commit().await.unwrap();

    let found = async |parameters: &[(&str, &str)]| {
        let answer = root.done(RAM, "LookupEvents", parameters).await;
        let events = answer["Events"]["Event"].as_array().unwrap().clone();
        let numbers: Vec<u64> = events.iter().map(|event| event["Seq"].as_u64().unwrap()).collect();
        (numbers, text(&answer["NextToken"]))
    };
    for (parameters, numbers, next) in [
        (&[][..], vec![5, 4, 2, 1], ""),
        (&[("MaxResults", "2")], vec![5, 4], "4"),
        (&[("MaxResults", "2"), ("NextToken", "4")], vec![2, 1], "1"),
        (&[("Principal", "user/u2")], vec![2], ""),
        (&[("Principal", "acs:ram::1000000000000001:user/u2")], vec![], ""),
        (&[("ErrorCode", "OK"), ("ServiceName", "KMS")], vec![5, 2, 1], ""),
        (&[("Failed", "true")], vec![4], ""),
        (&[("KeyId", "k1"), ("EventName", "Decrypt")], vec![1], ""),
        (&[("StartTime", "1970-01-01T00:00:02Z"), ("EndTime", "1970-01-01T00:00:05Z")], vec![4, 2], ""),
    ] {
        assert_eq!(found(parameters).await, (numbers, next.to_owned()), "{parameters:?}");
    }
    let answer = root.done(RAM, "LookupEvents", &[("MaxResults", "1"), ("Failed", "true")]).await;
    let wanted = json!({
        "Seq": 4, "EventTime": "1970-01-01T00:00:04Z", "RequestId": "r4", "Principal": format!("acs:ram::{mine}:user/u4"),
        "AccessKeyId": "LTAI", "SourceIpAddress": "::1", "ServiceName": "kms", "EventName": "Decrypt", "Resources": "acs:kms:a acs:kms:b",
        "KeyId": "k4", "ErrorCode": "Rejected.Disabled", "Hash": "04".repeat(32),
    });
    assert_eq!(answer["Events"]["Event"], json!([wanted]));
    let answer = root.call(RAM, "LookupEvents", &[("StartTime", "yesterday")]).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidParameter"));
}

/// A chain is followed to its end, on from where a client was told; a position that is no record is refused, which says nothing of the chain.
#[tokio::test]
async fn the_chain_is_verified_from_within() {
    let running = start().await;
    let (root, kms) = (Client::root(&running), running.services.kms());
    let secret = kms.secret("audit").await.unwrap();
    let ledger = Ledger::new(kms.catalog(), secret, running.services.clock.clone());
    for n in 1..=3 {
        ledger.record(entry(n), Vec::new(), None).await.unwrap();
    }
    let whole = root.done(RAM, "VerifyEvents", &[]).await;
    assert_eq!((&whole["IsWhole"], &whole["IsEnd"], &whole["Seq"]), (&json!(true), &json!(true), &json!(3)));
    let hash = text(&whole["Hash"]);
    let on = root.done(RAM, "VerifyEvents", &[("AfterSeq", "3"), ("AfterHash", &hash)]).await;
    assert_eq!((&on["IsWhole"], &on["Hash"]), (&json!(true), &whole["Hash"]));
    for seq in ["2", "4", "9000000000000000000"] {
        let answer = root.call(RAM, "VerifyEvents", &[("AfterSeq", seq), ("AfterHash", &hash)]).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidParameter"), "{seq}");
    }
    let answer = root.call(RAM, "VerifyEvents", &[("AfterSeq", "2")]).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "MissingParameter"));
}

/// Who may use a key follows from policies, the key's tags and its own policy; other accounts' resources are not asked about.
#[tokio::test]
async fn who_may_use_a_key_is_listed() {
    let running = start().await;
    let root = Client::root(&running);
    let tagged = r#"{"StringEquals":{"kms:tag/team":"disks"}}"#;
    let allow = format!(r#"[{{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{tagged}}}]"#);
    running.services.allow(&allow).await;
    let key = root.done(KMS, "CreateKey", &[]).await["KeyMetadata"].take();
    let (id, arn) = (text(&key["KeyId"]), text(&key["Arn"]));
    assert_eq!(allowed(&root, &arn, &[]).await, [("Account", "", "")]);
    let tags = r#"[{"TagKey":"team","TagValue":"disks"}]"#;
    root.done(KMS, "TagResource", &[("KeyId", &id), ("Tags", tags)]).await;
    assert_eq!(allowed(&root, &arn, &[]).await, [("Account", "", ""), ("User", "alice", "test")]);
    assert_eq!(allowed(&root, &arn, &[("Marker", "alice")]).await, [] as [(&str, &str, &str); 0]);
    let policy = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Deny","Action":["kms:Decrypt"],"Principal":{{"RAM":["acs:ram::{ACCOUNT}:*"]}},"Resource":["*"]}}]}}"#
    );
    root.done(KMS, "SetKeyPolicy", &[("KeyId", &id), ("Policy", &policy)]).await;
    assert_eq!(allowed(&root, &arn, &[]).await, [] as [(&str, &str, &str); 0]);
    for resource in
        ["x", "acs:kms:cn-hangzhou:2000000000000002:key/*", &arn.replace(&id, "00000000-0000-0000-0000-000000000000")]
    {
        let call = [("ActionName", "kms:Decrypt"), ("Resource", resource)];
        let answer = root.call(RAM, "ListPrincipalsAllowed", &call).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidParameter"), "{resource}: {}", answer.body);
    }
}

/// Type, name and policy of those who may decrypt with a key.
async fn allowed(
    root: &Client<'_>,
    arn: &str,
    more: &[(&'static str, &'static str)],
) -> Vec<(&'static str, &'static str, &'static str)> {
    let call = [&[("ActionName", "kms:Decrypt"), ("Resource", arn)][..], more].concat();
    let answer = root.done(RAM, "ListPrincipalsAllowed", &call).await;
    let word = |value: &Value| -> &'static str { text(value).leak() };
    let shown = |one: &Value| (word(&one["PrincipalType"]), word(&one["PrincipalName"]), word(&one["PolicyName"]));
    answer["Principals"]["Principal"].as_array().unwrap().iter().map(shown).collect()
}

async fn count(kms: &Kms, day: &str, action: &str, kind: &str, calls: u32) {
    let meter = Meter {
        account: ACCOUNT.parse().unwrap(),
        region: "cn-hangzhou".parse().unwrap(),
        day: day.to_owned(),
        product: "kms".to_owned(),
        action: action.to_owned(),
        key_kind: kind.to_owned(),
        outcome: "OK".to_owned(),
    };
    let mut write = kms.catalog().write().await.unwrap();
    write.meter_add(&meter, calls).await.unwrap();
    write.commit().await.unwrap();
}

fn record(n: u8, account: &str) -> AuditRecord {
    let Entry { at, request_id, principal, access_key_id, source_ip, product, action, resources, key_id, .. } =
        entry(n);
    AuditRecord {
        seq: n.into(),
        at,
        request_id,
        account: account.to_owned(),
        principal,
        access_key_id,
        source_ip,
        product,
        action,
        resources,
        key_id,
        outcome: if n == 4 { "Rejected.Disabled" } else { "OK" }.to_owned(),
        previous_hash: [n - 1; 32],
        hash: [n; 32],
    }
}

fn entry(n: u8) -> Entry {
    Entry {
        at: Timestamp::from_second(n.into()).unwrap(),
        request_id: format!("r{n}"),
        account: ACCOUNT.to_owned(),
        principal: format!("acs:ram::{ACCOUNT}:user/u{n}"),
        access_key_id: "LTAI".to_owned(),
        source_ip: "::1".to_owned(),
        product: "kms".to_owned(),
        action: "Decrypt".to_owned(),
        resources: "acs:kms:a acs:kms:b".to_owned(),
        key_id: format!("k{n}"),
        outcome: "OK".to_owned(),
    }
}
