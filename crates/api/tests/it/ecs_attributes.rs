//! What may be changed of an image, and the image of a family.

use serde_json::{Value, json};

use crate::calls::Client;
use crate::ecs_images::{ECS, REGION, image, import, with_disk};

/// Shows that what is named is changed and the rest stays, and that a dry run changes nothing.
#[tokio::test]
async fn attributes_are_changed_one_by_one() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let id = import(&root).await;
    let of_image = [REGION, ("ImageId", id.as_str())];
    let change = |more: &[(&'static str, &'static str)]| [&of_image[..], more].concat();
    let dry = change(&[("ImageName", "golden-2"), ("DryRun", "true")]);
    assert_eq!(root.code(ECS, "ModifyImageAttribute", &dry).await, (400, "DryRunOperation".to_owned()));
    let named = change(&[("ImageName", "golden-2"), ("ImageFamily", "base"), ("BootMode", "UEFI")]);
    let answer = root.done(ECS, "ModifyImageAttribute", &named).await;
    assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["RequestId"]);
    let details = [("LicenseType", "BYOL"), ("Features.NvmeSupport", "supported"), ("Features.ImdsSupport", "v2")];
    root.done(ECS, "ModifyImageAttribute", &change(&details)).await;
    root.done(ECS, "ModifyImageAttribute", &change(&[("Description", "for tests")])).await;
    let found = image(&root, &id).await;
    for (field, wanted) in
        [("ImageName", "golden-2"), ("ImageFamily", "base"), ("BootMode", "UEFI"), ("Description", "for tests")]
    {
        assert_eq!(found[field], wanted, "{found}");
    }
    assert_eq!(found["LicenseType"], "BYOL");
    let features = &found["Features"];
    assert_eq!((&features["NvmeSupport"], &features["ImdsSupport"]), (&json!("supported"), &json!("v2")));
    let family = |name: &'static str| {
        let root = &root;
        async move { root.done(ECS, "DescribeImageFromFamily", &[REGION, ("ImageFamily", name)]).await["Image"].clone() }
    };
    let of_family = family("base").await;
    assert_eq!(of_family["ImageId"], json!(id));
    let mapping = &of_family["DiskDeviceMappings"]["DiskDeviceMapping"][0];
    assert_eq!((&mapping["Device"], &mapping["Encrypted"]), (&json!("/dev/xvda"), &Value::Null), "{mapping}");
    assert_eq!(family("other").await, json!({}));
    root.done(ECS, "ModifyImageAttribute", &change(&[("Status", "Deprecated")])).await;
    assert_eq!(family("base").await, json!({}), "a deprecated image is not the family's");
    assert_eq!(image(&root, &id).await["Status"], "Deprecated");
    let copied = root.code(ECS, "CopyImage", &of_image).await;
    assert_eq!(copied, (400, "IncorrectImageStatus".to_owned()), "a deprecated image is not copied");
    root.done(ECS, "ModifyImageAttribute", &change(&[("Status", "Available")])).await;
    assert_eq!(image(&root, &id).await["Status"], "Available");
}

/// Shows the code of every refusal.
#[tokio::test]
async fn attributes_that_break_a_rule_are_refused() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let id = import(&root).await;
    let copied = root.done(ECS, "CopyImage", &[REGION, ("ImageId", &id), ("DestinationImageName", "taken")]).await;
    for (field, value, status, code) in [
        ("ImageName", "1 bad", 400, "InvalidImageName.Malformed"),
        ("ImageName", "taken", 400, "InvalidImageName.Duplicated"),
        ("ImageFamily", "acs:x", 400, "InvalidImageFamily.Malformed"),
        ("Description", "http://x", 400, "InvalidDescription.Malformed"),
        ("Status", "Creating", 400, "InvalidParameter"),
        ("BootMode", "Floppy", 400, "InvalidParameter"),
        ("LicenseType", "Aliyun", 400, "InvalidParameter"),
        ("Features.ImdsSupport", "v3", 400, "InvalidParameter"),
    ] {
        let call = [REGION, ("ImageId", id.as_str()), (field, value)];
        assert_eq!(root.code(ECS, "ModifyImageAttribute", &call).await, (status, code.to_owned()), "{field}={value}");
    }
    let nobody = [REGION, ("ImageId", "m-nothing"), ("ImageName", "free")];
    assert_eq!(root.code(ECS, "ModifyImageAttribute", &nobody).await, (404, "InvalidImageId.NotFound".to_owned()));
    assert!(copied["ImageId"].is_string());
}
