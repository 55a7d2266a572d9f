//! Instances and their disks.

use catalog::{DiskFilter, DiskRecord, InstanceFilter, InstanceRecord, NewJob, PageRequest, Scope, SnapshotRecord};

use crate::image_queries::{at, insert_blob, snapshot};
use crate::place::{Place, on_both_engines};

on_both_engines!(
    an_instance_is_read_as_it_was_written,
    instances_are_found_by_every_filter,
    disks_are_found_by_every_filter,
    a_blob_stays_under_a_disk,
    jobs_are_done_where_their_files_are,
    jobs_of_the_schema_before_know_their_host,
);

pub(crate) fn instance(id: &str) -> InstanceRecord {
    InstanceRecord {
        id: id.to_owned(),
        scope: Scope::default(),
        name: String::new(),
        description: "text".to_owned(),
        host_name: "host".to_owned(),
        image_id: "m-1".to_owned(),
        instance_type: "ecs.g6.large".to_owned(),
        cpu: 2,
        memory_mib: 8192,
        os_type: "linux".to_owned(),
        os_name: "Debian".to_owned(),
        platform: "Others Linux".to_owned(),
        architecture: "x86_64".to_owned(),
        boot_mode: "BIOS".to_owned(),
        status: "Stopped".to_owned(),
        doing: String::new(),
        status_at: at(1),
        host: "host-1".to_owned(),
        is_protected: false,
        failure: String::new(),
        mac_address: "00:16:3e:00:00:01".to_owned(),
        forwards: "[]".to_owned(),
        created_at: at(1),
        started_at: None,
    }
}

pub(crate) fn disk(id: &str, instance_id: &str) -> DiskRecord {
    DiskRecord {
        id: id.to_owned(),
        scope: Scope::default(),
        instance_id: instance_id.to_owned(),
        position: 0,
        device: "/dev/xvda".to_owned(),
        name: String::new(),
        description: "text".to_owned(),
        category: "cloud_essd".to_owned(),
        status: "In_use".to_owned(),
        virtual_bytes: 1 << 40,
        file: format!("{id}.qcow2"),
        image_id: "m-1".to_owned(),
        snapshot_id: "s-1".to_owned(),
        blob_id: None,
        blob_format: "qcow2".to_owned(),
        blob_key_id: None,
        key_id: None,
        key_version_id: None,
        sealed_id: String::new(),
        created_at: at(1),
    }
}

/// Shows that every field of an instance and of its disks survives, what an update changes, and that both can go.
async fn an_instance_is_read_as_it_was_written(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let mut one = instance("i-1");
    write.instance_insert(&one).await.unwrap();
    insert_blob(&mut write, "b1").await;
    let mut root = DiskRecord { blob_id: Some("b1".to_owned()), ..disk("d-1", "i-1") };
    let data = DiskRecord { position: 1, ..disk("d-2", "i-1") };
    write.disk_insert(&data).await.unwrap();
    write.disk_insert(&root).await.unwrap();
    assert_eq!(write.read().disks_of_instance("i-1").await.unwrap(), [root.clone(), data]);
    (one.name, one.status, one.doing) = ("web".to_owned(), "Stopping".to_owned(), "rebooting".to_owned());
    (one.is_protected, one.failure, one.status_at) = (true, "why".to_owned(), at(9));
    (one.image_id, one.boot_mode, one.started_at) = ("m-2".to_owned(), "UEFI".to_owned(), Some(at(8)));
    assert!(write.instance_update(&one).await.unwrap());
    (root.status, root.file, root.sealed_id) = ("In_use".to_owned(), "new".to_owned(), "sealed".to_owned());
    assert!(write.disk_update(&root).await.unwrap());
    write.commit().await.unwrap();
    let mut read = catalog.read();
    assert_eq!(read.instance_by_id("i-1").await.unwrap().unwrap(), one);
    assert_eq!(read.disk_by_id("d-1").await.unwrap().unwrap(), root);
    let (own, other) = (Scope::default().account, "2000000000000002".parse::<catalog::Account>().unwrap());
    assert_eq!(read.instances_of_image("m-1", &own).await.unwrap(), ["i-1"], "the image that its disks were made of");
    assert_eq!(read.instances_of_image_elsewhere_count("m-1", &own).await.unwrap(), 0);
    assert!(read.instances_of_image("m-1", &other).await.unwrap().is_empty());
    assert_eq!(read.instances_of_image_elsewhere_count("m-1", &other).await.unwrap(), 1);
    assert_eq!(read.instances_of_host_after("host-1", "").await.unwrap(), [one]);
    assert!(read.instances_of_host_after("host-1", "i-1").await.unwrap().is_empty());
    assert!(read.instances_of_host_after("host-2", "").await.unwrap().is_empty());
    let mut write = catalog.write().await.unwrap();
    for id in ["d-1", "d-2"] {
        write.disk_delete(id).await.unwrap();
    }
    write.instance_delete("i-1").await.unwrap();
    assert_eq!(write.read().instances_count(&Scope::default()).await.unwrap(), 0);
    write.commit().await.unwrap();
}

