//! RAM as a client sees it: the shapes of answers in JSON and XML, and codes that only the wire shows.

use serde_json::{Value, json};

use crate::installation::{Client, Parameters, RAM, ROOT, STS, start};
use crate::signing::V1;

const ONE_KEY: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:GetUser","Resource":"acs:ram:*:*:user/bob"}]}"#;

/// An answer without its request id, and with `ID` for an id that is drawn.
fn shown(mut answer: Value, object: &str, id: &str) -> Value {
    answer.as_object_mut().unwrap().remove("RequestId").unwrap();
    assert!(answer[object][id].is_string(), "{answer}");
    answer[object][id] = "ID".into();
    answer
}

/// A user from its making to its end.
#[tokio::test]
async fn a_user_is_made_shown_changed_and_deleted() {
    let running = start().await;
    let root = Client::root(&running);
    let created = root
        .done(RAM, "CreateUser", &[("UserName", "bob"), ("DisplayName", "Bob <b>"), ("Email", "bob@example.com")])
        .await;
    let user = json!({
        "UserId": "ID", "UserName": "bob", "DisplayName": "Bob <b>", "Email": "bob@example.com", "MobilePhone": "",
        "Comments": "", "CreateDate": "2026-11-25T12:06:44Z", "UpdateDate": "2026-11-25T12:06:44Z",
    });
    assert_eq!(shown(created, "User", "UserId"), json!({ "User": user }));

    let xml = V1::new(RAM, "ListUsers", &[("Format", "XML")]).set("AccessKeyId", ROOT.0).sign(ROOT.1).request();
    let xml = running.send(&xml).await.body;
    for part in [
        "<ListUsersResponse><IsTruncated>false</IsTruncated>",
        "<Users><User><Comments></Comments>",
        "<DisplayName>Bob &lt;b&gt;</DisplayName>",
        "</User></Users></ListUsersResponse>",
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }

    let change = [("UserName", "bob"), ("NewUserName", "rob"), ("NewDisplayName", "")];
    let updated = root.done(RAM, "UpdateUser", &change).await;
    assert_eq!(updated["User"]["UserName"], "rob");
    assert_eq!(updated["User"]["DisplayName"], "", "empty text takes a text away");
    assert_eq!(updated["User"]["Email"], "bob@example.com", "what is not named stays");
    let deleted = root.done(RAM, "DeleteUser", &[("UserName", "rob")]).await;
    assert_eq!(deleted.as_object().unwrap().len(), 1, "only the request id");
    let gone = root.code(RAM, "GetUser", &[("UserName", "rob")]).await;
    assert_eq!(gone, (404, "EntityNotExist.User".to_owned()));
}

/// A policy with two versions, who has it, and what it is like.
#[tokio::test]
async fn a_policy_and_who_has_it() {
    let running = start().await;
    let root = Client::root(&running);
    root.hire("bob").await;
    let policy = [("PolicyName", "one"), ("PolicyDocument", ONE_KEY)];
    let created = root.done(RAM, "CreatePolicy", &policy).await;
    assert_eq!(created["Policy"]["DefaultVersion"], "v1");
    let version = root.done(RAM, "CreatePolicyVersion", &[policy[0], policy[1], ("SetAsDefault", "True")]).await;
    assert_eq!(
        version["PolicyVersion"],
        json!({"VersionId": "v2", "IsDefaultVersion": true, "CreateDate": "2026-11-25T12:06:44Z", "PolicyDocument": ONE_KEY})
    );
    let named = [("PolicyType", "Custom"), ("PolicyName", "one")];
    root.done(RAM, "AttachPolicyToUser", &[named[0], named[1], ("UserName", "bob")]).await;
    let shown = root.done(RAM, "GetPolicy", &named).await;
    assert_eq!(
        (&shown["Policy"]["AttachmentCount"], &shown["DefaultPolicyVersion"]["VersionId"]),
        (&json!(1), &json!("v2"))
    );
    let entities = root.done(RAM, "ListEntitiesForPolicy", &named).await;
    assert_eq!(entities["Users"]["User"][0]["UserName"], "bob");
    assert_eq!((&entities["Groups"]["Group"], &entities["Roles"]["Role"]), (&json!([]), &json!([])));
    let attached = root.done(RAM, "ListPoliciesForUser", &[("UserName", "bob")]).await;
    assert_eq!(attached["Policies"]["Policy"][0]["PolicyName"], "one");
    let versions = root.done(RAM, "ListPolicyVersions", &named).await;
    assert_eq!(versions["PolicyVersions"]["PolicyVersion"][0]["PolicyDocument"], Value::Null, "lists hold no texts");
}

