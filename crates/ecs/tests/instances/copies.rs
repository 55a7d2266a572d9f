//! A key that is taken away while a copy comes under it: report R10. No machine is needed.

use kms::{IfInUse, KeyRef};

use crate::lab::{Lab, patiently};

/// The rule of docs/keys.md: a copy whose key is disabled after it got its data key ends CreateFailed with the key and its state, and leaves
/// neither bytes nor a hold on the key. With the key enabled again, the same copy is made.
#[tokio::test(flavor = "multi_thread")]
async fn r10_a_key_disabled_during_a_copy_gets_no_image() {
    let lab = Lab::new().await;
    let key = lab.key().await;
    let plain = lab.idle_image().await;
    let before = lab.names("store/blobs");
    let held = lab.gate.lock.write().await;
    let copy = lab.begin_sealed_image(&plain, Some(&key)).await;
    // All of it is written, verified, and has only to get its name.
    patiently(lab.gate.put_has_come(before.len() + 1)).await;
    assert_eq!(lab.image(&copy).await.status, "Creating");
    let named = KeyRef::Id(key.id);
    lab.rooms.kms.disable_key(&named, IfInUse::Proceed, &lab.permit, &lab.scope).await.unwrap();
    drop(held);
    let failed = patiently(async {
        loop {
            let image = lab.image(&copy).await;
            if image.status != "Creating" {
                return image;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    assert_eq!(failed.status, "CreateFailed");
    let why = &failed.failure;
    assert!(why.contains(&key.id.to_string()) && why.contains("Disabled"), "{why}");
    lab.rooms.kms.enable_key(&named, &lab.permit, &lab.scope).await.unwrap();
    patiently(async {
        // What is left goes after the image's status has changed.
        while lab.names("store/blobs") != before || !lab.names("store/work").is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        // Nothing holds the key.
        while lab.rooms.kms.disable_key(&named, IfInUse::Refuse, &lab.permit, &lab.scope).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    lab.rooms.kms.enable_key(&named, &lab.permit, &lab.scope).await.unwrap();
    lab.sealed_image(&plain, Some(&key)).await;
}