/// Shows that each filter finds what it should and nothing else, and that nobody sees what is being made or deleted.
async fn instances_are_found_by_every_filter(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let text = str::to_owned;
    let instances = [
        InstanceRecord { name: text("web_1"), ..instance("i-1") },
        InstanceRecord { name: text("web_2"), status: text("Running"), created_at: at(2), ..instance("i-2") },
        InstanceRecord { image_id: text("m-3"), instance_type: text("x"), created_at: at(3), ..instance("i-3") },
        InstanceRecord { doing: text("making"), ..instance("i-4") },
        InstanceRecord { doing: text("deleting"), ..instance("i-5") },
        InstanceRecord { doing: text("rebooting"), created_at: at(4), name: text("w%b_1"), ..instance("i-6") },
    ];
    for instance in &instances {
        write.instance_insert(instance).await.unwrap();
    }
    write.commit().await.unwrap();
    let any = InstanceFilter::default;
    let cases = [
        (any(), vec!["i-6", "i-3", "i-2", "i-1"]),
        (InstanceFilter { ids: text("i-1,i-3,i-4"), ..any() }, vec!["i-3", "i-1"]),
        (InstanceFilter { image_id: text("m-3"), ..any() }, vec!["i-3"]),
        (InstanceFilter { status: text("Running"), ..any() }, vec!["i-2"]),
        (InstanceFilter { name: text("web_1"), ..any() }, vec!["i-1"]),
        (InstanceFilter { name: text("web*"), ..any() }, vec!["i-2", "i-1"]),
        (InstanceFilter { name: text("w%b*"), ..any() }, vec!["i-6"]),
        (InstanceFilter { instance_type: text("x"), ..any() }, vec!["i-3"]),
        (InstanceFilter { key_id: text("none"), ..any() }, vec![]),
    ];
    for (filter, wanted) in cases {
        let found = catalog.read().instances_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        let ids: Vec<&str> = found.items.iter().map(|instance| instance.id.as_str()).collect();
        assert_eq!((ids, found.total_count), (wanted.clone(), wanted.len() as u64), "{filter:?}");
    }
    let elsewhere = Scope { region: "cn-shanghai".parse().unwrap(), ..Scope::default() };
    let found = catalog.read().instances_page(&any(), &elsewhere, PageRequest::first()).await.unwrap();
    assert_eq!(found.total_count, 0);
}

/// Shows the same of disks.
async fn disks_are_found_by_every_filter(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let text = str::to_owned;
    write.instance_insert(&instance("i-1")).await.unwrap();
    write.instance_insert(&InstanceRecord { doing: text("making"), ..instance("i-2") }).await.unwrap();
    let disks = [
        DiskRecord { created_at: at(3), ..disk("d-1", "i-1") },
        DiskRecord { position: 1, status: text("Creating"), created_at: at(2), ..disk("d-2", "i-1") },
        DiskRecord { position: 2, snapshot_id: text("s-9"), name: text("data"), ..disk("d-3", "i-1") },
        disk("d-4", "i-2"),
    ];
    for disk in &disks {
        write.disk_insert(disk).await.unwrap();
    }
    write.commit().await.unwrap();
    let any = DiskFilter::default;
    let cases = [
        (any(), vec!["d-1", "d-2", "d-3"]),
        (DiskFilter { ids: text("d-3,d-4"), ..any() }, vec!["d-3"]),
        (DiskFilter { instance_id: text("i-1"), ..any() }, vec!["d-1", "d-2", "d-3"]),
        (DiskFilter { encrypted: Some(true), ..any() }, vec![]),
        (DiskFilter { encrypted: Some(false), disk_type: text("system"), ..any() }, vec!["d-1"]),
        (DiskFilter { disk_type: text("data"), ..any() }, vec!["d-2", "d-3"]),
        (DiskFilter { status: text("Creating"), ..any() }, vec!["d-2"]),
        (DiskFilter { snapshot_id: text("s-9"), ..any() }, vec!["d-3"]),
        (DiskFilter { name: text("data"), category: text("cloud_essd"), ..any() }, vec!["d-3"]),
        (DiskFilter { key_id: text("none"), ..any() }, vec![]),
    ];
    for (filter, wanted) in cases {
        let found = catalog.read().disks_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        let ids: Vec<&str> = found.items.iter().map(|disk| disk.id.as_str()).collect();
        assert_eq!((ids, found.total_count), (wanted.clone(), wanted.len() as u64), "{filter:?}");
    }
}

