//! Images and snapshots of instances, and disks that are replaced.

use std::time::Duration;

use ecs::{
    CreateImage, CreateSnapshot, EcsError, Encryption, InstanceError, NewDataDisk, NewImage, ReplaceSystemDisk,
    SnapshotFilter,
};
use kms::PageRequest;

use crate::lab::{Lab, patiently};

/// An image of an encrypted instance is encrypted, each disk under its own key, and what runs from it sees the same bytes. The instance is
/// not started while it is read.
#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_instance_gives_an_encrypted_image() {
    gives_an_encrypted_image(&Lab::new().await).await;
}

async fn gives_an_encrypted_image(lab: &Lab) {
    let key = lab.key().await;
    let (plain, line) = lab.plain_image(6).await;
    let sealed = lab.sealed_image(&plain, Some(&key)).await;
    let other = lab.key().await;
    let encryption = Encryption { encrypted: Some(true), key: Some(other.id.to_string()) };
    let data = NewDataDisk { size_gib: Some(1), encryption, ..NewDataDisk::default() };
    let request = ecs::NewInstances { data_disks: vec![data], ..Lab::new_instances(&sealed) };
    let id = lab.run(&request).await.unwrap();
    lab.becomes(&id, "Stopped").await;
    let request = CreateImage {
        instance_id: id.clone(),
        image: NewImage { name: "golden".to_owned(), ..NewImage::default() },
        ..CreateImage::default()
    };
    let image = lab.ecs.create_image(&request, None, &lab.permit, &lab.scope).await.unwrap();
    match lab.ecs.start_instance(&id, &lab.permit, &lab.scope).await {
        Err(EcsError::Instance(InstanceError::BeingRead { .. })) => {}
        // The job was faster.
        Ok(()) => lab.becomes(&id, "Stopped").await,
        Err(error) => panic!("{error}"),
    }
    lab.image_is_made(&image).await;
    let disks = lab.rooms.kms.catalog().read().image_disks(&image).await.unwrap();
    let keys: Vec<_> = disks.iter().map(|disk| disk.snapshot.content.key_id).collect();
    assert_eq!(keys, [Some(key.id), Some(other.id)]);
    lab.ecs.delete_instance(&id, false, &lab.permit, &lab.scope).await.unwrap();
    let again = lab.run(&Lab::new_instances(&image)).await.unwrap();
    assert_eq!(lab.last_words(&again).await, line);
    assert_eq!(lab.instance(&again).await.unwrap().disks[1].key_id, Some(other.id));
}

/// Shows the same three where the catalog is on PostgreSQL and the blobs are in a bucket.
#[tokio::test(flavor = "multi_thread")]
async fn images_of_instances_are_made_on_postgresql_and_s3() {
    let lab = Lab::on_postgresql_and_s3().await;
    ends_the_making(&lab).await;
    gives_an_encrypted_image(&lab).await;
    exchanges_disks(&lab).await;
}

/// An image that is deleted while it is being made is not made, and nothing of it is left.
#[tokio::test(flavor = "multi_thread")]
async fn deleting_an_image_ends_its_making() {
    ends_the_making(&Lab::new().await).await;
}

async fn ends_the_making(lab: &Lab) {
    let (plain, _) = lab.plain_image(9).await;
    let id = lab.ecs.create_instance(&Lab::new_instances(&plain), None, &lab.permit, &lab.scope).await.unwrap();
    let request = CreateImage { instance_id: id.clone(), ..CreateImage::default() };
    let image = lab.ecs.create_image(&request, None, &lab.permit, &lab.scope).await.unwrap();
    lab.ecs.delete_image(&image, false, &lab.permit, &lab.scope).await.unwrap();
    assert!(lab.rooms.kms.catalog().read().image_by_id(&image).await.unwrap().is_none());
    patiently(async {
        while lab.blob_count() > 1 || !lab.names("store/work").is_empty() {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    })
    .await;
    lab.ecs.start_instance(&id, &lab.permit, &lab.scope).await.unwrap();
}

/// A snapshot of a disk is under its key, and an image that is made from it runs. A system disk is replaced, and made as it was.
#[tokio::test(flavor = "multi_thread")]
async fn disks_are_snapshotted_replaced_and_made_anew() {
    exchanges_disks(&Lab::new().await).await;
}

async fn exchanges_disks(lab: &Lab) {
    let key = lab.key().await;
    let (first, one) = lab.plain_image(7).await;
    let (second, two) = lab.plain_image(8).await;
    let sealed = lab.sealed_image(&first, Some(&key)).await;
    let id = lab.run(&Lab::new_instances(&sealed)).await.unwrap();
    assert_eq!(lab.last_words(&id).await, one);
    let disk = lab.instance(&id).await.unwrap().disks.remove(0);
    let request = CreateSnapshot { disk_id: disk.id.clone(), ..CreateSnapshot::default() };
    let snapshot = lab.ecs.create_snapshot(&request, None, &lab.permit, &lab.scope).await.unwrap();
    let filter =
        SnapshotFilter { ids: snapshot.clone(), status: "accomplished".to_owned(), ..SnapshotFilter::default() };
    let made = patiently(async {
        loop {
            let page = PageRequest::first();
            let found = lab.ecs.describe_snapshots(&filter, &[], page, &lab.permit, &lab.scope).await.unwrap();
            match found.items.into_iter().next() {
                Some(found) => return found.snapshot,
                None => tokio::time::sleep(Duration::from_millis(30)).await,
            }
        }
    });
    assert_eq!(made.await.content.key_id, Some(key.id));
    let of_snapshot = ecs::NewImageDisk { snapshot_id: snapshot, ..ecs::NewImageDisk::default() };
    let request = CreateImage { disks: vec![of_snapshot], ..CreateImage::default() };
    let image = lab.ecs.create_image(&request, None, &lab.permit, &lab.scope).await.unwrap();
    let other = lab.run(&Lab::new_instances(&image)).await.unwrap();
    assert_eq!(lab.last_words(&other).await, one);

    let request = ReplaceSystemDisk { instance_id: id.clone(), image_id: second, ..ReplaceSystemDisk::default() };
    let new = lab.ecs.replace_system_disk(&request, None, &lab.permit, &lab.scope).await.unwrap();
    assert_eq!(lab.names(&format!("instances/{id}/disks")), [format!("{new}.qcow2")]);
    for _ in 0..2 {
        lab.ecs.start_instance(&id, &lab.permit, &lab.scope).await.unwrap();
        assert_eq!(lab.last_words(&id).await, two);
        lab.ecs.reinit_disk(&new, &lab.permit, &lab.scope).await.unwrap();
        assert_eq!(lab.names(&format!("instances/{id}/disks")).len(), 1);
    }
}
