//! The life of keys: use, states, lists.

use kms::{IfInUse, KeyRef, NewKey, PageRequest, Region, Scope};

use crate::support::{Bench, context};

/// R02, R10, R12: each way in which a key cannot be used has its own answer, which names the key, and its state or region; nothing else is
/// used in its place.
#[tokio::test]
async fn each_unusable_key_has_its_own_error_and_no_fallback() {
    let bench = Bench::new().await;
    let elsewhere = Scope { region: "elsewhere".parse::<Region>().unwrap(), ..Scope::default() };
    let (disabled, pending, abroad) = (
        bench.key().await,
        bench.key().await,
        bench.kms.create_key(&NewKey::default(), &bench.permit, &elsewhere).await,
    );
    let abroad = KeyRef::Id(abroad.unwrap().id);
    let foreign: KeyRef = format!("acs:kms:local:somebody-else:key/{pending}").parse().unwrap();
    bench.kms.disable_key(&disabled, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap();
    bench.kms.schedule_key_deletion(&pending, 7, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap();
    let unknown: KeyRef = "00000000-0000-4000-8000-00000000dead".parse().unwrap();
    let nowhere: KeyRef = "alias/nowhere".parse().unwrap();

    let cases = [
        (&unknown, "Forbidden.KeyNotFound", "does not exist in region cn-hangzhou"),
        (&disabled, "Rejected.Disabled", "is Disabled"),
        (&pending, "Rejected.PendingDeletion", "is PendingDeletion"),
        (&abroad, "Forbidden.KeyNotFound", "is in region elsewhere, not in cn-hangzhou"),
        (&foreign, "Forbidden.KeyNotFound", "does not exist in region cn-hangzhou"),
        (&nowhere, "Forbidden.AliasNotFound", "`alias/nowhere` does not exist"),
    ];
    for (key, code, text) in cases {
        let error =
            bench.kms.generate_data_key(key, &context(&[]), 32, &bench.permit, &bench.scope).await.err().unwrap();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert!(error.to_string().contains(&key.to_string()), "{error}");
    }
    // The refusals made nothing, no service key in particular.
    assert_eq!(
        bench
            .kms
            .list_keys(&kms::KeyFilter::default(), PageRequest::first(), &bench.permit, &bench.scope)
            .await
            .unwrap()
            .total_count,
        2
    );
    assert_eq!(bench.kms.list_aliases(PageRequest::first(), &bench.permit, &bench.scope).await.unwrap().total_count, 0);
}

/// R10: the same call works again when the key is enabled again; what was wrapped before opens.
#[tokio::test]
async fn a_disabled_key_works_again_when_enabled() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    let blob = bench.kms.encrypt(&key, b"text", &context(&[]), &bench.permit, &bench.scope).await.unwrap().blob;
    bench.kms.disable_key(&key, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap();
    let error = bench.kms.decrypt(&blob, &context(&[]), &bench.permit, &bench.scope).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        format!("key {key} is Disabled, so Decrypt is refused; `reseal key enable {key}` allows its use again")
    );
    bench.kms.enable_key(&key, &bench.permit, &bench.scope).await.unwrap();
    assert_eq!(
        bench.kms.decrypt(&blob, &context(&[]), &bench.permit, &bench.scope).await.unwrap().plaintext.expose(),
        b"text"
    );
}

/// Shows that the service key is made once, at the first need, and cannot be taken away.
#[tokio::test]
async fn the_service_key_is_made_once_and_stays() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let alias: KeyRef = "alias/acs/ecs".parse().unwrap();
    assert_eq!(kms.describe_key(&alias, permit, scope).await.unwrap_err().code(), "Forbidden.AliasNotFound");
    let id = kms.service_key(scope).await.unwrap();
    assert_eq!(kms.service_key(scope).await.unwrap(), id);
    assert_eq!(kms.describe_key(&alias, permit, scope).await.unwrap().id, id);
    assert!(kms.generate_data_key(&alias, &context(&[]), 32, permit, scope).await.is_ok());
    let key = KeyRef::Id(id);
    for error in [
        kms.disable_key(&key, IfInUse::Proceed, permit, scope).await.unwrap_err(),
        kms.schedule_key_deletion(&key, 7, IfInUse::Proceed, permit, scope).await.unwrap_err(),
        kms.update_key_description(&key, "mine", permit, scope).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "UnsupportedOperation", "{error}");
    }
    let elsewhere = Scope { region: "elsewhere".parse().unwrap(), ..Scope::default() };
    assert_ne!(kms.service_key(&elsewhere).await.unwrap(), id, "one a region");
}

/// Shows that lists come in pages that together hold every key once, oldest first.
#[tokio::test]
async fn keys_are_listed_in_pages() {
    let bench = Bench::new().await;
    let mut made = Vec::new();
    for number in 0..5 {
        bench.clock.advance_days(1);
        let new = NewKey { description: number.to_string(), ..NewKey::default() };
        made.push(bench.kms.create_key(&new, &bench.permit, &bench.scope).await.unwrap());
    }
    let mut listed = Vec::new();
    let mut page = PageRequest::new(1, 2).unwrap();
    for expected in [2, 2, 1, 0] {
        let part = bench.kms.list_keys(&kms::KeyFilter::default(), page, &bench.permit, &bench.scope).await.unwrap();
        assert_eq!((part.items.len(), part.total_count), (expected, 5));
        listed.extend(part.items);
        page = page.next();
    }
    assert_eq!(listed, made);
    assert!(
        PageRequest::new(0, 10).is_none() && PageRequest::new(1, 0).is_none() && PageRequest::new(1, 101).is_none()
    );
}

/// Shows that after `close` the database file alone, as a backup may copy it, holds the keys.
#[tokio::test]
async fn a_closed_catalog_is_one_file() {
    let (bench, other) = (Bench::new().await, tempfile::tempdir().unwrap());
    let key = bench.key().await;
    bench.kms.close().await.unwrap();
    assert!(!bench.directory.path().join("catalog.sqlite-wal").exists());
    std::fs::copy(bench.directory.path().join("catalog.sqlite"), other.path().join("catalog.sqlite")).unwrap();
    let catalog = catalog::Catalog::open(other.path()).await.unwrap();
    let KeyRef::Id(id) = key else { panic!("the bench names keys by id") };
    assert!(catalog.read().key_by_id(id).await.unwrap().is_some());
}
