//! How much an account may have in a region.

use kms::{AliasName, IfInUse, KeyRef, Limits, NewKey, Scope};

use crate::support::{Bench, code};

const FULL: &str = "Rejected.LimitExceeded";

/// Keys are counted for each account and region, without those of services; a destroyed key makes room.
#[tokio::test]
async fn keys_are_limited_and_those_of_services_do_not_count() {
    let bench = Bench::with_limits(Limits { keys: Some(2), ..Limits::NONE }).await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    kms.service_key(scope).await.unwrap();
    let first = bench.key().await;
    bench.key().await;
    let refused = kms.create_key(&NewKey::default(), permit, scope).await;
    assert!(refused.as_ref().unwrap_err().to_string().contains("2 keys in region cn-hangzhou"));
    assert_eq!(code(refused), FULL);
    let elsewhere = Scope { region: "elsewhere".parse().unwrap(), ..scope.clone() };
    assert_eq!(code(kms.create_key(&NewKey::default(), permit, &elsewhere).await), "ok");
    // A full account still gets its service key.
    assert_eq!(code(kms.service_key(&elsewhere).await), "ok");

    kms.schedule_key_deletion(&first, 7, IfInUse::Refuse, permit, scope).await.unwrap();
    assert_eq!(code(kms.create_key(&NewKey::default(), permit, scope).await), FULL, "it is still there");
    bench.clock.advance_days(7);
    kms.destroy_due_keys().await.unwrap();
    assert_eq!(code(kms.create_key(&NewKey::default(), permit, scope).await), "ok");
}

/// Aliases are counted without those of services; a key is not made when its alias has no room.
#[tokio::test]
async fn aliases_are_limited_and_those_of_services_do_not_count() {
    let bench = Bench::with_limits(Limits { aliases: Some(1), ..Limits::NONE }).await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    kms.service_key(scope).await.unwrap();
    let key = bench.key().await;
    let (one, two): (AliasName, AliasName) = ("alias/one".parse().unwrap(), "alias/two".parse().unwrap());
    kms.create_alias(&one, &key, permit, scope).await.unwrap();
    assert_eq!(code(kms.create_alias(&two, &key, permit, scope).await), FULL);
    let new = NewKey { alias: Some(two.clone()), ..NewKey::default() };
    assert_eq!(code(kms.create_key(&new, permit, scope).await), FULL);
    let keys = kms.list_keys(&kms::KeyFilter::default(), kms::PageRequest::first(), permit, scope).await.unwrap();
    assert_eq!(keys.total_count, 2, "ours and that of the service");
    kms.delete_alias(&one, permit, scope).await.unwrap();
    assert_eq!(code(kms.create_alias(&two, &key, permit, scope).await), "ok");
}

/// Versions made by hand are limited; a rotation that is due is not.
#[tokio::test]
async fn versions_made_by_hand_are_limited() {
    let bench = Bench::with_limits(Limits { versions: Some(2), ..Limits::NONE }).await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.make(&NewKey { rotation: Some("7d".parse().unwrap()), ..NewKey::default() }).await;
    kms.create_key_version(&key, permit, scope).await.unwrap();
    assert_eq!(code(kms.create_key_version(&key, permit, scope).await), FULL);
    bench.clock.advance_days(7);
    assert_eq!(kms.rotate_due_keys().await.unwrap().len(), 1);
}

/// Many who ask at once for the last places get just those.
#[tokio::test]
async fn the_last_places_are_given_once() {
    let bench = Bench::with_limits(Limits { keys: Some(3), ..Limits::NONE }).await;
    let new = NewKey::default();
    let ask = || bench.kms.create_key(&new, &bench.permit, &bench.scope);
    let outcomes = tokio::join!(ask(), ask(), ask(), ask(), ask(), ask());
    let outcomes = [outcomes.0, outcomes.1, outcomes.2, outcomes.3, outcomes.4, outcomes.5];
    let codes = outcomes.map(code);
    assert_eq!(codes.iter().filter(|code| **code == "ok").count(), 3, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == FULL).count(), 3, "{codes:?}");
}

/// What an installation begins with is what is documented.
#[tokio::test]
async fn the_default_limits_are_those_of_the_documentation() {
    let Limits { keys, aliases, versions } = Limits::default();
    assert_eq!((keys, aliases, versions), (Some(200), Some(300), Some(10_000)));
    let bench = Bench::with_limits(Limits::default()).await;
    assert!(matches!(bench.key().await, KeyRef::Id(_)));
}
