//! The life of keys: use, states, aliases, deletion.

use std::collections::BTreeMap;

use crate::support::{Bench, context, sealed_image};
use kms::{AliasName, IfInUse, KeyRef, KeyState, NewKey, PageRequest, Region, Scope};

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

/// Shows the round trip, and that a blob opens with exactly its own context, in any order of the pairs.
#[tokio::test]
async fn a_data_key_opens_with_its_context_only() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    let made = bench
        .kms
        .generate_data_key(&key, &context(&[("a", "1"), ("b", "2")]), 32, &bench.permit, &bench.scope)
        .await
        .unwrap();
    assert_eq!(made.plaintext.len(), 32);
    assert_eq!(made.ciphertext.blob[..36], *made.ciphertext.key_version_id.to_string().as_bytes());

    let opened = bench
        .kms
        .decrypt(&made.ciphertext.blob, &context(&[("b", "2"), ("a", "1")]), &bench.permit, &bench.scope)
        .await
        .unwrap();
    assert!(opened.plaintext.equals(&made.plaintext));
    assert_eq!((opened.key_id, opened.key_version_id), (made.ciphertext.key_id, made.ciphertext.key_version_id));

    for wrong in [
        &[][..],
        &[("a", "1")],
        &[("a", "1"), ("b", "3")],
        &[("a", "1"), ("b", "2"), ("c", "")],
        &[("a", "12"), ("b", "")],
    ] {
        let error =
            bench.kms.decrypt(&made.ciphertext.blob, &context(wrong), &bench.permit, &bench.scope).await.err().unwrap();
        assert!(matches!(error, kms::KmsError::NotAuthentic), "{wrong:?}: {error}");
    }
}

/// Shows that no changed, cut or extended blob opens.
#[tokio::test]
async fn a_changed_blob_does_not_open() {
    let bench = Bench::new().await;
    let blob =
        bench.kms.encrypt(&bench.key().await, b"text", &context(&[]), &bench.permit, &bench.scope).await.unwrap().blob;
    for byte in 0..blob.len() {
        // 0x20 changes the case of the letters in the version id.
        for bit in [0x01, 0x20, 0x80] {
            let mut changed = blob.clone();
            changed[byte] ^= bit;
            assert!(
                bench.kms.decrypt(&changed, &context(&[]), &bench.permit, &bench.scope).await.is_err(),
                "byte {byte}, bit {bit:#x}"
            );
        }
    }
    for len in 0..blob.len() {
        assert!(
            bench.kms.decrypt(&blob[..len], &context(&[]), &bench.permit, &bench.scope).await.is_err(),
            "{len} bytes"
        );
    }
    assert!(
        bench.kms.decrypt(&[blob.as_slice(), &[0]].concat(), &context(&[]), &bench.permit, &bench.scope).await.is_err()
    );
    assert!(
        bench
            .kms
            .decrypt(&[blob.as_slice(), &[0; 7000]].concat(), &context(&[]), &bench.permit, &bench.scope)
            .await
            .is_err()
    );
    assert!(bench.kms.decrypt(&blob, &context(&[]), &bench.permit, &bench.scope).await.is_ok());
}

/// Shows that the sealed part of one key's blob does not open under another key's version id.
#[tokio::test]
async fn a_blob_cannot_be_moved_to_another_key() {
    let bench = Bench::new().await;
    let one =
        bench.kms.encrypt(&bench.key().await, b"text", &context(&[]), &bench.permit, &bench.scope).await.unwrap().blob;
    let two =
        bench.kms.encrypt(&bench.key().await, b"text", &context(&[]), &bench.permit, &bench.scope).await.unwrap().blob;
    let moved = [&two[..36], &one[36..]].concat();
    let error = bench.kms.decrypt(&moved, &context(&[]), &bench.permit, &bench.scope).await.err().unwrap();
    assert!(matches!(error, kms::KmsError::NotAuthentic), "{error}");
}

