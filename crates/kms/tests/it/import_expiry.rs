//! The end of imported material: by its expiry, by DeleteKeyMaterial, and together with the deletion of its key.

use catalog::{Clock, Timestamp};
use kms::{IfInUse, KeyRef, KeyState};

use crate::calls::{MATERIAL, import, imported_key, parameters_for};
use crate::support::{Bench, code, context, id_of};

/// Expired material is gone for every call at its second, before anything was destroyed; then it is destroyed; the same comes again.
#[tokio::test]
async fn expired_material_is_gone_at_once_and_comes_again() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = imported_key(&bench).await;
    let stays = imported_key(&bench).await;
    let sealed = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap();
    import(&bench, &key, &MATERIAL, in_days(&bench, 2)).await.unwrap();
    assert_eq!(bench.describe(&key).await.material_expires_at, in_days(&bench, 2));

    bench.clock.advance_days(1);
    assert_eq!(kms.expire_due_material().await.unwrap(), []);
    assert_eq!(code(kms.decrypt(&sealed.blob, &context(&[]), permit, scope).await), "ok");
    bench.clock.advance_days(1);
    assert_eq!(code(kms.decrypt(&sealed.blob, &context(&[]), permit, scope).await), "Rejected.PendingImport");
    assert_eq!(bench.state(&key).await, KeyState::PendingImport);
    assert_eq!(code(kms.enable_key(&key, permit, scope).await), "Rejected.StateModifiedFailed");

    let material = stored_material(&bench, &key).await.unwrap();
    assert!(bench.files_hold_part_of(&material), "the search finds it while it is there");
    assert_eq!(kms.expire_due_material().await.unwrap(), [id_of(&key)]);
    assert_eq!(kms.expire_due_material().await.unwrap(), [], "once");
    assert!(!bench.files_hold_part_of(&material));
    assert_eq!(bench.describe(&key).await.material_expires_at, None);
    assert_eq!(bench.state(&stays).await, KeyState::Enabled);

    let mut other = MATERIAL;
    other[0] ^= 1;
    assert_eq!(code(import(&bench, &key, &other, None).await), "InvalidKeyMaterial");
    import(&bench, &key, &MATERIAL, None).await.unwrap();
    assert_eq!(kms.decrypt(&sealed.blob, &context(&[]), permit, scope).await.unwrap().plaintext.expose(), b"text");
}

/// A new import moves the expiry or takes it away; one that lies in the past, or is now, is refused and changes nothing (R23).
#[tokio::test]
async fn a_new_import_changes_the_expiry() {
    let bench = Bench::new().await;
    let key = imported_key(&bench).await;
    bench.clock.advance_days(3);
    for days in [0, -1] {
        let outcome = import(&bench, &key, &MATERIAL, in_days(&bench, days)).await;
        assert_eq!(code(outcome), "InvalidParameter", "{days} days from now");
    }
    for expires_at in [in_days(&bench, 1), in_days(&bench, 9), None] {
        import(&bench, &key, &MATERIAL, expires_at).await.unwrap();
        assert_eq!(bench.describe(&key).await.material_expires_at, expires_at);
    }
    bench.clock.advance_days(100);
    assert_eq!(bench.kms.expire_due_material().await.unwrap(), []);
    assert_eq!(bench.state(&key).await, KeyState::Enabled);
}

/// Material comes to a disabled key without enabling it; when the material of a disabled key ends, the key waits for it like any other, and
/// is enabled by it.
#[tokio::test]
async fn a_disabled_key_stays_disabled_until_its_material_ends() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = imported_key(&bench).await;
    kms.disable_key(&key, IfInUse::Refuse, permit, scope).await.unwrap();
    import(&bench, &key, &MATERIAL, in_days(&bench, 1)).await.unwrap();
    assert_eq!(bench.state(&key).await, KeyState::Disabled);
    bench.clock.advance_days(1);
    kms.expire_due_material().await.unwrap();
    assert_eq!(bench.state(&key).await, KeyState::PendingImport);
    import(&bench, &key, &MATERIAL, None).await.unwrap();
    assert_eq!(bench.state(&key).await, KeyState::Enabled);
}

