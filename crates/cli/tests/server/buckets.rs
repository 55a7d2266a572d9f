//! Images from and to buckets of a service that speaks S3, as `server.toml` names them.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::images_cli::{complaint, json, said, with_disk};
use crate::moto::{Moto, SECRET};

/// Shows that an object of a bucket becomes an image, and that a plain image becomes an object of another bucket with the same disk on it, by
/// the binary alone and at a server; that a missing object, a file that is no image and a disk that is too large are refused or told; and
/// that nothing is left in the work directory.
#[test]
fn images_come_from_buckets_and_go_to_buckets() {
    let (moto, place) = (Moto::start(&["golden", "out"]), with_disk());
    let qcow2 = fs::read(place.path().join("disk.qcow2")).expect("a disk");
    moto.ask("PUT", "/golden/nightly/disk.qcow2", &qcow2);
    moto.ask("PUT", "/golden/broken.qcow2", &[&b"QFI\xfb"[..], &[0xff; 600]].concat());
    fs::create_dir(place.data()).expect("a directory");
    let sections = [("import_bucket.golden", "golden"), ("export_bucket.out", "out"), ("import_bucket.gone", "gone")];
    let text: String =
        (sections.iter()).map(|(name, bucket)| format!("[{name}]\n{}", moto.section(bucket, place.path()))).collect();
    fs::write(place.data().join("server.toml"), text).expect("a file");
    let server = place.serve();
    let endpoint = server.endpoint();
    let run = |words: &str| place.client(&endpoint).args(words.split_whitespace()).output().expect("reseal runs");

    said(&run("image import golden/nightly/disk.qcow2 --name nightly --quiet"));
    let exported = json(&run("image export nightly --bucket out --prefix n1 --format qcow2 --json"));
    assert_eq!((&exported["task_status"], &exported["progress"]), (&"Finished".into(), &100.into()));
    let image = exported["resource_id"].as_str().expect("an image");
    let object = moto.ask("GET", &format!("/out/n1{image}_xvda.qcow2"), b"");
    let back = place.path().join("back.qcow2");
    fs::write(&back, object).expect("a file");
    let mut compare = Command::new("qemu-img");
    compare.args(["compare", "-f", "qcow2", "-F", "raw"]).arg(&back).arg(place.path().join("disk.raw"));
    assert!(said(&compare.output().expect("qemu-img runs")).contains("Images are identical"));

    assert!(complaint(&run("image import golden/absent.qcow2")).contains("InvalidOSSObject.NotFound"));
    let gone = complaint(&run("image import gone/disk.qcow2"));
    assert!(gone.contains("gone") && !gone.contains(SECRET), "{gone}");
    let broken = complaint(&run("image import golden/broken.qcow2 --name broken"));
    assert!(broken.contains("`broken.qcow2` cannot be imported"), "{broken}");
    let failed: Vec<Value> = serde_json::from_str(&said(&run("task list --json"))).expect("JSON");
    let task = failed[0]["task_id"].as_str().expect("a task");
    assert!(said(&run(&format!("task show {task}"))).contains("InvalidImageFormat.Malformed"));
    let log = server.stop();
    assert!(!log.contains(SECRET), "{log}");
    let work = place.data().join("regions/cn-hangzhou/work");
    assert_eq!(fs::read_dir(work).expect("a directory").count(), 0);
}
