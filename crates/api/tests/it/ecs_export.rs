//! Exports of plain images.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::calls::Client;
use crate::ecs_images::{ECS, REGION, image, import, until_available, with_disk};

async fn until_over(root: &Client<'_>, task: &str) -> Value {
    let limit = Instant::now() + Duration::from_secs(60);
    loop {
        let shown = root.done(ECS, "DescribeTaskAttribute", &[REGION, ("TaskId", task)]).await;
        if shown["TaskStatus"] != "Processing" {
            return shown;
        }
        assert!(Instant::now() < limit, "{shown}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Shows that a raw export holds what was imported, that other formats are those that they are called, and that the image stays.
#[tokio::test]
async fn a_plain_image_is_exported_in_every_format() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let id = import(&root).await;
    let bucket = running.services.bucket();
    for (format, magic) in [("raw", &[0, 1, 2, 3][..]), ("qcow2", b"QFI\xfb"), ("vhd", b"conectix")] {
        let call =
            [REGION, ("ImageId", &id), ("OSSBucket", "golden"), ("OSSPrefix", "nightly"), ("ImageFormat", format)];
        let made = root.done(ECS, "ExportImage", &call).await;
        assert_eq!(made["RegionId"], "cn-hangzhou");
        let shown = until_over(&root, made["TaskId"].as_str().unwrap()).await;
        assert_eq!(
            (&shown["TaskStatus"], &shown["TaskAction"]),
            (&json!("Finished"), &json!("ExportImage")),
            "{shown}"
        );
        let file = std::fs::read(bucket.join(format!("nightly{id}_xvda.{format}"))).unwrap();
        assert_eq!(&file[..magic.len()], magic, "{format}");
        if format == "raw" {
            assert!(file == std::fs::read(bucket.join("disk.raw")).unwrap(), "the content differs");
        }
    }
    let names = std::fs::read_dir(&bucket).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("nightly")).count(), 3, "nothing but the files");
    assert_eq!(image(&root, &id).await["Status"], "Available");
    let tasks = root.done(ECS, "DescribeTasks", &[REGION, ("TaskAction", "ExportImage")]).await;
    assert_eq!(tasks["TotalCount"], 3);
}

/// Shows that an export follows no link that lies under a name which it needs, fails with a reason, and leaves the link, its end and files
/// with names that only begin like its own.
#[tokio::test]
async fn an_export_leaves_the_files_of_others() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let id = import(&root).await;
    let bucket = running.services.bucket();
    let beside = |suffix: &str| bucket.join(format!("{id}_xvda.raw{suffix}"));
    std::fs::write(bucket.join("victim"), "precious").unwrap();
    std::os::unix::fs::symlink("victim", beside(".partial.journal")).unwrap();
    std::fs::write(beside(".sha256"), "theirs").unwrap();
    let call = [REGION, ("ImageId", &id), ("OSSBucket", "golden"), ("ImageFormat", "raw")];
    let made = root.done(ECS, "ExportImage", &call).await;
    let shown = until_over(&root, made["TaskId"].as_str().unwrap()).await;
    let operation = &shown["OperationProgressSet"]["OperationProgress"][0];
    assert_eq!((&shown["TaskStatus"], &operation["ErrorCode"]), (&json!("Failed"), &json!("StorageError")), "{shown}");
    assert_eq!(std::fs::read(bucket.join("victim")).unwrap(), b"precious");
    assert!(beside(".partial.journal").is_symlink() && beside(".sha256").exists());
    assert!(!beside("").exists() && !beside(".partial").exists());
}

/// Shows the code of every refusal.
#[tokio::test]
async fn what_is_not_exported_is_refused() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let plain = import(&root).await;
    let copied = root.done(ECS, "CopyImage", &[REGION, ("ImageId", &plain), ("Encrypted", "true")]).await;
    let sealed = copied["ImageId"].as_str().unwrap().to_owned();
    until_available(&root, &sealed).await;
    let bucket = ("OSSBucket", "golden");
    for (image, more, status, code) in [
        (sealed.as_str(), vec![bucket], 400, "ImageNotSupported"),
        ("m-nothing", vec![bucket], 404, "InvalidImageId.NotFound"),
        (&plain, vec![("OSSBucket", "silver")], 400, "InvalidOSSBucket.NotFound"),
        (&plain, vec![bucket, ("ImageFormat", "vmdk")], 400, "InvalidImageFormat.Malformed"),
        (&plain, vec![bucket, ("OSSPrefix", "../x")], 400, "InvalidOSSPrefix.Malformed"),
        (&plain, vec![], 400, "MissingParameter"),
        (&plain, vec![bucket, ("DryRun", "true")], 400, "DryRunOperation"),
    ] {
        let call = [&[REGION, ("ImageId", image)], &more[..]].concat();
        assert_eq!(root.code(ECS, "ExportImage", &call).await, (status, code.to_owned()), "{call:?}");
    }
    let tasks = root.done(ECS, "DescribeTasks", &[REGION, ("TaskAction", "ExportImage")]).await;
    assert_eq!(tasks["TotalCount"], 0);
}
