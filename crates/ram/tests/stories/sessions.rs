//! AssumeRole: both sides must agree, the session policy narrows, and a session ends with its time or its role.

use jiff::SignedDuration;
use ram::keys::AccessKey;
use ram::{
    Action, AssumeRole, AuthenticateError, IdentityType, KeyOwner, RamError, RoleArn, RoleChange, Session, Target,
};

use crate::office::{Office, code};

const NARROW: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"}]}"#;

async fn assume(office: &Office, key: &AccessKey, wanted: &AssumeRole) -> Result<Session, RamError> {
    let who = office.sign_in(key, None).await.unwrap();
    let permit = office.ask(&who, Action::ASSUME_ROLE, &wanted.role.to_string()).await?;
    office.ram.assume_role(&permit, wanted).await
}

fn wanted(role: &RoleArn) -> AssumeRole {
    AssumeRole { role: role.clone(), session: "s1".parse().unwrap(), duration_s: None, policy: None }
}

/// Bob, who may assume the role `ops`, which may decrypt.
async fn with_role(office: &Office) -> (AccessKey, RoleArn) {
    let root = office.root();
    let key = office.hire("bob").await;
    let role = office.make_role(&root, "ops", &format!("acs:ram::{}:user/bob", office.account)).await;
    office.let_do(&root, &Target::User("bob".parse().unwrap()), "may-assume", "sts:AssumeRole", "*").await;
    office.let_do(&root, &Target::Role("ops".parse().unwrap()), "may-decrypt", "kms:Decrypt", "*").await;
    (key, role)
}

/// A session has the rights of the role and not those of the user; a session policy takes away what it does not name.
#[tokio::test]
async fn a_session_has_the_rights_of_its_role_narrowed() {
    let office = Office::open().await;
    let (key, role) = with_role(&office).await;
    assert!(!office.may_decrypt(&key, None).await);
    let session = assume(&office, &key, &wanted(&role)).await.unwrap();
    assert!(office.may_decrypt(&session.key, Some(&session.security_token)).await);
    assert_eq!(session.expires_at.to_string(), "2026-11-27T11:00:00Z");
    assert_eq!(session.arn, format!("acs:ram::{}:role/ops/s1", office.account));

    let who = office.sign_in(&session.key, Some(&session.security_token)).await.unwrap();
    let identity = who.identity();
    assert_eq!(identity.identity_type, IdentityType::AssumedRoleUser);
    assert_eq!(identity.arn, format!("acs:ram::{}:assumed-role/ops/s1", office.account));
    assert_eq!(identity.principal_id, session.assumed_role_id);
    assert_eq!(code(KeyOwner::of_caller(who.caller())), "MissingParameter");

    let narrow = AssumeRole { policy: Some(NARROW.to_owned()), ..wanted(&role) };
    let session = assume(&office, &key, &narrow).await.unwrap();
    assert!(!office.may_decrypt(&session.key, Some(&session.security_token)).await);
}

/// Neither the trust of the role nor the right of the user is enough; both are looked at anew each time.
#[tokio::test]
async fn both_sides_must_allow() {
    let office = Office::open().await;
    let root = office.root();
    let (key, role) = with_role(&office).await;
    let eve = office.hire("eve").await;
    office.let_do(&root, &Target::User("eve".parse().unwrap()), "eve-may", "sts:AssumeRole", "*").await;
    let refused = assume(&office, &eve, &wanted(&role)).await.err().unwrap();
    assert!(refused.to_string().contains("no trust policy allows it"), "{refused}");

    let may_assume = ram::PolicyRef::Custom("may-assume".parse().unwrap());
    office.ram.detach_policy(&root, &may_assume, &Target::User("bob".parse().unwrap())).await.unwrap();
    let refused = assume(&office, &key, &wanted(&role)).await.err().unwrap();
    assert!(refused.to_string().contains("no identity policy allows it"), "{refused}");

    let trust = ram::system::DISK_ENCRYPT_ROLE.trust.to_owned();
    let to = RoleChange { trust_document: Some(trust), ..RoleChange::default() };
    office.ram.update_role(&root, &"ops".parse().unwrap(), to).await.unwrap();
    assert_eq!(code(assume(&office, &eve, &wanted(&role)).await), "NoPermission", "only ECS may now");
}