/// A user's own access keys need no name; the secret is shown once; a key that is off is refused from then on.
#[tokio::test]
async fn access_keys_are_ones_own_without_a_name() {
    let running = start().await;
    let root = Client::root(&running);
    let bob = root.hire("bob").await;
    let document = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:*AccessKey*","Resource":"acs:ram::*:user/bob"}]}"#;
    root.done(RAM, "CreatePolicy", &[("PolicyName", "own"), ("PolicyDocument", document)]).await;
    let attach = [("PolicyType", "Custom"), ("PolicyName", "own"), ("UserName", "bob")];
    root.done(RAM, "AttachPolicyToUser", &attach).await;

    bob.done(RAM, "CreateAccessKey", &[]).await;
    let third = bob.code(RAM, "CreateAccessKey", &[]).await;
    assert_eq!(third, (409, "LimitExceeded.User.AccessKey".to_owned()));
    let listed = bob.done(RAM, "ListAccessKeys", &[]).await;
    let keys = listed["AccessKeys"]["AccessKey"].as_array().unwrap().clone();
    assert_eq!((keys.len(), &keys[0]["AccessKeySecret"]), (2, &Value::Null));
    let ids: Vec<&str> = keys.iter().map(|key| key["AccessKeyId"].as_str().unwrap()).collect();
    let mut used = Vec::new();
    for id in &ids {
        let answer = bob.done(RAM, "GetAccessKeyLastUsed", &[("UserAccessKeyId", id)]).await;
        used.push(answer["AccessKeyLastUsed"]["LastUsedDate"].as_str().unwrap().to_owned());
    }
    used.sort_unstable();
    assert_eq!(used, ["", "2026-11-25T12:06:44Z"], "one key signs, the other was never used");

    for id in ids {
        root.done(RAM, "UpdateAccessKey", &[("UserName", "bob"), ("UserAccessKeyId", id), ("Status", "Inactive")])
            .await;
    }
    let refused = bob.code(STS, "GetCallerIdentity", &[]).await;
    assert_eq!(refused, (400, "InvalidAccessKeyId.Inactive".to_owned()));
}

/// Each broken parameter is refused by its own code.
#[tokio::test]
async fn broken_parameters_have_their_codes() {
    let running = start().await;
    let root = Client::root(&running);
    let long = "a".repeat(129);
    let policy_document = ("PolicyDocument", ONE_KEY);
    let cases: &[(&str, Parameters<'_>, u16, &str)] = &[
        ("CreateUser", &[], 400, "MissingParameter"),
        ("CreateUser", &[("UserName", "b/b")], 400, "InvalidParameter.UserName.InvalidChars"),
        ("CreateUser", &[("UserName", &long)], 400, "InvalidParameter.UserName.Length"),
        ("CreateUser", &[("UserName", "b"), ("DisplayName", &long)], 400, "InvalidParameter.DisplayName.Length"),
        ("CreateUser", &[("UserName", "b"), ("Comments", &long)], 400, "InvalidParameter.Comments.Length"),
        ("CreatePolicy", &[("PolicyName", "p.q"), policy_document], 400, "InvalidParameter.PolicyName.InvalidChars"),
        ("CreatePolicy", &[("PolicyName", &long), policy_document], 400, "InvalidParameter.PolicyName.Length"),
        ("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", "{}")], 400, "MalformedPolicyDocument"),
        ("GetPolicy", &[("PolicyName", "p"), ("PolicyType", "system")], 400, "InvalidParameter.PolicyType"),
        ("GetPolicy", &[("PolicyName", "p"), ("PolicyType", "System")], 404, "EntityNotExist.Policy"),
        (
            "GetPolicyVersion",
            &[("PolicyName", "p"), ("PolicyType", "Custom"), ("VersionId", "1")],
            400,
            "InvalidParameter.VersionId.Format",
        ),
        ("DeleteAccessKey", &[("UserAccessKeyId", "?")], 404, "EntityNotExist.User.AccessKey"),
        ("UpdateAccessKey", &[("UserAccessKeyId", "?"), ("Status", "off")], 400, "InvalidParameter"),
        ("ListUsers", &[("MaxItems", "1001")], 400, "InvalidParameter"),
        ("DeleteRole", &[("RoleName", "AliyunECSDiskEncryptDefaultRole")], 409, "DeleteConflict.Role.Policy"),
    ];
    for (action, parameters, status, code) in cases {
        let found = root.code(RAM, action, parameters).await;
        assert_eq!(found, (*status, (*code).to_owned()), "{action} {parameters:?}");
    }
}
