//! Snapshots by filter, shared images, and the default encryption of disks.

use catalog::{
    DiskEncryptionDefault, DiskRecord, ImageDiskRecord, ImageFilter, ImageOwner, ImageRecord, ImageShare, ImageUse,
    PageRequest, Scope, SnapshotFilter, SnapshotRecord, Tag, TaggedResource,
};

use crate::image_queries::{at, image, snapshot};
use crate::instance_queries::{disk, instance};
use crate::place::{Place, on_both_engines};

on_both_engines!(
    snapshots_are_found_by_every_filter,
    a_shared_image_is_found_by_both_accounts,
    what_belongs_to_many_images_is_read_at_once,
    an_encryption_default_is_kept_for_each_scope,
);

/// Shows whose images are found by whom, before and after a share.
async fn a_shared_image_is_found_by_both_accounts(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let friend = Scope { account: "2000000000000002".parse().unwrap(), ..Scope::default() };
    for (id, scope) in [("m-1", Scope::default()), ("m-2", Scope::default()), ("m-3", friend.clone())] {
        assert!(write.image_insert(&ImageRecord { scope, ..image(id, "") }).await.unwrap());
    }
    let share = ImageShare { image_id: "m-1".to_owned(), account: friend.account.clone(), shared_at: at(7) };
    for _ in 0..2 {
        write.image_share_insert(&share).await.unwrap();
    }
    let cases = [
        (ImageOwner::Own, &friend, vec!["m-3"]),
        (ImageOwner::Others, &friend, vec!["m-1"]),
        (ImageOwner::Any, &friend, vec!["m-1", "m-3"]),
        (ImageOwner::Others, &Scope::default(), vec![]),
        (ImageOwner::Any, &Scope::default(), vec!["m-1", "m-2"]),
    ];
    for (owner, scope, wanted) in cases {
        let filter = ImageFilter { owner, ..ImageFilter::default() };
        let found = write.read().images_page(&filter, scope, PageRequest::first()).await.unwrap();
        let ids: Vec<&str> = found.items.iter().map(|image| image.id.as_str()).collect();
        assert_eq!(ids, wanted, "{owner:?} {scope:?}");
    }
    assert!(write.read().image_is_shared_with("m-1", &friend.account).await.unwrap());
    assert!(!write.read().image_is_shared_with("m-2", &friend.account).await.unwrap());
    assert_eq!(
        write.read().image_shares_page("m-1", PageRequest::first()).await.unwrap().items,
        std::slice::from_ref(&share)
    );
    write.image_share_delete("m-1", &friend.account).await.unwrap();
    assert_eq!(write.read().image_shares_count("m-1").await.unwrap(), 0);
    write.image_share_insert(&share).await.unwrap();
    write.image_shares_delete("m-1").await.unwrap();
    assert_eq!(write.read().image_shares_count("m-1").await.unwrap(), 0);
    write.commit().await.unwrap();
}

/// Shows that disks, tags and uses of images are found for more of them than one query takes, each with its image, and that nothing is
/// told of those that are not there.
async fn what_belongs_to_many_images_is_read_at_once(place: &Place) {
    const IMAGES: usize = 230;
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let ids: Vec<String> = (0..IMAGES).map(|n| format!("m-{n:03}")).collect();
    let tag = |id: &str| Tag { key: "name".to_owned(), value: id.to_owned() };
    let scope = Scope::default();
    for id in &ids {
        assert!(write.image_insert(&image(id, "")).await.unwrap());
        for position in [1, 0] {
            let snapshot = snapshot(&format!("s-{id}-{position}"), None);
            write.snapshot_insert(&snapshot).await.unwrap();
            let (device, import) = (format!("/dev/{position}"), String::new());
            let (image_id, import_bucket, import_object) = (id.clone(), import.clone(), import);
            let disk = ImageDiskRecord { image_id, position, device, import_bucket, import_object, snapshot };
            write.image_disk_insert(&disk).await.unwrap();
        }
        let (resource_type, resource_id) = ("image".to_owned(), id.clone());
        let resource = TaggedResource { scope: scope.clone(), resource_type, resource_id };
        write.tag_put(&tag(id), &resource).await.unwrap();
    }
    let friend = "2000000000000002".parse().unwrap();
    let share = ImageShare { image_id: ids[7].clone(), account: friend, shared_at: at(7) };
    write.image_share_insert(&share).await.unwrap();
    write.instance_insert(&instance("i-1")).await.unwrap();
    write.disk_insert(&DiskRecord { image_id: ids[207].clone(), ..disk("d-1", "i-1") }).await.unwrap();
    write.commit().await.unwrap();
    let mut read = catalog.read();
    let asked: Vec<&str> = ids.iter().map(String::as_str).chain(["m-nowhere"]).collect();
    let disks = read.images_disks(&asked).await.unwrap();
    let found: Vec<_> = disks.iter().map(|disk| (disk.image_id.as_str(), disk.position)).collect();
    let wanted: Vec<_> = ids.iter().flat_map(|id| [(id.as_str(), 0), (id.as_str(), 1)]).collect();
    assert_eq!(found, wanted);
    assert!(disks.iter().all(|disk| disk.snapshot.id == format!("s-{}-{}", disk.image_id, disk.position)));
    let tags = read.tags_of_resources(("image", &asked), &scope).await.unwrap();
    assert_eq!(tags, ids.iter().map(|id| (id.clone(), tag(id))).collect::<Vec<_>>());
    let mut uses = read.images_uses(&asked, &scope.account).await.unwrap();
    uses.sort_by(|a, b| a.image_id.cmp(&b.image_id));
    let is = |n: usize, id: &String| ids[n] == *id;
    let of = |id: &String| ImageUse { image_id: id.clone(), is_shared: is(7, id), is_used: is(207, id) };
    assert_eq!(uses, ids.iter().map(of).collect::<Vec<_>>());
    let uses = read.images_uses(&asked, &share.account).await.unwrap();
    assert!(uses.iter().all(|one| !one.is_used), "a disk of another account");
    assert!(read.images_disks(&[]).await.unwrap().is_empty());
}