/// A role of another account, whose trust names this account; without that, it is not even said whether the role exists.
#[tokio::test]
async fn a_role_of_another_account_is_assumed() {
    let office = Office::open().await;
    let second = office.second_account().await;
    let key = office.hire("bob").await;
    office.let_do(&office.root(), &Target::User("bob".parse().unwrap()), "p", "sts:AssumeRole", "*").await;
    let open = office.make_role(&second, "open", &format!("acs:ram::{}:root", office.account)).await;
    let closed = office.make_role(&second, "closed", "acs:ram::2222222222222222:root").await;
    let missing = RoleArn { name: "missing".parse().unwrap(), ..closed.clone() };

    let session = assume(&office, &key, &wanted(&open)).await.unwrap();
    let who = office.sign_in(&session.key, Some(&session.security_token)).await.unwrap();
    assert_eq!(who.caller().account, second.account());
    for role in [&closed, &missing] {
        assert_eq!(code(assume(&office, &key, &wanted(role)).await), "NoPermission");
    }
    let own_missing = RoleArn { account: office.account, name: "missing".parse().unwrap() };
    assert_eq!(code(assume(&office, &key, &wanted(&own_missing)).await), "EntityNotExist.Role");
}

/// Durations lie between 900 s and what the role allows; session policies have their own codes.
#[tokio::test]
async fn durations_and_session_policies_are_checked() {
    let office = Office::open().await;
    let (key, role) = with_role(&office).await;
    for (duration_s, wanted_code) in [
        (899, "InvalidParameter.DurationSeconds"),
        (900, "OK"),
        (3600, "OK"),
        (3601, "InvalidParameter.DurationSeconds"),
    ] {
        let wanted = AssumeRole { duration_s: Some(duration_s), ..wanted(&role) };
        assert_eq!(code(assume(&office, &key, &wanted).await), wanted_code, "{duration_s}");
    }
    let long = format!("{NARROW}{}", " ".repeat(2048));
    for (policy, wanted_code) in
        [("{", "InvalidParameter.PolicyGrammar"), (long.as_str(), "InvalidParameter.PolicySize")]
    {
        let wanted = AssumeRole { policy: Some(policy.to_owned()), ..wanted(&role) };
        assert_eq!(code(assume(&office, &key, &wanted).await), wanted_code);
    }
}

/// A session ends with its time, and with its role, also when a new role takes the name.
#[tokio::test]
async fn a_session_ends() {
    let office = Office::open().await;
    let root = office.root();
    let (key, role) = with_role(&office).await;
    let session = assume(&office, &key, &wanted(&role)).await.unwrap();
    let token = Some(session.security_token.as_str());
    assert!(office.sign_in(&session.key, token).await.is_ok());
    let facts = office.facts();
    let refused = office.ram.authenticate(session.key.id.as_str(), None, &facts).await.err();
    assert!(matches!(refused, Some(AuthenticateError::TokenMissing)));
    let refused = office.ram.authenticate(session.key.id.as_str(), Some("garbage"), &facts).await.err();
    assert!(matches!(refused, Some(AuthenticateError::TokenMalformed)));
    let other = assume(&office, &key, &wanted(&role)).await.unwrap();
    let refused = office.ram.authenticate(other.key.id.as_str(), token, &facts).await.err();
    assert!(matches!(refused, Some(AuthenticateError::TokenMismatch)));

    let may_decrypt = ram::PolicyRef::Custom("may-decrypt".parse().unwrap());
    office.ram.detach_policy(&root, &may_decrypt, &Target::Role("ops".parse().unwrap())).await.unwrap();
    office.ram.delete_role(&root, &"ops".parse().unwrap()).await.unwrap();
    assert!(matches!(office.sign_in(&session.key, token).await, Err(AuthenticateError::TokenExpired)));
    let role = office.make_role(&root, "ops", &format!("acs:ram::{}:root", office.account)).await;
    assert!(matches!(office.sign_in(&session.key, token).await, Err(AuthenticateError::TokenExpired)));

    let session = assume(&office, &key, &wanted(&role)).await.unwrap();
    office.clock.advance(SignedDuration::from_secs(3599));
    assert!(office.sign_in(&session.key, Some(&session.security_token)).await.is_ok());
    office.clock.advance(SignedDuration::from_secs(1));
    let late = office.sign_in(&session.key, Some(&session.security_token)).await;
    assert!(matches!(late, Err(AuthenticateError::TokenExpired)));
}