/// Shows that a blob is dropped when its last disk is gone, and not before.
async fn a_blob_stays_under_a_disk(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    write.instance_insert(&instance("i-1")).await.unwrap();
    insert_blob(&mut write, "b1").await;
    write.disk_insert(&DiskRecord { blob_id: Some("b1".to_owned()), ..disk("d-1", "i-1") }).await.unwrap();
    write.blob_drop_if_unused("b1", at(5)).await.unwrap();
    assert_eq!(write.read().blobs_dropped(9).await.unwrap(), []);
    write.disk_delete("d-1").await.unwrap();
    write.blob_drop_if_unused("b1", at(6)).await.unwrap();
    assert_eq!(write.read().blobs_dropped(9).await.unwrap().len(), 1);
    write.commit().await.unwrap();
}

/// Shows that a job is taken where its files are, by a server's data directory or a host of instances, and holds up no other job there.
async fn jobs_are_done_where_their_files_are(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for (id, place) in [("t-1", "host-1"), ("t-2", "data-2"), ("t-3", "")] {
        let job = NewJob {
            id: id.to_owned(),
            scope: Scope::default(),
            action: "CreateImage".to_owned(),
            image_id: "m-1".to_owned(),
            spec: "{}".to_owned(),
            place: place.to_owned(),
            created_at: at(1),
        };
        write.job_insert(&job).await.unwrap();
    }
    let region = Scope::default().region;
    for (places, first) in
        [(["data-1", "host-1"], "t-1"), (["data-2", "host-2"], "t-2"), (["data-3", ""], "t-3"), (["", ""], "t-3")]
    {
        let job = write.read().job_to_take(&region, places, at(2)).await.unwrap().unwrap();
        assert_eq!(job.job.id, first, "{places:?}");
    }
    write.commit().await.unwrap();
}

/// Shows that a job that reads disks of an instance, and was there before jobs knew their place, is for the host of that instance.
async fn jobs_of_the_schema_before_know_their_host(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    write.instance_insert(&instance("i-1")).await.unwrap();
    write.disk_insert(&disk("d-1", "i-1")).await.unwrap();
    let of_disk = |id: &str, image_id: &str| SnapshotRecord {
        image_id: image_id.to_owned(),
        source_disk_id: "d-1".to_owned(),
        ..snapshot(id, None)
    };
    write.snapshot_insert(&of_disk("s-1", "m-1")).await.unwrap();
    write.snapshot_insert(&of_disk("s-2", "")).await.unwrap();
    let jobs = [("t-1", "CreateImage", "m-1"), ("t-2", "CreateSnapshot", "s-2"), ("t-3", "CopyImage", "m-1")];
    for (id, action, made) in jobs {
        let job = NewJob {
            id: id.to_owned(),
            scope: Scope::default(),
            action: action.to_owned(),
            image_id: made.to_owned(),
            spec: "{}".to_owned(),
            place: String::new(),
            created_at: at(1),
        };
        write.job_insert(&job).await.unwrap();
    }
    write.commit().await.unwrap();
    catalog.close().await.unwrap();
    place.run("ALTER TABLE jobs DROP COLUMN place; ALTER TABLE jobs DROP COLUMN owner_place").await;
    place.run("DROP INDEX images_of_region").await;
    place.run(place.choose("PRAGMA user_version = 18", "UPDATE catalog_schema SET schema = 18")).await;
    let catalog = place.open().await;
    for ((id, ..), wanted) in jobs.into_iter().zip(["host-1", "host-1", ""]) {
        assert_eq!(catalog.read().job_by_id(id).await.unwrap().unwrap().job.place, wanted, "{id}");
    }
}