/// Shows that a default that was never set is off, and that each scope has its own.
async fn an_encryption_default_is_kept_for_each_scope(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let elsewhere = Scope { region: "cn-shanghai".parse().unwrap(), ..Scope::default() };
    let on = DiskEncryptionDefault { is_enabled: true, key_id: None };
    for default in [on, DiskEncryptionDefault { is_enabled: false, ..on }, on] {
        write.disk_encryption_default_put(default, &elsewhere).await.unwrap();
        assert_eq!(write.read().disk_encryption_default(&elsewhere).await.unwrap(), default);
    }
    assert_eq!(
        write.read().disk_encryption_default(&Scope::default()).await.unwrap(),
        DiskEncryptionDefault::default()
    );
    write.commit().await.unwrap();
}

/// Shows that each filter finds what it should and nothing else.
async fn snapshots_are_found_by_every_filter(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let of_image = snapshot("s-1", None);
    write.snapshot_insert(&of_image).await.unwrap();
    let alone = SnapshotRecord {
        name: "alone".to_owned(),
        status: "failed".to_owned(),
        disk_type: "data".to_owned(),
        source_disk_id: "d-1".to_owned(),
        created_at: at(3),
        ..snapshot("s-2", None)
    };
    write.snapshot_insert(&alone).await.unwrap();
    assert!(write.image_insert(&image("m-1", "")).await.unwrap());
    let disk = ImageDiskRecord {
        image_id: "m-1".to_owned(),
        position: 0,
        device: "/dev/xvda".to_owned(),
        import_bucket: String::new(),
        import_object: String::new(),
        snapshot: of_image,
    };
    write.image_disk_insert(&disk).await.unwrap();
    write.commit().await.unwrap();
    let text = str::to_owned;
    let any = SnapshotFilter::default;
    let cases = [
        (any(), vec!["s-2", "s-1"]),
        (SnapshotFilter { ids: text("s-1,s-9"), ..any() }, vec!["s-1"]),
        (SnapshotFilter { status: text("failed"), ..any() }, vec!["s-2"]),
        (SnapshotFilter { encrypted: Some(false), ..any() }, vec!["s-2", "s-1"]),
        (SnapshotFilter { encrypted: Some(true), ..any() }, vec![]),
        (SnapshotFilter { key_id: text("a key"), ..any() }, vec![]),
        (SnapshotFilter { disk_type: text("system"), ..any() }, vec!["s-1"]),
        (SnapshotFilter { usage: text("image"), ..any() }, vec!["s-1"]),
        (SnapshotFilter { usage: text("none"), ..any() }, vec!["s-2"]),
        (SnapshotFilter { usage: text("disk"), ..any() }, vec![]),
        (SnapshotFilter { name: text("alone"), ..any() }, vec!["s-2"]),
        (SnapshotFilter { disk_id: text("d-1"), ..any() }, vec!["s-2"]),
        (SnapshotFilter { created_from: Some(at(2)), ..any() }, vec!["s-2"]),
    ];
    for (filter, wanted) in cases {
        let found = catalog.read().snapshots_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        let ids: Vec<&str> = found.items.iter().map(|snapshot| snapshot.id.as_str()).collect();
        assert_eq!((ids, found.total_count), (wanted.clone(), wanted.len() as u64), "{filter:?}");
    }
}
