//! What is asked for a page at once.

use catalog::{DiskRecord, ImageDiskRecord, ImageRecord, InstanceRecord, NewJob, Scope, SnapshotRecord, SnapshotUse};

use crate::image_queries::{at, image, insert_blob, snapshot};
use crate::instance_queries::{disk, instance};
use crate::place::{Place, on_both_engines};

on_both_engines!(what_belongs_to_snapshots_is_read_at_once, disks_of_instances_are_read_at_once);

/// Shows what is told of a snapshot that is stored, of one in the making for an image, by itself, and after the image is gone.
async fn what_belongs_to_snapshots_is_read_at_once(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    insert_blob(&mut write, "b1").await;
    let making = ImageRecord { progress: 40, remain_s: Some(9), ..image("m-1", "") };
    assert!(write.image_insert(&making).await.unwrap());
    let of_image = |id: &str, image_id: &str| SnapshotRecord { image_id: image_id.to_owned(), ..snapshot(id, None) };
    let stored = SnapshotRecord { image_id: "m-1".to_owned(), ..snapshot("s-1", Some("b1")) };
    let snapshots = [stored, of_image("s-2", "m-1"), of_image("s-3", ""), of_image("s-4", "m-gone")];
    for snapshot in &snapshots {
        write.snapshot_insert(snapshot).await.unwrap();
    }
    let disk = ImageDiskRecord {
        image_id: "m-1".to_owned(),
        position: 0,
        device: "/dev/xvda".to_owned(),
        import_bucket: String::new(),
        import_object: String::new(),
        snapshot: snapshots[0].clone(),
    };
    write.image_disk_insert(&disk).await.unwrap();
    let job = NewJob {
        id: "t-1".to_owned(),
        scope: Scope::default(),
        action: "CreateSnapshot".to_owned(),
        image_id: "s-3".to_owned(),
        spec: "{}".to_owned(),
        place: String::new(),
        created_at: at(1),
    };
    write.job_insert(&job).await.unwrap();
    let worker = catalog::JobOwner { worker: "w".to_owned(), place: String::new() };
    assert!(write.job_own("t-1", &worker, at(9), at(2)).await.unwrap());
    write.job_advance("t-1", 70).await.unwrap();
    write.commit().await.unwrap();
    let mut uses = catalog.read().snapshots_uses(&["s-1", "s-2", "s-3", "s-4", "s-none"]).await.unwrap();
    uses.sort_by(|a, b| a.snapshot_id.cmp(&b.snapshot_id));
    let of = |id: &str, stored_bytes, is_of_image, progress, remain_s| SnapshotUse {
        snapshot_id: id.to_owned(),
        stored_bytes,
        is_of_image,
        progress,
        remain_s,
    };
    let wanted = [
        of("s-1", 5_000_000_000, true, 40, 9),
        of("s-2", 0, false, 40, 9),
        of("s-3", 0, false, 70, 0),
        of("s-4", 0, false, 0, 0),
    ];
    assert_eq!(uses, wanted);
}

/// Shows that disks come by instance and position, also those of more instances than one query takes, and which instances have disks that no
/// machine has.
async fn disks_of_instances_are_read_at_once(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let ids: Vec<String> = (0..103).map(|n| format!("i-{n:03}")).collect();
    for id in &ids {
        write.instance_insert(&instance(id)).await.unwrap();
        for position in [1, 0] {
            let disk = DiskRecord { position, ..disk(&format!("d-{id}-{position}"), id) };
            write.disk_insert(&disk).await.unwrap();
        }
    }
    let elsewhere = InstanceRecord { host: "host-2".to_owned(), ..instance("i-else") };
    write.instance_insert(&elsewhere).await.unwrap();
    for (id, instance_id, status) in [("d-1", "i-007", "Detaching"), ("d-2", "i-else", "Creating")] {
        let disk = DiskRecord { position: 9, status: status.to_owned(), ..disk(id, instance_id) };
        write.disk_insert(&disk).await.unwrap();
    }
    write.commit().await.unwrap();
    let mut read = catalog.read();
    let asked: Vec<&str> = ids.iter().map(String::as_str).filter(|id| *id != "i-007").collect();
    let found = read.disks_of_instances(&asked).await.unwrap();
    let wanted: Vec<String> = asked.iter().flat_map(|id| [format!("d-{id}-0"), format!("d-{id}-1")]).collect();
    assert_eq!(found.into_iter().map(|disk| disk.id).collect::<Vec<_>>(), wanted);
    assert_eq!(read.instances_with_loose_disks("host-1").await.unwrap(), ["i-007"]);
    assert!(read.instances_with_loose_disks("host-3").await.unwrap().is_empty());
}
