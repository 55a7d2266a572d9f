//! What is remembered of keys for a moment: no change through the same service is missed, and one through another only for that moment.

use std::sync::Arc;

use catalog::REMEMBERED_S;
use crypto::OsRandom;
use kms::{DataDir, IfInUse, KeyRef, Kms, NewKey, RootSource, Tag};

use crate::calls::{MATERIAL, import, imported_key};
use crate::support::{Bench, code, context};

async fn opens(bench: &Bench, kms: &Kms, blob: &[u8]) -> bool {
    kms.decrypt(blob, &context(&[]), &bench.permit, &bench.scope).await.is_ok()
}

async fn seals(bench: &Bench, kms: &Kms, key: &KeyRef) -> bool {
    kms.encrypt(key, b"text", &context(&[]), &bench.permit, &bench.scope).await.is_ok()
}

/// Shows that a key in use which is disabled, or whose deletion is scheduled, refuses at once, and works at once when it may.
#[tokio::test]
async fn a_change_counts_at_once() {
    let bench = Bench::new().await;
    let Bench { kms, permit, scope, .. } = &bench;
    let key = bench.key().await;
    let blob = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap().blob;
    for _ in 0..3 {
        assert!(opens(&bench, kms, &blob).await && seals(&bench, kms, &key).await);
        kms.disable_key(&key, IfInUse::Refuse, permit, scope).await.unwrap();
        assert!(!opens(&bench, kms, &blob).await && !seals(&bench, kms, &key).await);
        kms.enable_key(&key, permit, scope).await.unwrap();
        assert!(opens(&bench, kms, &blob).await && seals(&bench, kms, &key).await);
        kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, permit, scope).await.unwrap();
        assert!(!opens(&bench, kms, &blob).await && !seals(&bench, kms, &key).await);
        kms.cancel_key_deletion(&key, permit, scope).await.unwrap();
    }
}

/// Shows that a new version seals at once, and the old one still opens.
#[tokio::test]
async fn a_new_version_is_used_at_once() {
    let bench = Bench::new().await;
    let Bench { kms, permit, scope, .. } = &bench;
    let key = bench.key().await;
    let old = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap();
    let version = kms.create_key_version(&key, permit, scope).await.unwrap();
    let new = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap();
    assert_eq!(new.key_version_id, version.id);
    assert!(opens(&bench, kms, &old.blob).await && opens(&bench, kms, &new.blob).await);
}

/// Shows that material that is deleted, or destroyed with its key, is gone at once, and that material that comes again works at once.
#[tokio::test]
async fn the_end_of_material_counts_at_once() {
    let bench = Bench::new().await;
    let Bench { kms, permit, scope, .. } = &bench;
    let key = imported_key(&bench).await;
    let blob = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap().blob;
    let opening = async || code(kms.decrypt(&blob, &context(&[]), permit, scope).await);
    assert_eq!(opening().await, "ok");
    kms.delete_key_material(&key, permit, scope).await.unwrap();
    assert_eq!(opening().await, "Rejected.PendingImport");
    import(&bench, &key, &MATERIAL, None).await.unwrap();
    assert_eq!(opening().await, "ok");
    kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, permit, scope).await.unwrap();
    bench.clock.advance_days(7);
    let before = opening().await;
    kms.destroy_due_keys().await.unwrap();
    assert_ne!(opening().await, before, "it is told that the key is gone");
}

/// Shows that a key in use opens when the root key was changed, here and twice by another process, within the same moment.
#[tokio::test]
async fn a_change_of_the_root_key_is_followed() {
    let bench = Bench::new().await;
    let Bench { kms, permit, scope, .. } = &bench;
    let data_dir = DataDir::new(bench.directory.path());
    let other = Kms::open(&data_dir, &RootSource::File, bench.clock.clone(), Arc::new(OsRandom)).await.unwrap();
    let key = bench.key().await;
    let blob = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap().blob;
    assert!(opens(&bench, kms, &blob).await);
    kms.root_rotate().await.unwrap();
    assert!(opens(&bench, kms, &blob).await && seals(&bench, kms, &key).await);
    for _ in 0..2 {
        other.root_rotate().await.unwrap();
        // A key that this service has not seen makes it notice.
        let new = other.create_key(&NewKey::default(), permit, scope).await.unwrap();
        assert!(seals(&bench, kms, &KeyRef::Id(new.id)).await);
    }
    assert!(opens(&bench, kms, &blob).await && seals(&bench, kms, &key).await);
}

/// Shows that rights are judged by the tags and the policy that a key has now.
#[tokio::test]
async fn facts_are_those_of_now() {
    let bench = Bench::new().await;
    let Bench { kms, permit, scope, .. } = &bench;
    let key = bench.key().await;
    assert!(kms.key_facts(&key, scope).await.unwrap().tags.is_empty());
    let tag = Tag { key: "team".to_owned(), value: "a".to_owned() };
    kms.tag_keys(std::slice::from_ref(&key), std::slice::from_ref(&tag), permit, scope).await.unwrap();
    let facts = kms.key_facts(&key, scope).await.unwrap();
    assert_eq!(facts.tags, [tag]);
    let policy = facts.policy.clone();
    kms.untag_keys_wholly(std::slice::from_ref(&key), permit, scope).await.unwrap();
    assert!(kms.key_facts(&key, scope).await.unwrap().tags.is_empty());
    kms.set_key_policy(&key, &policy, permit, scope).await.unwrap();
    assert!(kms.key_facts(&key, scope).await.unwrap().key.policy.is_some());
}

/// Shows the bound for changes by other processes on the same catalog: another service's change is seen when the moment is over.
#[tokio::test]
async fn a_change_of_another_process_is_seen_after_a_moment() {
    let bench = Bench::new().await;
    let Bench { kms, permit, scope, .. } = &bench;
    let data_dir = DataDir::new(bench.directory.path());
    let other = Kms::open(&data_dir, &RootSource::File, bench.clock.clone(), Arc::new(OsRandom)).await.unwrap();
    let key = bench.key().await;
    let blob = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap().blob;
    other.disable_key(&key, IfInUse::Refuse, permit, scope).await.unwrap();
    assert!(!opens(&bench, &other, &blob).await);
    bench.clock.advance(jiff::SignedDuration::from_secs(REMEMBERED_S));
    assert!(!opens(&bench, kms, &blob).await && !seals(&bench, kms, &key).await);
}
