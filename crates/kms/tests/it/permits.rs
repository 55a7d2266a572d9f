//! No use case without a permit for just this action on just this resource.

use kms::{Action, KeyFilter, KeyRef, NewKey, PageRequest, Scope, key_arn};
use ram::{Ask, Caller, ConditionContext, Permit, PolicySet, Principal, authorize};

use crate::calls::{Subject, call, fitting_key};
use crate::support::{Bench, code, context};

const REFUSED: &str = "Forbidden.NoPermission";

/// Each call on a key goes through with a permit for it, and is refused with one for another action, for another key, and without the
/// right on whatever else it touches (the other key of a ReEncrypt, the alias).
#[tokio::test]
async fn every_call_on_a_key_needs_a_permit_for_it() {
    let bench = Bench::new().await;
    for &action in Action::ALL {
        // Only a key that waits for its deletion can show that this is what the permit is for.
        let key = fitting_key(action, &bench).await;
        let subject = Subject::new(action, key, &bench).await;
        if action == Action::CancelKeyDeletion {
            call(Action::ScheduleKeyDeletion, &subject, &bench.permit, &bench).await.unwrap();
        }
        let arn = key_arn(&bench.describe(&subject.key).await);
        let spare_arn = key_arn(&bench.describe(&subject.spare).await);
        let right = ask(action.permission(), &arn);
        let beside = asks_beside(action, &subject, &spare_arn);
        let with_beside = |main: Ask| permit(&[beside.as_slice(), &[main]].concat());

        let other_action = if action == Action::TagResource { Action::Encrypt } else { Action::TagResource };
        for wrong in [
            with_beside(ask(other_action.permission(), &arn)),
            with_beside(ask(action.permission(), &spare_arn)),
            permit(&[]),
        ] {
            assert_eq!(code(call(action, &subject, &wrong, &bench).await), REFUSED, "{action}");
        }
        for without in 0..beside.len() {
            let mut asks = beside.clone();
            asks[without] = right.clone();
            assert_eq!(code(call(action, &subject, &permit(&asks), &bench).await), REFUSED, "{action}");
        }
        assert_eq!(code(call(action, &subject, &with_beside(right), &bench).await), "ok", "{action}");
    }
}

/// The calls that are on no key: making and listing.
#[tokio::test]
async fn calls_on_no_key_need_a_permit_too() {
    let bench = Bench::new().await;
    let (kms, scope) = (&bench.kms, &bench.scope);
    let page = PageRequest::first();
    let on =
        |action: &'static str, relative_id: &str| permit(&[ask(ram::Action::new(action), &arn_in(scope, relative_id))]);
    let wrong = [on("kms:Encrypt", "key"), on("kms:CreateKey", "alias"), on("kms:ListKeys", "alias")];
    for permit in &wrong {
        assert_eq!(code(kms.create_key(&NewKey::default(), permit, scope).await), REFUSED);
        assert_eq!(code(kms.list_keys(&KeyFilter::default(), page, permit, scope).await), REFUSED);
        assert_eq!(code(kms.list_aliases(page, permit, scope).await), REFUSED);
    }
    assert_eq!(code(kms.create_key(&NewKey::default(), &on("kms:CreateKey", "key"), scope).await), "ok");
    assert_eq!(code(kms.list_keys(&KeyFilter::default(), page, &on("kms:ListKeys", "key"), scope).await), "ok");
    assert_eq!(code(kms.list_aliases(page, &on("kms:ListAliases", "alias"), scope).await), "ok");
    // A permit for one region is none for another.
    let elsewhere = Scope { region: "elsewhere".parse().unwrap(), ..scope.clone() };
    assert_eq!(code(kms.create_key(&NewKey::default(), &on("kms:CreateKey", "key"), &elsewhere).await), REFUSED);
}

/// An alias stands for the key: the right on the key is enough, one on the alias is none.
#[tokio::test]
async fn using_a_key_by_its_alias_needs_the_right_on_the_key() {
    let bench = Bench::new().await;
    let (kms, scope) = (&bench.kms, &bench.scope);
    let key = bench.key().await;
    kms.create_alias(&"alias/app".parse().unwrap(), &key, &bench.permit, scope).await.unwrap();
    let alias: KeyRef = "alias/app".parse().unwrap();
    let encrypt = Action::Encrypt.permission();
    let of_key = permit(&[ask(encrypt, &key_arn(&bench.describe(&key).await))]);
    let of_alias = permit(&[ask(encrypt, &arn_in(scope, "alias/app"))]);
    assert_eq!(code(kms.encrypt(&alias, b"text", &context(&[]), &of_key, scope).await), "ok");
    assert_eq!(code(kms.encrypt(&alias, b"text", &context(&[]), &of_alias, scope).await), REFUSED);
}

/// What a call touches beside its key.
fn asks_beside(action: Action, subject: &Subject, spare_arn: &str) -> Vec<Ask> {
    let on_alias = |alias: &kms::AliasName| vec![ask(action.permission(), &arn_in(&Scope::default(), alias.as_str()))];
    match action {
        Action::ReEncryptFrom => vec![ask(Action::ReEncryptTo.permission(), spare_arn)],
        Action::ReEncryptTo => vec![ask(Action::ReEncryptFrom.permission(), spare_arn)],
        Action::CreateAlias => on_alias(&subject.free_alias),
        Action::UpdateAlias => on_alias(&subject.spare_alias),
        Action::DeleteAlias => on_alias(subject.alias.as_ref().unwrap()),
        _ => Vec::new(),
    }
}

fn ask(action: ram::Action, arn: &str) -> Ask {
    Ask { action, resource: arn.parse().unwrap() }
}

fn arn_in(scope: &Scope, relative_id: &str) -> String {
    format!("acs:kms:{}:{}:{relative_id}", scope.region, scope.account)
}

/// What the account itself gets when it asks for just this.
fn permit(asks: &[Ask]) -> Permit {
    let caller = Caller {
        account: Scope::default().account.as_str().parse().unwrap(),
        principal: Principal::Root,
        access_key_id: None,
        source_ip: None,
        secure_transport: true,
        request_time: catalog::Timestamp::UNIX_EPOCH,
    };
    authorize(&caller, asks, &PolicySet::default(), None, &ConditionContext::of(&caller)).unwrap()
}
