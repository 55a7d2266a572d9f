//! Names of keys.

use kms::{AliasName, IfInUse, KeyRef, KeyState, NewKey, PageRequest};

use crate::support::{Bench, context};

/// R31: while a key waits for its deletion it can be looked at, not changed; its alias can go to a new key.
#[tokio::test]
async fn the_alias_of_a_key_that_waits_for_deletion_can_be_used_again() {
    let bench = Bench::new().await;
    let (old, new) = (bench.key().await, bench.key().await);
    let alias: AliasName = "alias/app".parse().unwrap();
    bench.kms.create_alias(&alias, &old, &bench.permit, &bench.scope).await.unwrap();
    bench.kms.schedule_key_deletion(&old, 30, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap();

    let other: AliasName = "alias/other".parse().unwrap();
    let kms = &bench.kms;
    for code in [
        kms.enable_key(&old, &bench.permit, &bench.scope).await.unwrap_err().code(),
        kms.disable_key(&old, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap_err().code(),
        kms.create_alias(&other, &old, &bench.permit, &bench.scope).await.unwrap_err().code(),
    ] {
        assert_eq!(code, "Rejected.StateModifiedFailed");
    }
    assert_eq!(kms.describe_key(&old, &bench.permit, &bench.scope).await.unwrap().state, KeyState::PendingDeletion);
    assert_eq!(
        kms.list_keys(&kms::KeyFilter::default(), PageRequest::first(), &bench.permit, &bench.scope)
            .await
            .unwrap()
            .total_count,
        2
    );

    kms.delete_alias(&alias, &bench.permit, &bench.scope).await.unwrap();
    kms.create_alias(&alias, &new, &bench.permit, &bench.scope).await.unwrap();
    let wrapped =
        kms.encrypt(&KeyRef::Alias(alias.clone()), b"text", &context(&[]), &bench.permit, &bench.scope).await.unwrap();
    assert_eq!(KeyRef::Id(wrapped.key_id), new);
    kms.delete_alias(&alias, &bench.permit, &bench.scope).await.unwrap();
    assert_eq!(
        kms.delete_alias(&alias, &bench.permit, &bench.scope).await.unwrap_err().code(),
        "Forbidden.AliasNotFound"
    );
}

/// Shows the rules of aliases: unique, reserved names, ids only as targets, one step with the key or nothing.
#[tokio::test]
async fn aliases_follow_their_rules() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let alias: AliasName = "alias/app".parse().unwrap();
    let new = NewKey { alias: Some(alias.clone()), ..NewKey::default() };
    let first = kms.create_key(&new, permit, scope).await.unwrap().id;

    let taken = kms.create_key(&new, permit, scope).await.unwrap_err();
    assert_eq!(taken.code(), "AliasAlreadyExists");
    assert!(taken.to_string().contains(&first.to_string()), "{taken}");
    assert_eq!(
        kms.list_keys(&kms::KeyFilter::default(), PageRequest::first(), permit, scope).await.unwrap().total_count,
        1,
        "no key without its alias"
    );

    let second = bench.key().await;
    let by_alias = KeyRef::Alias(alias.clone());
    for code in [
        kms.create_alias(&"alias/b".parse().unwrap(), &by_alias, permit, scope).await.unwrap_err().code(),
        kms.disable_key(&by_alias, IfInUse::Refuse, permit, scope).await.unwrap_err().code(),
        kms.enable_key(&by_alias, permit, scope).await.unwrap_err().code(),
        kms.schedule_key_deletion(&by_alias, 7, IfInUse::Refuse, permit, scope).await.unwrap_err().code(),
    ] {
        assert_eq!(code, "Unsupported.Alias");
    }
    for name in ["alias/acs/ecs", "alias/acsomething"] {
        let name = name.parse().unwrap();
        assert!(kms.create_alias(&name, &second, permit, scope).await.is_err());
        assert!(kms.update_alias(&name, &second, permit, scope).await.is_err());
        assert!(kms.delete_alias(&name, permit, scope).await.is_err());
    }
    kms.update_alias(&alias, &second, permit, scope).await.unwrap();
    assert_eq!(KeyRef::Id(kms.describe_key(&by_alias, permit, scope).await.unwrap().id), second);
    assert_eq!(kms.list_aliases_by_key(&second, PageRequest::first(), permit, scope).await.unwrap().total_count, 1);
    let absent = kms.update_alias(&"alias/absent".parse().unwrap(), &second, permit, scope).await.unwrap_err();
    assert_eq!(absent.code(), "Forbidden.AliasNotFound");
}
