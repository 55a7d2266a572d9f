//! Images, snapshots, blobs, jobs and client tokens.

use catalog::{
    BlobRecord, ClientToken, DiskContent, ImageDiskRecord, ImageFilter, ImageOrder, ImageRecord, ImageSort, JobFilter,
    JobOwner, NewJob, PageRequest, Scope, SnapshotRecord, Timestamp, Write,
};

use crate::place::{Place, on_both_engines};

on_both_engines!(
    an_image_is_read_as_it_was_written,
    images_are_found_by_every_filter,
    images_are_sorted_by_every_column,
    a_name_is_taken_once_in_a_scope,
    progress_never_goes_back,
    a_blob_goes_with_its_last_snapshot,
    jobs_are_taken_in_order_and_by_one,
    a_client_token_is_remembered_until_its_time,
);

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn image(id: &str, name: &str) -> ImageRecord {
    ImageRecord {
        id: id.to_owned(),
        scope: Scope::default(),
        name: name.to_owned(),
        description: "text".to_owned(),
        family: String::new(),
        version: String::new(),
        status: "Available".to_owned(),
        progress: 100,
        remain_s: None,
        is_copied: false,
        source_image_id: String::new(),
        source_region: String::new(),
        os_type: "linux".to_owned(),
        os_name: String::new(),
        platform: "Others Linux".to_owned(),
        architecture: "x86_64".to_owned(),
        boot_mode: "BIOS".to_owned(),
        license_type: "BYOL".to_owned(),
        nvme_support: "supported".to_owned(),
        imds_support: String::new(),
        failure: String::new(),
        created_at: at(1),
    }
}

