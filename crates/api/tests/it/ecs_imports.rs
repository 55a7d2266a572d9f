//! What an import is refused for beside its file, uploads as the API knows them, and filters of DescribeImages.

use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use ecs::{ImportDisk, ImportImage, ImportSource};
use serde_json::json;

use crate::backend::{operator, scope};
use crate::calls::{Client, start};
use crate::ecs_images::{ECS, REGION, image, import, until_available, with_disk};

const BUCKET: (&str, &str) = ("DiskDeviceMapping.1.OSSBucket", "golden");
const OBJECT: (&str, &str) = ("DiskDeviceMapping.1.OSSObject", "disk.raw");
const SHA256: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

/// Shows the code of each refusal, and that a data disk has its own.
#[tokio::test]
async fn imports_are_refused_by_their_codes() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let sparse = std::fs::File::create(running.services.bucket().join("large.raw")).unwrap();
    sparse.set_len(3 << 30).unwrap();
    let system = [REGION, BUCKET, OBJECT];
    let data = [("DiskDeviceMapping.2.OSSBucket", "golden"), ("DiskDeviceMapping.2.OSSObject", "large.raw")];
    let refused = |more: &[(&'static str, &'static str)]| {
        let call = [&system[..], more].concat();
        let root = &root;
        async move { root.code(ECS, "ImportImage", &call).await }
    };
    let code = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(refused(&[("Platform", "Plan 9/\u{7}")]).await, code(400, "InvalidPlatform.Malformed"));
    let small = [data[0], data[1], ("DiskDeviceMapping.2.DiskImageSize", "2")];
    assert_eq!(refused(&small).await, code(400, "InvalidDataDiskSize"));
    let upload = [("DiskDeviceMapping.2.UploadId", "u-nothing")];
    assert_eq!(refused(&upload).await, code(404, "InvalidUploadId.NotFound"));
    let large =
        [REGION, BUCKET, ("DiskDeviceMapping.1.OSSObject", "large.raw"), ("DiskDeviceMapping.1.DiskImageSize", "2")];
    assert_eq!(root.code(ECS, "ImportImage", &large).await, code(400, "InvalidImageSize"));
}

/// Shows that the job reads the file in the state in which the call saw it, or not at all: one that was changed in between and got its old time
/// again is refused.
#[tokio::test]
async fn a_file_that_changed_before_its_job_is_refused() {
    let running = start().await;
    let root = Client::root(&running);
    let path = running.services.bucket().join("disk.raw");
    std::fs::write(&path, vec![1; 1 << 20]).unwrap();
    let made = root.done(ECS, "ImportImage", &[REGION, BUCKET, OBJECT]).await;
    let (id, task) = (made["ImageId"].as_str().unwrap(), made["TaskId"].as_str().unwrap());
    let modified = path.metadata().unwrap().modified().unwrap();
    // Longer than the clock of files is coarse.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.write_all_at(b"other", 0).unwrap();
    file.set_modified(modified).unwrap();
    running.services.work();
    let limit = Instant::now() + Duration::from_secs(60);
    while image(&root, id).await["Status"] == "Creating" && Instant::now() < limit {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(image(&root, id).await["Status"], "CreateFailed");
    let shown = root.done(ECS, "DescribeTaskAttribute", &[REGION, ("TaskId", task)]).await.to_string();
    assert!(shown.contains("the source changed since it was looked at"), "{shown}");
}

/// Shows that an import from a directory is done by the server that answered the call, and keeps no other server from its own: the directory is
/// on one machine.
#[tokio::test]
async fn an_import_waits_for_the_server_with_its_directory() {
    let running = start().await;
    let root = Client::root(&running);
    std::fs::write(running.services.bucket().join("disk.raw"), vec![1; 1 << 20]).unwrap();
    let made = root.done(ECS, "ImportImage", &[REGION, BUCKET, OBJECT]).await;
    let first = made["ImageId"].as_str().unwrap();
    let other = running.services.another_server();
    let source = ImportSource::Object { bucket: "golden".to_owned(), object: "disk.raw".to_owned() };
    let request = ImportImage { disks: vec![ImportDisk::of(source)], ..ImportImage::default() };
    let second = other.import_image(&request, None, &operator(), &scope()).await.unwrap();
    until_available(&root, &second.image_id).await;
    assert_eq!(image(&root, first).await["Status"], "Creating", "it came first, and is left to its server");
    running.services.work();
    until_available(&root, first).await;
}

/// Shows what CreateUpload answers and refuses, and that the same file goes on as the same upload, under another token.
#[tokio::test]
async fn an_upload_is_announced_by_length_and_digest() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let file = [REGION, ("Size", "6"), ("Sha256", SHA256)];
    let made = root.done(ECS, "CreateUpload", &file).await;
    assert_eq!((&made["Offset"], made["Token"].as_str().map(str::len)), (&json!(0), Some(64)), "{made}");
    let again = root.done(ECS, "CreateUpload", &file).await;
    assert!(again["UploadId"] == made["UploadId"] && again["Token"] != made["Token"], "{again}");
    let other = root.done(ECS, "CreateUpload", &[REGION, ("Size", "7"), ("Sha256", SHA256)]).await;
    assert_ne!(other["UploadId"], made["UploadId"]);
    let id = made["UploadId"].as_str().unwrap();
    let early = root.code(ECS, "ImportImage", &[REGION, ("DiskDeviceMapping.1.UploadId", id)]).await;
    assert_eq!(early, (400, "IncorrectUploadStatus".to_owned()));
    for (size, sha256, code) in [
        ("0", SHA256, "InvalidParameter"),
        ("6", "5891", "InvalidParameter"),
        ("2199023255553", SHA256, "InvalidUploadSize"),
    ] {
        let refused = root.code(ECS, "CreateUpload", &[REGION, ("Size", size), ("Sha256", sha256)]).await;
        assert_eq!(refused, (400, code.to_owned()), "{size} {sha256}");
    }
}

/// Shows that filters which were once without effect count.
#[tokio::test]
async fn images_are_found_by_owner_use_and_usability() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let id = import(&root).await;
    let all = [REGION, ("Status", "ALL")];
    let owner = root.done(ECS, "DescribeImages", &all).await["Images"]["Image"][0]["ImageOwnerId"].to_string();
    root.done(ECS, "ModifyImageAttribute", &[REGION, ("ImageId", &id), ("Status", "Deprecated")]).await;
    for (name, value, count) in [
        ("ImageOwnerId", owner.as_str(), 1),
        ("ImageOwnerId", "2000000000000002", 0),
        ("Usable", "true", 0),
        ("Usable", "false", 1),
        ("Usage", "none", 1),
        ("Usage", "instance", 0),
        ("Search", id[2..].to_uppercase().as_str(), 1),
        ("Search", "nothing", 0),
        ("Encrypted", "false", 1),
        ("Encrypted", "true", 0),
        ("SourceImageId", &id, 0),
        ("SortBy", "Size", 1),
    ] {
        let found = root.done(ECS, "DescribeImages", &[all[0], all[1], (name, value)]).await;
        assert_eq!(found["TotalCount"], count, "{name}={value}: {found}");
    }
    assert_eq!(root.code(ECS, "DescribeImages", &[REGION, ("Usage", "much")]).await, (404, "InvalidUsage".to_owned()));
}
