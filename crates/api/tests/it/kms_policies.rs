//! Who may use a key: its policy and its tags reach the gate with every call.

use serde_json::Value;

use crate::memory::ACCOUNT;
use crate::story::{Story, USER, text};

fn policy(principal: &str, effect: &str, action: &str) -> String {
    format!(
        r#"{{"Effect":"{effect}","Principal":{{"RAM":["acs:ram::{ACCOUNT}:{principal}"]}},"Action":["{action}"],"Resource":["*"]}}"#
    )
}

fn document(statements: &[String]) -> String {
    format!(r#"{{"Version":"1","Statement":[{}]}}"#, statements.join(","))
}

/// A key begins with the policy of its account; another one lets a user in without a policy of its own, and shuts one out.
#[tokio::test]
async fn a_key_policy_decides_with_those_of_the_user() {
    let story = Story::begin().await;
    let id = story.key_id().await;
    let key = [("KeyId", id.as_str()), ("PolicyName", "default")];
    let first: Value = serde_json::from_str(&text(&story.ok("GetKeyPolicy", &key).await["Policy"])).unwrap();
    assert_eq!(first["Version"], "1");
    assert_eq!(first["Statement"][0]["Effect"], "Allow");
    let encrypt = [("KeyId", id.as_str()), ("Plaintext", "aGVsbG8=")];
    assert_eq!(story.call(USER, "Encrypt", &encrypt).await.status, 403);

    let account = policy("*", "Allow", "kms:GetKeyPolicy");
    let lets_in = document(&[account.clone(), policy("user/alice", "Allow", "kms:Encrypt")]);
    story.ok("SetKeyPolicy", &[("KeyId", &id), ("Policy", &lets_in)]).await;
    assert_eq!(story.call(USER, "Encrypt", &encrypt).await.status, 200);
    let shuts_out = document(&[account, policy("user/alice", "Deny", "kms:Encrypt")]);
    story.ok("SetKeyPolicy", &[("KeyId", &id), ("Policy", &shuts_out)]).await;
    story.running.services.allow(r#"[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]"#);
    let denied = story.call(USER, "Encrypt", &encrypt).await;
    assert!(denied.status == 403 && denied.body.contains("ExplicitDeny"), "{}", denied.body);

    let (_, code, message) = story.refused("SetKeyPolicy", &[("KeyId", &id), ("Policy", r#"{"Version":"2"}"#)]).await;
    assert_eq!(code, "InvalidParameter");
    assert!(message.contains("\"Policy\"") && message.contains("Version"), "{message}");
    let other = [("KeyId", id.as_str()), ("PolicyName", "mine")];
    assert_eq!(story.refused("GetKeyPolicy", &other).await.1, "InvalidParameter");
}

/// A policy may ask for a tag of the key: `kms:tag/<key>`.
#[tokio::test]
async fn tags_are_conditions() {
    let story = Story::begin().await;
    let (red, blue) = (story.key_id().await, story.key_id().await);
    story.ok("TagResource", &[("KeyId", &red), ("Tags", r#"[{"TagKey":"team","TagValue":"red"}]"#)]).await;
    story.running.services.allow(
        r#"[{"Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt"],"Resource":"*","Condition":{"StringEquals":{"kms:tag/team":["red"]}}}]"#,
    );
    let encrypt = |id| [("KeyId", id), ("Plaintext", "aGVsbG8=")];
    let sealed = story.call(USER, "Encrypt", &encrypt(&*red)).await;
    assert_eq!(sealed.status, 200, "{}", sealed.body);
    assert_eq!(story.call(USER, "Encrypt", &encrypt(&blue)).await.status, 403);
    let sealed: Value = serde_json::from_str(&sealed.body).unwrap();
    let blob = text(&sealed["CiphertextBlob"]);
    assert_eq!(story.call(USER, "Decrypt", &[("CiphertextBlob", &blob)]).await.status, 200);
}

/// Without a right on a key nobody learns whether it is there.
#[tokio::test]
async fn a_key_that_is_not_there_is_denied_like_any_other() {
    let story = Story::begin().await;
    let answer = story.call(USER, "DescribeKey", &[("KeyId", "01234567-89ab-4cde-8f01-23456789abcd")]).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "Forbidden.NoPermission"));
    let foreign = "acs:kms:cn-hangzhou:9999999999999999:key/01234567-89ab-4cde-8f01-23456789abcd";
    let (status, code, _) = story.refused("DescribeKey", &[("KeyId", foreign)]).await;
    assert_eq!((status, code.as_str()), (403, "Forbidden.NoPermission"));
}