/// Shows the limits of lengths, each with what is allowed.
#[tokio::test]
async fn lengths_outside_of_the_limits_are_refused() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    for len in [0, 1025] {
        let error =
            bench.kms.generate_data_key(&key, &context(&[]), len, &bench.permit, &bench.scope).await.err().unwrap();
        assert_eq!(error.to_string(), format!("NumberOfBytes {len} is not allowed: 1 to 1024"));
    }
    assert!(bench.kms.generate_data_key(&key, &context(&[]), 1024, &bench.permit, &bench.scope).await.is_ok());
    let longest = bench.kms.encrypt(&key, &[7; 6144], &context(&[]), &bench.permit, &bench.scope).await.unwrap();
    assert_eq!(
        bench.kms.decrypt(&longest.blob, &context(&[]), &bench.permit, &bench.scope).await.unwrap().plaintext.expose(),
        [7; 6144]
    );
    assert!(bench.kms.encrypt(&key, &[7; 6145], &context(&[]), &bench.permit, &bench.scope).await.is_err());
    for days in [0, 6, 367] {
        let error = bench
            .kms
            .schedule_key_deletion(&key, days, IfInUse::Refuse, &bench.permit, &bench.scope)
            .await
            .unwrap_err();
        assert_eq!(error.code(), "InvalidParameter", "{error}");
    }
    let many: BTreeMap<_, _> = (0..100).map(|number| (number.to_string(), String::new())).collect();
    let many = kms::EncryptionContext::new(many).unwrap();
    assert!(matches!(
        bench.kms.generate_data_key(&key, &many, 32, &bench.permit, &bench.scope).await,
        Err(kms::KmsError::InvalidContext { .. })
    ));
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

/// R10: a key that was disabled while a copy held its data key gets no image.
#[tokio::test]
async fn an_image_is_not_recorded_under_a_key_that_was_disabled_meanwhile() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    let wrapped =
        bench.kms.generate_data_key(&key, &context(&[]), 32, &bench.permit, &bench.scope).await.unwrap().ciphertext;
    bench.kms.disable_key(&key, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap();
    let error = bench
        .kms
        .record_image(&sealed_image(&wrapped, "/images/a.qcow2"), &bench.permit, &bench.scope)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "Rejected.Disabled");
    assert_eq!(
        bench.kms.key_usage(&key, PageRequest::first(), &bench.permit, &bench.scope).await.unwrap().total_count,
        0
    );
}

/// R24: a key that protects images is not disabled or destroyed unless forced, and the refusal lists them.
#[tokio::test]
async fn a_key_in_use_is_guarded() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    let wrapped =
        bench.kms.generate_data_key(&key, &context(&[]), 32, &bench.permit, &bench.scope).await.unwrap().ciphertext;
    for path in ["/images/a.qcow2", "/images/b.qcow2", "/images/a.qcow2"] {
        bench.kms.record_image(&sealed_image(&wrapped, path), &bench.permit, &bench.scope).await.unwrap();
    }
    for refused in [
        bench.kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, &bench.permit, &bench.scope).await,
        bench.kms.disable_key(&key, IfInUse::Refuse, &bench.permit, &bench.scope).await,
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(error, kms::KmsError::KeyInUse { total_count: 2, .. }), "{error}");
        assert!(error.to_string().ends_with("/images/b.qcow2, /images/a.qcow2"), "{error}");
    }
    assert_eq!(bench.kms.describe_key(&key, &bench.permit, &bench.scope).await.unwrap().state, KeyState::Enabled);
    let forced = bench.kms.schedule_key_deletion(&key, 7, IfInUse::Proceed, &bench.permit, &bench.scope).await.unwrap();
    assert_eq!(forced.state, KeyState::PendingDeletion);
    // A file that lost its envelope is still found.
    let found = bench.kms.images_by_luks_uuid("luks-uuid").await.unwrap();
    assert_eq!(
        found.iter().map(|record| record.image.path.as_str()).collect::<Vec<_>>(),
        ["/images/a.qcow2", "/images/b.qcow2"]
    );
}

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
    assert!(bench.files_hold(&material), "the search finds it while it is there");
    bench.kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap();
    bench.clock.advance_days(7);
    bench.kms.destroy_due_keys().await.unwrap();
    // Not even a part: SQLite puts the shorter row over the end of the old one, and only the pragma wipes the rest.
    for part in material.chunks_exact(16) {
        assert!(!bench.files_hold(part), "{part:?}");
    }
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
