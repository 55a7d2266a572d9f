//! A list of images that is longer than anybody makes by hand.

use catalog::{Catalog, ImageRecord, Scope, Timestamp};

use crate::lab::{Lab, said};

/// Writes images that could not be made, of the first account and region, straight into the catalog: `failed-0001` and so on. They count for no
/// quota, and are older than all others.
pub(crate) fn fill(lab: &Lab, count: u32) {
    let begun = lab.place.run("image list");
    assert!(begun.status.success(), "{}", said(&begun));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let catalog = Catalog::open(&lab.place.data()).await.expect("a catalog");
        let mut write = catalog.write().await.expect("a change");
        for number in 1..=count {
            assert!(write.image_insert(&failed(number)).await.expect("an image"), "its name is free");
        }
        write.commit().await.expect("the change");
        catalog.close().await.expect("its end");
    });
}

fn failed(number: u32) -> ImageRecord {
    ImageRecord {
        id: format!("m-{number:020}"),
        scope: Scope::default(),
        name: format!("failed-{number:04}"),
        description: String::new(),
        family: String::new(),
        version: String::new(),
        status: "CreateFailed".to_owned(),
        progress: 0,
        remain_s: None,
        is_copied: false,
        source_image_id: String::new(),
        source_region: String::new(),
        os_type: "linux".to_owned(),
        os_name: String::new(),
        platform: "Others Linux".to_owned(),
        architecture: "x86_64".to_owned(),
        boot_mode: "BIOS".to_owned(),
        license_type: String::new(),
        nvme_support: String::new(),
        imds_support: String::new(),
        failure: String::new(),
        created_at: Timestamp::from_second(i64::from(number)).expect("a time"),
    }
}
