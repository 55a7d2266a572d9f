//! Who may use a key: its policy, and keys of other accounts.

use std::sync::Arc;

use kms::{Action, KeyRef, NewKey, Scope, key_arn};
use ram::{Ask, AttachedPolicy, Caller, ConditionContext, Denial, KeyPolicy, Permit, PolicySet, Principal, authorize};

use crate::support::{Bench, code, context, id_of, other_account};

/// A key begins with the policy of its account, and keeps the one it was made with or was given.
#[tokio::test]
async fn a_policy_is_kept() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.key().await;
    let at_first = kms.key_policy(&key, permit, scope).await.unwrap();
    assert_eq!(at_first, KeyPolicy::of_account(scope.account.as_str().parse().unwrap()));
    let sharing = policy_for_the_other_account();
    kms.set_key_policy(&key, &sharing, permit, scope).await.unwrap();
    assert_eq!(kms.key_policy(&key, permit, scope).await.unwrap(), sharing);
    assert_eq!(kms.key_facts(&key, scope).await.unwrap().policy, sharing);
    let made_with = bench.make(&NewKey { policy: Some(sharing.clone()), ..NewKey::default() }).await;
    assert_eq!(kms.key_policy(&made_with, permit, scope).await.unwrap(), sharing);
}

/// Another account uses a key by its ARN when the key's policy and its own RAM policy allow it; what it seals it can open. Without the key's
/// policy there is no permit.
#[tokio::test]
async fn a_key_can_be_shared_with_another_account() {
    let bench = Bench::new().await;
    let (kms, scope) = (&bench.kms, &bench.scope);
    let key = bench.key().await;
    let arn: KeyRef = key_arn(&bench.describe(&key).await).parse().unwrap();
    let guest = other_account();
    for action in [Action::Encrypt, Action::Decrypt] {
        let policy = kms.key_facts(&arn, &guest).await.unwrap().policy.clone();
        assert!(permit_of_guest(action, &arn, &policy).is_err(), "{action} before the key is shared");
    }
    kms.set_key_policy(&key, &policy_for_the_other_account(), &bench.permit, scope).await.unwrap();
    let policy = kms.key_facts(&arn, &guest).await.unwrap().policy.clone();
    let encrypt = permit_of_guest(Action::Encrypt, &arn, &policy).unwrap();
    let decrypt = permit_of_guest(Action::Decrypt, &arn, &policy).unwrap();
    let sealed = kms.encrypt(&arn, b"text", &context(&[]), &encrypt, &guest).await.unwrap();
    let opened = kms.decrypt(&sealed.blob, &context(&[]), &decrypt, &guest).await.unwrap();
    assert_eq!(opened.plaintext.expose(), b"text");
    assert!(permit_of_guest(Action::DisableKey, &arn, &policy).is_err(), "the policy does not share that");
}

/// To whom it is not shared a key of another account does not exist: not by its id, its ARN, its ciphertexts, nor its region.
#[tokio::test]
async fn a_foreign_key_does_not_exist_for_others() {
    let bench = Bench::new().await;
    let (kms, guest) = (&bench.kms, other_account());
    let key = bench.key().await;
    let sealed = kms.encrypt(&key, b"text", &context(&[]), &bench.permit, &bench.scope).await.unwrap();
    let arn = KeyRef::Arn(id_of(&key), Scope::default());
    let sharing = policy_for_the_other_account();
    // It may decrypt, and nothing else.
    let permit = permit_of_guest(Action::Decrypt, &arn, &sharing).unwrap();
    let not_found = "Forbidden.KeyNotFound";
    assert_eq!(code(kms.encrypt(&arn, b"text", &context(&[]), &permit, &guest).await), not_found);
    assert_eq!(code(kms.describe_key(&arn, &permit, &guest).await), not_found);
    assert_eq!(code(kms.describe_key(&key, &permit, &guest).await), not_found);
    // Whoever may do everything is still not told where a key of others is.
    let elsewhere = Scope { region: "elsewhere".parse().unwrap(), ..guest.clone() };
    for outcome in [
        code(kms.decrypt(&sealed.blob, &context(&[]), &bench.permit, &elsewhere).await),
        code(kms.describe_key(&arn, &bench.permit, &elsewhere).await),
    ] {
        assert_eq!(outcome, not_found);
    }
    let error = kms.describe_key(&arn, &bench.permit, &elsewhere).await.unwrap_err();
    assert!(!error.to_string().contains("cn-hangzhou,"), "{error}");
}

/// A name stands for a key of its own account, even for somebody who may do everything.
#[tokio::test]
async fn no_alias_for_a_foreign_key() {
    let bench = Bench::new().await;
    let (kms, permit, guest) = (&bench.kms, &bench.permit, other_account());
    let foreign = KeyRef::Arn(id_of(&bench.key().await), Scope::default());
    let alias = "alias/theirs".parse().unwrap();
    assert_eq!(code(kms.create_alias(&alias, &foreign, permit, &guest).await), "Forbidden.KeyNotFound");
    let own = KeyRef::Id(kms.create_key(&NewKey::default(), permit, &guest).await.unwrap().id);
    kms.create_alias(&alias, &own, permit, &guest).await.unwrap();
    assert_eq!(code(kms.update_alias(&alias, &foreign, permit, &guest).await), "Forbidden.KeyNotFound");
    assert_eq!(kms.describe_key(&KeyRef::Alias(alias), permit, &guest).await.unwrap().id, id_of(&own));
}

fn policy_for_the_other_account() -> KeyPolicy {
    format!(
        r#"{{"Version":"1","Statement":[{{"Sid":"share","Effect":"Allow","Principal":{{"RAM":["acs:ram::{}:*"]}},
            "Action":["kms:Encrypt","kms:Decrypt"],"Resource":["*"]}}]}}"#,
        other_account().account
    )
    .parse()
    .unwrap()
}

/// What a user of the other account, who may use any key there is, gets for this one.
fn permit_of_guest(action: Action, key: &KeyRef, key_policy: &KeyPolicy) -> Result<Permit, Box<Denial>> {
    let document = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}"#;
    let policy = AttachedPolicy { name: "all-keys".to_owned(), document: Arc::new(document.parse().unwrap()) };
    let caller = Caller {
        account: other_account().account.as_str().parse().unwrap(),
        principal: Principal::User { name: "bob".parse().unwrap(), id: "200000000000000001".parse().unwrap() },
        access_key_id: None,
        source_ip: None,
        secure_transport: true,
        request_time: catalog::Timestamp::UNIX_EPOCH,
    };
    let ask = Ask { action: action.permission(), resource: key.to_string().parse().unwrap() };
    let policies = PolicySet { identity: vec![policy], session: None };
    authorize(&caller, &[ask], &policies, Some(key_policy), &ConditionContext::of(&caller))
}
