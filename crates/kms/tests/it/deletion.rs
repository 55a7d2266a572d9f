//! The end of a key.

use kms::{AliasName, IfInUse, KeyRef, KeyState, PageRequest};

use crate::support::{Bench, code, context};

/// Shows the whole way of a deletion: scheduled, called off, scheduled again, due, gone; and that nothing is destroyed early.
#[tokio::test]
async fn a_key_is_destroyed_after_its_window_and_not_before() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    let alias: AliasName = "alias/doomed".parse().unwrap();
    bench.kms.create_alias(&alias, &key, &bench.permit, &bench.scope).await.unwrap();
    let blob = bench.kms.encrypt(&key, b"text", &context(&[]), &bench.permit, &bench.scope).await.unwrap().blob;

    bench.kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap();
    bench.clock.advance_days(6);
    assert_eq!(bench.kms.destroy_due_keys().await.unwrap(), []);
    let kept = bench.kms.cancel_key_deletion(&key, &bench.permit, &bench.scope).await.unwrap();
    assert_eq!((kept.state, kept.delete_at), (KeyState::Enabled, None));
    bench.clock.advance_days(400);
    assert_eq!(bench.kms.destroy_due_keys().await.unwrap(), []);
    assert!(bench.kms.decrypt(&blob, &context(&[]), &bench.permit, &bench.scope).await.is_ok());

    bench.kms.schedule_key_deletion(&key, 366, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap();
    bench.clock.advance_days(366);
    assert_eq!(bench.kms.destroy_due_keys().await.unwrap().len(), 1);
    assert_eq!(bench.kms.destroy_due_keys().await.unwrap(), [], "a key is destroyed once");

    for error in [
        bench.kms.decrypt(&blob, &context(&[]), &bench.permit, &bench.scope).await.err().unwrap(),
        bench.kms.describe_key(&key, &bench.permit, &bench.scope).await.unwrap_err(),
        bench.kms.cancel_key_deletion(&key, &bench.permit, &bench.scope).await.unwrap_err(),
    ] {
        assert!(matches!(error, kms::KmsError::KeyDestroyed { .. }), "{error}");
        assert_eq!(error.code(), "Forbidden.KeyNotFound");
    }
    assert_eq!(
        bench
            .kms
            .list_keys(&kms::KeyFilter::default(), PageRequest::first(), &bench.permit, &bench.scope)
            .await
            .unwrap()
            .total_count,
        0
    );
    let gone = bench.kms.describe_key(&KeyRef::Alias(alias), &bench.permit, &bench.scope).await.unwrap_err();
    assert_eq!(gone.code(), "Forbidden.AliasNotFound");
}

/// Shows that destroyed material is in no file of the data directory any more, wrapped as it is.
#[tokio::test]
async fn destroyed_material_is_wiped_from_the_files() {
    let bench = Bench::new().await;
    // Among others, so that its row leaves a hole in a page that stays in use.
    let mut keys = Vec::new();
    for _ in 0..9 {
        keys.push(bench.key().await);
    }
    let key = keys.swap_remove(4);
    let version = bench.kms.describe_key(&key, &bench.permit, &bench.scope).await.unwrap().primary_version;
    let material = {
        let catalog = catalog::Catalog::open(bench.directory.path()).await.unwrap();
        catalog.read().key_version_by_id(version).await.unwrap().unwrap().material.unwrap()
    };
    assert!(bench.files_hold_part_of(&material), "the search finds it while it is there");
    bench.kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap();
    bench.clock.advance_days(7);
    bench.kms.destroy_due_keys().await.unwrap();
    // Not even a part: SQLite puts the shorter row over the end of the old one, and only the pragma wipes the rest.
    assert!(!bench.files_hold_part_of(&material));
    assert!(
        bench.kms.encrypt(&keys[0], b"text", &context(&[]), &bench.permit, &bench.scope).await.is_ok(),
        "the others stay"
    );
}

/// Shows that protection stops a deletion, forced or not, until it is taken off.
#[tokio::test]
async fn a_protected_key_is_not_scheduled_for_deletion() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    bench.kms.set_deletion_protection(&key, true, "", &bench.permit, &bench.scope).await.unwrap();
    let error =
        bench.kms.schedule_key_deletion(&key, 7, IfInUse::Proceed, &bench.permit, &bench.scope).await.unwrap_err();
    assert!(matches!(error, kms::KmsError::DeletionProtected { .. }), "{error}");
    bench.kms.set_deletion_protection(&key, false, "", &bench.permit, &bench.scope).await.unwrap();
    assert!(bench.kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, &bench.permit, &bench.scope).await.is_ok());
}

/// Shows that the end of a key takes the material of all its versions, and opens nothing of any of them any more.
#[tokio::test]
async fn all_versions_of_a_key_are_destroyed() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.key().await;
    let mut blobs = Vec::new();
    for _ in 0..3 {
        blobs.push(kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap().blob);
        kms.create_key_version(&key, permit, scope).await.unwrap();
    }
    let versions = kms.list_key_versions(&key, PageRequest::first(), permit, scope).await.unwrap().items;
    assert_eq!(versions.len(), 4);
    kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, permit, scope).await.unwrap();
    bench.clock.advance_days(7);
    kms.destroy_due_keys().await.unwrap();
    for version in versions {
        assert!(!bench.files_hold_part_of(&version.material.unwrap()), "{}", version.id);
    }
    for blob in blobs {
        assert_eq!(code(kms.decrypt(&blob, &context(&[]), permit, scope).await), "Forbidden.KeyNotFound");
    }
}
