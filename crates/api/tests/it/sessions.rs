//! STS as a client sees it: a role is assumed, and its temporary access key is used with its token.

use crate::calls::{Client, Parameters, RAM, STS, start};
use crate::memory::ACCOUNT;

const ALLOW_ROLES: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole","ram:ListUsers"],"Resource":"*"}]}"#;

#[tokio::test]
async fn a_role_is_assumed_and_used() {
    let running = start().await;
    let root = Client::root(&running);
    let bob = root.hire("bob").await;
    let trust = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"RAM":"acs:ram::{ACCOUNT}:user/bob"}}}}]}}"#
    );
    let made = root.done(RAM, "CreateRole", &[("RoleName", "ops"), ("AssumeRolePolicyDocument", &trust)]).await;
    let role_id = made["Role"]["RoleId"].as_str().unwrap().to_owned();
    let arn = made["Role"]["Arn"].as_str().unwrap().to_owned();
    let wanted = [("RoleArn", arn.as_str()), ("RoleSessionName", "laptop")];
    assert_eq!(bob.code(STS, "AssumeRole", &wanted).await, (403, "NoPermission".to_owned()));

    root.done(RAM, "CreatePolicy", &[("PolicyName", "roles"), ("PolicyDocument", ALLOW_ROLES)]).await;
    let policy = [("PolicyType", "Custom"), ("PolicyName", "roles")];
    root.done(RAM, "AttachPolicyToUser", &[policy[0], policy[1], ("UserName", "bob")]).await;
    root.done(RAM, "AttachPolicyToRole", &[policy[0], policy[1], ("RoleName", "ops")]).await;
    let answer = bob.done(STS, "AssumeRole", &wanted).await;
    assert_eq!(answer["AssumedRoleUser"]["Arn"], format!("{arn}/laptop"));
    assert_eq!(answer["AssumedRoleUser"]["AssumedRoleId"], format!("{role_id}:laptop"));
    assert_eq!(answer["Credentials"]["Expiration"], "2026-11-25T13:06:44Z");

    let text = |field: &str| answer["Credentials"][field].as_str().unwrap();
    let (id, secret, token) = (text("AccessKeyId"), text("AccessKeySecret"), text("SecurityToken"));
    let session = Client::new(&running, "session", id, secret, Some(token));
    let identity = session.done(STS, "GetCallerIdentity", &[]).await;
    assert_eq!(identity["Arn"], format!("acs:ram::{ACCOUNT}:assumed-role/ops/laptop"));
    assert_eq!((&identity["IdentityType"], &identity["RoleId"]), (&"AssumedRoleUser".into(), &role_id.into()));
    assert!(identity.get("UserId").is_none(), "a session is no user");
    session.done(RAM, "ListUsers", &[]).await;
    assert_eq!(session.code(RAM, "CreateAccessKey", &[]).await, (400, "MissingParameter".to_owned()));

    let narrow = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}"#;
    let answer = bob.done(STS, "AssumeRole", &[wanted[0], wanted[1], ("Policy", narrow)]).await;
    let text = |field: &str| answer["Credentials"][field].as_str().unwrap();
    let narrowed =
        Client::new(&running, "narrowed", text("AccessKeyId"), text("AccessKeySecret"), Some(text("SecurityToken")));
    let refused = narrowed.call(RAM, "ListUsers", &[]).await;
    assert!(refused.body.contains("\"PolicyType\":\"SessionPolicy\""), "{}", refused.body);

    let without = Client::new(&running, "without", id, secret, None);
    assert_eq!(without.code(STS, "GetCallerIdentity", &[]).await, (400, "MissingSecurityToken".to_owned()));
    let forged = Client::new(&running, "forged", id, secret, Some("forged"));
    assert_eq!(forged.code(STS, "GetCallerIdentity", &[]).await, (400, "InvalidSecurityToken.Malformed".to_owned()));
}

/// A trust policy that asks for an external id is met by that id and by no other, and not without one.
#[tokio::test]
async fn a_trust_policy_asks_for_an_external_id() {
    let running = start().await;
    let root = Client::root(&running);
    let bob = root.hire("bob").await;
    root.done(RAM, "CreatePolicy", &[("PolicyName", "roles"), ("PolicyDocument", ALLOW_ROLES)]).await;
    let policy = [("PolicyType", "Custom"), ("PolicyName", "roles"), ("UserName", "bob")];
    root.done(RAM, "AttachPolicyToUser", &policy).await;
    let trust = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"RAM":"acs:ram::{ACCOUNT}:user/bob"}},
            "Condition":{{"StringEquals":{{"sts:ExternalId":"customer/42"}}}}}}]}}"#
    );
    let made = root.done(RAM, "CreateRole", &[("RoleName", "ops"), ("AssumeRolePolicyDocument", &trust)]).await;
    let wanted = [("RoleArn", made["Role"]["Arn"].as_str().unwrap()), ("RoleSessionName", "laptop")];
    for (external_id, status, code) in [
        (Some("customer/42"), 200, "OK"),
        (Some("customer/43"), 403, "NoPermission"),
        (Some("Customer/42"), 403, "NoPermission"),
        (None, 403, "NoPermission"),
        (Some("4"), 400, "InvalidParameter"),
        (Some("customer 42"), 400, "InvalidParameter"),
    ] {
        let mut parameters = wanted.to_vec();
        parameters.extend(external_id.map(|id| ("ExternalId", id)));
        let answer = bob.call(STS, "AssumeRole", &parameters).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{external_id:?}: {}", answer.body);
    }
}

/// What STS says of its own parameters.
#[tokio::test]
async fn broken_parameters_have_their_codes() {
    let running = start().await;
    let root = Client::root(&running);
    let trust = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs.aliyuncs.com"}}]}"#;
    root.done(RAM, "CreateRole", &[("RoleName", "ecs"), ("AssumeRolePolicyDocument", trust)]).await;
    let (arn, missing) = (format!("acs:ram::{ACCOUNT}:role/ecs"), format!("acs:ram::{ACCOUNT}:role/missing"));
    let (good, name) = (("RoleArn", arn.as_str()), ("RoleSessionName", "s1"));
    let cases: &[(Parameters<'_>, u16, &str)] = &[
        (&[name], 400, "MissingParameter"),
        (&[("RoleArn", "ops"), name], 400, "InvalidParameter.RoleArn"),
        (&[good, ("RoleSessionName", "s")], 400, "InvalidParameter.RoleSessionName"),
        (&[good, name, ("DurationSeconds", "long")], 400, "InvalidParameter.DurationSeconds"),
        (&[good, name], 403, "NoPermission"),
        (&[("RoleArn", &missing), name], 404, "EntityNotExist.Role"),
    ];
    for (parameters, status, code) in cases {
        let found = root.code(STS, "AssumeRole", parameters).await;
        assert_eq!(found, (*status, (*code).to_owned()), "{parameters:?}");
    }
}