/// While a key waits for its deletion its material can end: the deletion goes on, on its date. Called off, the key waits for material.
#[tokio::test]
async fn material_that_ends_leaves_a_deletion_as_it_is() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let (deleted, expired, swept) =
        (imported_key(&bench).await, imported_key(&bench).await, imported_key(&bench).await);
    for key in [&expired, &swept] {
        import(&bench, key, &MATERIAL, in_days(&bench, 1)).await.unwrap();
    }
    for key in [&deleted, &expired, &swept] {
        kms.schedule_key_deletion(key, 7, IfInUse::Refuse, permit, scope).await.unwrap();
    }
    kms.delete_key_material(&deleted, permit, scope).await.unwrap();
    bench.clock.advance_days(2);
    // Called off before the expired material was destroyed.
    let kept = kms.cancel_key_deletion(&expired, permit, scope).await.unwrap();
    assert_eq!(kept.state, KeyState::PendingImport);
    assert_eq!(kms.expire_due_material().await.unwrap().len(), 2);
    for key in [&deleted, &swept] {
        let waiting = bench.describe(key).await;
        assert_eq!(waiting.state, KeyState::PendingDeletion);
        assert_eq!(waiting.delete_at.unwrap().to_string(), "1970-01-08T00:00:00Z");
        assert_eq!(kms.cancel_key_deletion(key, permit, scope).await.unwrap().state, KeyState::PendingImport);
    }
    for key in [&deleted, &expired, &swept] {
        import(&bench, key, &MATERIAL, None).await.unwrap();
        assert_eq!(bench.state(key).await, KeyState::Enabled);
    }
}

/// The end of a key takes the wrapping keys of its imports with it: whoever kept the wrapped material cannot have it unwrapped any more.
#[tokio::test]
async fn a_destroyed_key_leaves_no_wrapping_key() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let (key, other) = (imported_key(&bench).await, imported_key(&bench).await);
    kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, permit, scope).await.unwrap();
    bench.clock.advance_days(7);
    // GetParametersForImport is allowed while the deletion waits.
    let (doomed, stays) = (parameters_for(&bench, &key).await.unwrap(), parameters_for(&bench, &other).await.unwrap());
    let doomed = stored_wrapping_key(&bench, &doomed.import_token).await.unwrap();
    assert!(bench.files_hold_part_of(&doomed), "the search finds it while it is there");
    kms.destroy_due_keys().await.unwrap();
    assert!(!bench.files_hold_part_of(&doomed));
    assert!(stored_wrapping_key(&bench, &stays.import_token).await.is_some());
}

/// Parameters that nobody can use any more are removed when the next are asked for.
#[tokio::test]
async fn expired_parameters_are_forgotten() {
    let bench = Bench::new().await;
    let key = imported_key(&bench).await;
    let first = parameters_for(&bench, &key).await.unwrap();
    bench.clock.advance_days(2);
    parameters_for(&bench, &key).await.unwrap();
    assert!(stored_wrapping_key(&bench, &first.import_token).await.is_none());
}

fn in_days(bench: &Bench, days: i64) -> Option<Timestamp> {
    Some(Timestamp::from_second(bench.clock.now().as_second() + days * 24 * 60 * 60).unwrap())
}

async fn stored_material(bench: &Bench, key: &KeyRef) -> Option<Vec<u8>> {
    let version = bench.describe(key).await.primary_version;
    bench.kms.catalog().read().key_version_by_id(version).await.unwrap().unwrap().material
}

async fn stored_wrapping_key(bench: &Bench, token: &[u8]) -> Option<Vec<u8>> {
    let id = hex::encode(crypto::digest::sha256(token));
    bench.kms.catalog().read().import_token_by_id(&id).await.unwrap().map(|token| token.private_key)
}
