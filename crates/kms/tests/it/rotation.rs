//! New versions of keys, by hand and by the clock.

use catalog::{Clock, Timestamp};
use kms::{IfInUse, KeyRef, KeySpec, KeyUsage, NewKey, Origin, PageRequest, RotationInterval};

use crate::support::{Bench, code, context, id_of};

/// A key rotates on its date and not before; new ciphertexts are made with the new version, and those of all earlier ones still open.
#[tokio::test]
async fn a_key_rotates_on_its_date_and_old_ciphertexts_open() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.make(&NewKey { rotation: Some(days(30)), ..NewKey::default() }).await;
    let still = bench.key().await;
    let mut blobs = Vec::new();
    for round in 0..3 {
        blobs.push(kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap().blob);
        bench.clock.advance_days(29);
        assert_eq!(kms.rotate_due_keys().await.unwrap(), [], "round {round}");
        bench.clock.advance_days(1);
        assert_eq!(kms.rotate_due_keys().await.unwrap(), [id_of(&key)], "round {round}");
        assert_eq!(kms.rotate_due_keys().await.unwrap(), [], "once");
    }
    blobs.push(kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap().blob);
    for blob in &blobs {
        assert_eq!(kms.decrypt(blob, &context(&[]), permit, scope).await.unwrap().plaintext.expose(), b"text");
    }
    let versions = kms.list_key_versions(&key, PageRequest::first(), permit, scope).await.unwrap().items;
    let used: Vec<_> = blobs.iter().map(|blob| String::from_utf8(blob[..36].to_vec()).unwrap()).collect();
    assert_eq!(versions.iter().map(|version| version.id.to_string()).collect::<Vec<_>>(), used, "one each, in order");
    let rotation = bench.describe(&key).await.rotation;
    assert_eq!((rotation.rotated_at, rotation.rotate_at), (Some(at_day(90)), Some(at_day(120))));
    assert_eq!(bench.describe(&still).await.rotation.rotated_at, None);
}

/// A disabled key, or one that waits for its deletion, does not rotate, however overdue. Enabled again it rotates at once: one time, and the
/// next date counts from now.
#[tokio::test]
async fn a_suspended_rotation_is_made_up_for_once() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let new = NewKey { rotation: Some(days(7)), ..NewKey::default() };
    let (disabled, doomed) = (bench.make(&new).await, bench.make(&new).await);
    kms.disable_key(&disabled, IfInUse::Refuse, permit, scope).await.unwrap();
    kms.schedule_key_deletion(&doomed, 366, IfInUse::Refuse, permit, scope).await.unwrap();
    bench.clock.advance_days(100);
    assert_eq!(kms.rotate_due_keys().await.unwrap(), []);
    kms.enable_key(&disabled, permit, scope).await.unwrap();
    assert_eq!(kms.rotate_due_keys().await.unwrap(), [id_of(&disabled)]);
    assert_eq!(kms.rotate_due_keys().await.unwrap(), []);
    assert_eq!(bench.describe(&disabled).await.rotation.rotate_at, Some(at_day(107)));
}

/// A policy that makes a key overdue has it rotate at once; without one it rotates no more; an own new version moves the date.
#[tokio::test]
async fn the_date_follows_the_policy_and_the_last_version() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.key().await;
    bench.clock.advance_days(50);
    let changed = kms.update_rotation_policy(&key, Some(days(30)), permit, scope).await.unwrap();
    assert_eq!(changed.rotation.rotate_at, Some(at_day(50)));
    assert_eq!(kms.rotate_due_keys().await.unwrap(), [id_of(&key)]);

    bench.clock.advance_days(10);
    let made = kms.create_key_version(&key, permit, scope).await.unwrap();
    let record = bench.describe(&key).await;
    assert_eq!((record.primary_version, record.rotation.rotate_at), (made.id, Some(at_day(90))));

    kms.update_rotation_policy(&key, None, permit, scope).await.unwrap();
    bench.clock.advance_days(1000);
    assert_eq!(kms.rotate_due_keys().await.unwrap(), []);
    let record = bench.describe(&key).await;
    assert_eq!((record.rotation.enabled, record.rotation.rotate_at), (false, None));
}

/// Imported material and key pairs do not rotate; imported keys have no further versions either.
#[tokio::test]
async fn keys_with_imported_material_and_pairs_do_not_rotate() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let external = crate::calls::imported_key(&bench).await;
    let pair = bench.pair(KeySpec::EcP256, KeyUsage::SignVerify).await;
    assert_eq!(code(kms.create_key_version(&external, permit, scope).await), "UnsupportedOperation");
    for key in [&external, &pair] {
        let outcome = kms.update_rotation_policy(key, Some(days(30)), permit, scope).await;
        assert_eq!(code(outcome), "UnsupportedOperation");
    }
    for new in [
        NewKey { origin: Origin::External, rotation: Some(days(30)), ..NewKey::default() },
        NewKey { spec: KeySpec::EcP256, rotation: Some(days(30)), ..NewKey::default() },
    ] {
        assert_eq!(code(kms.create_key(&new, permit, scope).await), "UnsupportedOperation");
    }
}

/// Two services on one directory that look at the same time rotate a due key once.
#[tokio::test]
async fn a_due_key_rotates_once_whoever_looks() {
    let bench = Bench::new().await;
    let key = bench.make(&NewKey { rotation: Some(days(7)), ..NewKey::default() }).await;
    bench.clock.advance_days(7);
    let (one, two) = tokio::join!(bench.kms.rotate_due_keys(), bench.kms.rotate_due_keys());
    assert_eq!([one.unwrap(), two.unwrap()].concat(), [id_of(&key)]);
    let versions = bench.kms.list_key_versions(&key, PageRequest::first(), &bench.permit, &bench.scope).await;
    assert_eq!(versions.unwrap().total_count, 2);
}

/// A version is told of its own key only.
#[tokio::test]
async fn a_version_of_another_key_is_not_found() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let (key, other) = (bench.key().await, bench.key().await);
    let version = bench.describe(&other).await.primary_version;
    assert_eq!(code(kms.describe_key_version(&key, version, permit, scope).await), "Forbidden.KeyVersionNotFound");
    let found = kms.describe_key_version(&other, version, permit, scope).await.unwrap();
    assert_eq!((KeyRef::Id(found.key_id), found.created_at), (other, bench.clock.now()));
}

fn days(days: u32) -> RotationInterval {
    format!("{days}d").parse().unwrap()
}

/// So many days after the clock of the bench began.
fn at_day(days: i64) -> Timestamp {
    Timestamp::from_second(days * 24 * 60 * 60).unwrap()
}
