//! What a snapshot of an encrypted disk is recorded as, when its job does not go straight to its end. No machine is needed.

use catalog::{JobOwner, SealedImageRecord, Timestamp};
use ecs::{CreateSnapshot, PageRequest};
use kms::KeyId;

use crate::lab::{Lab, patiently};

/// A snapshot is never accomplished without a record under its key, or the key could be deleted as one that nothing is under. Where the record
/// is gone it fails. Where its job is another worker's when the first one comes to its end, the record stays, for whoever goes on with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_recorded_under_its_key_or_fails() {
    let lab = Lab::new().await;
    let named = lab.key().await;
    let (key, plain) = (named.id, lab.idle_image().await);
    let sealed = lab.sealed_image(&plain, Some(&named)).await;
    let new = Lab::new_instances(&sealed);
    let instance = lab.ecs.create_instance(&new, None, &lab.permit, &lab.scope).await.unwrap();
    let disk = lab.instance(&instance).await.unwrap().disks.remove(0).id;
    let before = lab.names("store/blobs");

    let held = lab.gate.lock.write().await;
    let snapshot = begin(&lab, &disk).await;
    // Its file is complete and recorded, and has only to become a blob.
    patiently(lab.gate.put_has_come(before.len() + 1)).await;
    let [record] = &records(&lab, key, &snapshot).await[..] else { panic!("not one record") };
    let mut write = lab.rooms.kms.catalog().write().await.unwrap();
    write.sealed_image_delete(&record.image.image_id, &record.image.path).await.unwrap();
    write.commit().await.unwrap();
    drop(held);
    patiently(becomes(&lab, &snapshot, "failed")).await;
    patiently(async {
        while lab.names("store/blobs") != before {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;

    let held = lab.gate.lock.write().await;
    let snapshot = begin(&lab, &disk).await;
    patiently(lab.gate.put_has_come(before.len() + 2)).await;
    let job = lab.rooms.kms.catalog().read().job_that_makes(&snapshot).await.unwrap().unwrap().job.id;
    let other = JobOwner { worker: "worker-other".to_owned(), place: "elsewhere".to_owned() };
    let mut write = lab.rooms.kms.catalog().write().await.unwrap();
    assert!(write.job_own(&job, &other, Timestamp::MAX, Timestamp::MAX).await.unwrap());
    write.commit().await.unwrap();
    drop(held);
    // The first worker is gone when this returns.
    let lab = lab.restart().await;
    assert_eq!(records(&lab, key, &snapshot).await.len(), 1);
    let mut write = lab.rooms.kms.catalog().write().await.unwrap();
    write.job_release(&job, &other).await.unwrap();
    write.commit().await.unwrap();
    patiently(becomes(&lab, &snapshot, "accomplished")).await;
    assert_eq!(records(&lab, key, &snapshot).await.len(), 1);
}

async fn begin(lab: &Lab, disk: &str) -> String {
    let request = CreateSnapshot { disk_id: disk.to_owned(), ..CreateSnapshot::default() };
    lab.ecs.create_snapshot(&request, None, &lab.permit, &lab.scope).await.unwrap()
}

/// How a snapshot is recorded under a key, but for its use in flight.
async fn records(lab: &Lab, key: KeyId, snapshot: &str) -> Vec<SealedImageRecord> {
    let page = PageRequest::first();
    let mut found = lab.rooms.kms.catalog().read().sealed_images_of_key(key, page).await.unwrap().items;
    found.retain(|record| record.image.path.ends_with(snapshot) && record.image.mode != "copying");
    found
}

async fn becomes(lab: &Lab, snapshot: &str, status: &str) {
    while lab.rooms.kms.catalog().read().snapshot_by_id(snapshot).await.unwrap().unwrap().status != status {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