pub(crate) fn snapshot(id: &str, blob: Option<&str>) -> SnapshotRecord {
    SnapshotRecord {
        id: id.to_owned(),
        scope: Scope::default(),
        name: String::new(),
        description: String::new(),
        status: "accomplished".to_owned(),
        disk_type: "system".to_owned(),
        image_id: String::new(),
        source_disk_id: String::new(),
        content: DiskContent {
            virtual_bytes: 1 << 40,
            format: "qcow2".to_owned(),
            blob_id: blob.map(str::to_owned),
            mode: "import".to_owned(),
            ..DiskContent::default()
        },
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) async fn insert_blob(write: &mut Write, id: &str) {
    let blob = BlobRecord {
        id: id.to_owned(),
        region: Scope::default().region,
        bytes: 5_000_000_000,
        sealed_id: String::new(),
        created_at: at(1),
        dropped_at: None,
    };
    write.blob_insert(&blob).await.unwrap();
}

/// Shows that every field of an image, its disks and their snapshots survives, and what an update changes.
async fn an_image_is_read_as_it_was_written(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let mut image = ImageRecord { remain_s: Some(7), is_copied: true, ..image("m-1", "one") };
    assert!(write.image_insert(&image).await.unwrap());
    insert_blob(&mut write, "b1").await;
    let mut snapshot = snapshot("s-1", None);
    write.snapshot_insert(&snapshot).await.unwrap();
    let disk = ImageDiskRecord {
        image_id: image.id.clone(),
        position: 0,
        device: "/dev/xvda".to_owned(),
        import_bucket: "bucket".to_owned(),
        import_object: "object".to_owned(),
        snapshot: snapshot.clone(),
    };
    write.image_disk_insert(&disk).await.unwrap();
    assert_eq!(write.read().image_disks("m-1").await.unwrap(), std::slice::from_ref(&disk));
    snapshot.content.blob_id = Some("b1".to_owned());
    snapshot.content.verified_at = Some(at(9));
    assert!(write.snapshot_update(&snapshot).await.unwrap());
    (image.status, image.failure, image.progress) = ("CreateFailed".to_owned(), "why".to_owned(), 40);
    assert!(write.image_update(&image).await.unwrap());
    write.commit().await.unwrap();
    let mut read = catalog.read();
    assert_eq!(read.image_by_id("m-1").await.unwrap().unwrap(), image);
    assert_eq!(read.image_by_name("one", &Scope::default()).await.unwrap().unwrap(), image);
    assert_eq!(read.image_disks("m-1").await.unwrap(), [ImageDiskRecord { snapshot, ..disk }]);
    assert_eq!(read.images_of_snapshot("s-1").await.unwrap(), ["m-1"]);
}

/// Shows that each filter finds what it should and nothing else, and that no text is a pattern.
async fn images_are_found_by_every_filter(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let images = [
        image("m-1", "golden_1"),
        ImageRecord { status: "Creating".to_owned(), created_at: at(2), ..image("m-2", "golden%2") },
        ImageRecord { family: "base".to_owned(), os_type: "windows".to_owned(), created_at: at(3), ..image("m-3", "") },
        ImageRecord {
            architecture: "arm64".to_owned(),
            source_image_id: "m-1".to_owned(),
            created_at: at(4),
            ..image("m-4", "Über")
        },
    ];
    for image in &images {
        assert!(write.image_insert(image).await.unwrap());
    }
    write.commit().await.unwrap();
    let text = str::to_owned;
    let any = ImageFilter::default;
    let cases = [
        (any(), vec!["m-4", "m-3", "m-2", "m-1"]),
        (ImageFilter { statuses: text("Creating,Waiting"), ..any() }, vec!["m-2"]),
        (ImageFilter { statuses: text("Creat"), ..any() }, vec![]),
        (ImageFilter { ids: text("m-3,m-1,m-9"), ..any() }, vec!["m-3", "m-1"]),
        (ImageFilter { name_part: text("golden"), ..any() }, vec!["m-2", "m-1"]),
        (ImageFilter { name_part: text("n%2"), ..any() }, vec!["m-2"]),
        (ImageFilter { name_part: text("golden?1"), ..any() }, vec![]),
        (ImageFilter { family: text("base"), ..any() }, vec!["m-3"]),
        (ImageFilter { os_type: text("windows"), ..any() }, vec!["m-3"]),
        (ImageFilter { architecture: text("arm64"), ..any() }, vec!["m-4"]),
        (ImageFilter { snapshot_id: text("s-1"), ..any() }, vec![]),
        (ImageFilter { search: text("GOLDEN%"), ..any() }, vec!["m-2"]),
        (ImageFilter { search: text("M-3"), ..any() }, vec!["m-3"]),
        (ImageFilter { search: text("ÜBER"), ..any() }, vec!["m-4"]),
        (ImageFilter { source_image_id: text("m-1"), ..any() }, vec!["m-4"]),
        (ImageFilter { is_encrypted: Some(true), ..any() }, vec![]),
        (ImageFilter { created_from: Some(at(2)), created_to: Some(at(3)), ..any() }, vec!["m-3", "m-2"]),
    ];
    for (filter, wanted) in cases {
        let found = catalog.read().images_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        let ids: Vec<&str> = found.items.iter().map(|image| image.id.as_str()).collect();
        assert_eq!((ids, found.total_count), (wanted.clone(), wanted.len() as u64), "{filter:?}");
    }
}

/// Shows that a list has each of its orders, both ways, on pages that together have each image once.
async fn images_are_sorted_by_every_column(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for (number, name, status, gib) in [(1, "b", "Available", 2), (2, "A", "Waiting", 3), (3, "", "Creating", 1)] {
        let id = format!("m-{number}");
        let image = ImageRecord { status: status.to_owned(), created_at: at(number), ..image(&id, name) };
        assert!(write.image_insert(&image).await.unwrap());
        let mut snapshot = snapshot(&format!("s-{number}"), None);
        snapshot.content.virtual_bytes = gib << 30;
        write.snapshot_insert(&snapshot).await.unwrap();
        let disk = ImageDiskRecord {
            image_id: id,
            position: 0,
            device: "/dev/xvda".to_owned(),
            import_bucket: String::new(),
            import_object: String::new(),
            snapshot,
        };
        write.image_disk_insert(&disk).await.unwrap();
    }
    write.commit().await.unwrap();
    for (by, wanted) in [
        (ImageSort::Created, "m-1 m-2 m-3"),
        (ImageSort::Name, "m-2 m-1 m-3"),
        (ImageSort::Status, "m-1 m-3 m-2"),
        (ImageSort::Size, "m-3 m-1 m-2"),
    ] {
        for is_ascending in [true, false] {
            let filter = ImageFilter { order: ImageOrder { by, is_ascending }, ..ImageFilter::default() };
            let mut ids = Vec::new();
            for number in 1..=3 {
                let page = PageRequest::new(number, 1).unwrap();
                let found = catalog.read().images_page(&filter, &Scope::default(), page).await.unwrap();
                ids.extend(found.items.into_iter().map(|image| image.id));
            }
            if !is_ascending {
                ids.reverse();
            }
            assert_eq!(ids.join(" "), wanted, "{filter:?}");
        }
    }
    // None is encrypted: what is alike comes by its id.
    let order = ImageOrder { by: ImageSort::Encryption, is_ascending: false };
    let filter = ImageFilter { order, ..ImageFilter::default() };
    let found = catalog.read().images_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
    assert_eq!(found.items.iter().map(|image| image.id.as_str()).collect::<Vec<_>>(), ["m-1", "m-2", "m-3"]);
}

/// Shows that a name stands for one image of a scope, that another scope has names of its own, and that no name is not a name.
async fn a_name_is_taken_once_in_a_scope(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let elsewhere = Scope { region: "cn-shanghai".parse().unwrap(), ..Scope::default() };
    assert!(write.image_insert(&image("m-1", "one")).await.unwrap());
    assert!(!write.image_insert(&image("m-2", "one")).await.unwrap());
    assert!(write.image_insert(&ImageRecord { scope: elsewhere, ..image("m-3", "one") }).await.unwrap());
    assert!(write.image_insert(&image("m-4", "")).await.unwrap());
    assert!(write.image_insert(&image("m-5", "")).await.unwrap());
    write.commit().await.unwrap();
    assert_eq!(catalog.read().images_count(&Scope::default()).await.unwrap(), 3);
}

/// Shows that progress only rises, and only while the image is being made.
async fn progress_never_goes_back(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let creating = ImageRecord { status: "Creating".to_owned(), progress: 0, ..image("m-1", "") };
    assert!(write.image_insert(&creating).await.unwrap());
    for (progress, wanted) in [(30, 30), (10, 30), (40, 40)] {
        write.image_advance("m-1", progress, Some(5)).await.unwrap();
        assert_eq!(write.read().image_by_id("m-1").await.unwrap().unwrap().progress, wanted);
    }
    write.image_update(&image("m-1", "")).await.unwrap();
    write.image_advance("m-1", 50, None).await.unwrap();
    assert_eq!(write.read().image_by_id("m-1").await.unwrap().unwrap().progress, 100);
    write.commit().await.unwrap();
}

/// Shows that a blob is dropped when its last snapshot is gone and not before, and is forgotten only when it was dropped.
async fn a_blob_goes_with_its_last_snapshot(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    insert_blob(&mut write, "b1").await;
    for id in ["s-1", "s-2"] {
        write.snapshot_insert(&snapshot(id, Some("b1"))).await.unwrap();
    }
    write.snapshot_delete("s-1").await.unwrap();
    write.blob_drop_if_unused("b1", at(5)).await.unwrap();
    write.blob_delete("b1").await.unwrap();
    assert!(write.read().blob_by_id("b1").await.unwrap().unwrap().dropped_at.is_none());
    write.snapshot_delete("s-2").await.unwrap();
    write.blob_drop_if_unused("b1", at(6)).await.unwrap();
    let dropped = write.read().blobs_dropped(10).await.unwrap();
    assert_eq!(
        dropped.iter().map(|blob| (blob.id.as_str(), blob.dropped_at)).collect::<Vec<_>>(),
        [("b1", Some(at(6)))]
    );
    write.blob_delete("b1").await.unwrap();
    assert!(write.read().blob_by_id("b1").await.unwrap().is_none());
    write.commit().await.unwrap();
}

/// A process of one data directory.
fn worker(name: &str) -> JobOwner {
    JobOwner { worker: name.to_owned(), place: "data-1".to_owned() }
}

/// Shows that jobs of a region are taken in the order of arrival, each by one worker until its time is over, and end once.
async fn jobs_are_taken_in_order_and_by_one(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let region = Scope::default().region;
    for id in ["t-2", "t-1"] {
        let job = NewJob {
            id: id.to_owned(),
            scope: Scope::default(),
            action: "CopyImage".to_owned(),
            image_id: "m-1".to_owned(),
            spec: format!(r#"{{"disks":[{{"blob":"b-of-{id}"}}]}}"#),
            place: String::new(),
            created_at: at(1),
        };
        write.job_insert(&job).await.unwrap();
    }
    assert_eq!(write.read().job_to_take(&region, ["data-1", "host-1"], at(10)).await.unwrap().unwrap().job.id, "t-2");
    assert!(write.job_own("t-2", &worker("a"), at(20), at(10)).await.unwrap());
    assert!(!write.job_own("t-2", &worker("b"), at(25), at(15)).await.unwrap(), "another works on it");
    assert!(write.job_own("t-2", &worker("a"), at(30), at(15)).await.unwrap(), "its owner may go on");
    assert_eq!(write.read().job_to_take(&region, ["data-1", "host-1"], at(15)).await.unwrap().unwrap().job.id, "t-1");
    assert_eq!(write.read().jobs_owned_count(&region, at(15)).await.unwrap(), 1);
    assert_eq!(
        write.read().job_to_take(&region, ["data-1", "host-1"], at(30)).await.unwrap().unwrap().job.id,
        "t-2",
        "its time is over"
    );
    let elsewhere = JobOwner { place: "data-2".to_owned(), ..worker("c") };
    assert_eq!(write.jobs_disown_others(&elsewhere).await.unwrap(), 0, "a process of another directory may live");
    assert_eq!(write.jobs_disown_others(&worker("a")).await.unwrap(), 0, "its own go on");
    assert_eq!(write.jobs_disown_others(&worker("b")).await.unwrap(), 1);
    assert!(write.job_own("t-2", &worker("b"), at(40), at(16)).await.unwrap());
    write.job_release("t-2", &worker("a")).await.unwrap();
    assert_eq!(write.read().jobs_owned_count(&region, at(16)).await.unwrap(), 1, "it is not a's to let go");
    write.job_release("t-2", &worker("b")).await.unwrap();
    assert_eq!(write.read().jobs_owned_count(&region, at(16)).await.unwrap(), 0);
    assert!(write.job_own("t-2", &worker("b"), at(40), at(16)).await.unwrap());
    write.job_advance("t-2", 60).await.unwrap();
    write.job_advance("t-2", 50).await.unwrap();
    assert_eq!(write.read().job_by_id("t-2").await.unwrap().unwrap().progress, 60);
    let unfinished =
        |jobs: Vec<catalog::JobRecord>| jobs.into_iter().map(|job| (job.sequence, job.job.id)).collect::<Vec<_>>();
    let all = unfinished(write.read().jobs_unfinished_after(0).await.unwrap());
    assert_eq!(all.iter().map(|(_, id)| id.as_str()).collect::<Vec<_>>(), ["t-2", "t-1"]);
    assert_eq!(unfinished(write.read().jobs_unfinished_after(all[0].0).await.unwrap()), all[1..]);
    assert!(write.job_end("t-2", None, "Failed", ("Code", "why"), at(17)).await.unwrap());
    assert!(!write.job_end("t-2", None, "Finished", ("", ""), at(18)).await.unwrap(), "it is over");
    for (blob, since, is_over) in
        [("b-of-t-2", 17, true), ("b-of-t-2", 18, false), ("b-of-t-1", 0, false), ("b-of-t-3", 0, false)]
    {
        assert_eq!(write.read().blob_is_of_ended_job(blob, at(since)).await.unwrap(), is_over, "{blob} {since}");
    }
    assert!(!write.job_own("t-2", &worker("b"), at(40), at(19)).await.unwrap());
    assert_eq!(write.read().jobs_unfinished_count(&region).await.unwrap(), 1);
    assert!(write.job_end("t-1", None, "Finished", ("", ""), at(20)).await.unwrap());
    let copies = JobFilter { actions: "ImportImage,CopyImage".to_owned(), ..JobFilter::default() };
    let page = write.read().jobs_page(&copies, &Scope::default(), PageRequest::first()).await.unwrap();
    let ends: Vec<_> = page.items.iter().map(|job| (job.job.id.as_str(), job.state.as_str(), job.progress)).collect();
    assert_eq!(ends, [("t-1", "Finished", 100), ("t-2", "Failed", 60)]);
    for (filter, wanted) in [
        (JobFilter { actions: "ImportImage".to_owned(), ..JobFilter::default() }, 0),
        (JobFilter { ids: "t-1,t-9".to_owned(), ..JobFilter::default() }, 1),
        (JobFilter { states: "Failed,Cancelled".to_owned(), ..JobFilter::default() }, 1),
        (JobFilter { image_ids: "m-1".to_owned(), ..JobFilter::default() }, 2),
        (JobFilter { created_from: Some(at(2)), ..JobFilter::default() }, 0),
        (JobFilter { created_to: Some(at(1)), ..JobFilter::default() }, 2),
        (JobFilter { created_to: Some(at(0)), ..JobFilter::default() }, 0),
    ] {
        let found = write.read().jobs_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        assert_eq!(found.total_count, wanted, "{filter:?}");
    }
    assert_eq!(write.read().job_that_makes("m-1").await.unwrap().unwrap().job.id, "t-1");
    assert_eq!(write.jobs_delete_before(at(18)).await.unwrap(), 1);
    write.commit().await.unwrap();
}

/// Shows that a token stands for one call of one action, and is forgotten in time.
async fn a_client_token_is_remembered_until_its_time(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let token = ClientToken {
        account: Scope::default().account,
        action: "CopyImage".to_owned(),
        token: "abc".to_owned(),
        parameters: [7; 32],
        answer: "m-1".to_owned(),
        created_at: at(5),
    };
    write.client_token_insert(&token).await.unwrap();
    let mut read = write.read();
    assert_eq!(read.client_token(&token.account, "CopyImage", "abc").await.unwrap(), Some(token.clone()));
    assert_eq!(read.client_token(&token.account, "RunInstances", "abc").await.unwrap(), None);
    assert_eq!(write.client_tokens_delete_before(at(5)).await.unwrap(), 0);
    assert_eq!(write.client_tokens_delete_before(at(6)).await.unwrap(), 1);
    write.commit().await.unwrap();
}
