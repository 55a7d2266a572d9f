//! Tasks, exports, shares and other regions by the binary, at a server and on its data directory.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::images_cli::{complaint, json, said, with_disk};
use crate::made::Made;
use crate::running::Place;

/// Shows that an image is exported to a directory of `server.toml`, shared and no longer shared, that an import is cancelled as one, that tasks
/// tell of all that the same at a server and locally, and that who waits for one learns what became of it.
#[test]
fn images_are_exported_shared_and_cancelled() {
    let place = with_disk();
    configured(&place);
    let server = place.serve();
    let endpoint = server.endpoint();
    let at_server = |words: &str| place.client(&endpoint).args(words.split_whitespace()).output().expect("reseal runs");
    let friend = Made::by(&place, "account create friend").account;
    said(&at_server("image import disk.qcow2 --name plain --quiet"));
    exported(&place, &at_server, "one");
    said(&at_server(&format!("image share plain {friend}")));
    assert!(complaint(&at_server("image share plain 2999999999999999")).contains("InvalidAccount.NotFound"));
    said(&at_server(&format!("image unshare plain {friend}")));
    let words = ["task list", "task list --json", "task list --action CopyImage --json"];
    let remote = words.map(|words| said(&at_server(words)));
    server.stop();
    assert_eq!(words.map(|words| said(&place.run(words))), remote);
    exported(&place, &|words| place.run(words), "two");

    let begun = json(&place.run("image import disk.qcow2 --name later --no-wait --json"));
    assert_eq!(begun["status"], "Creating");
    assert!(said(&place.run("image cancel later")).ends_with(": cancelled"));
    assert!(complaint(&place.run("image show later")).contains("there is no image later"));
    let tasks: Vec<Value> = serde_json::from_str(&said(&place.run("task list --json"))).expect("JSON");
    assert_eq!((&tasks[0]["task_action"], &tasks[0]["task_status"]), (&"ImportImage".into(), &"Failed".into()));
    let id = tasks[0]["task_id"].as_str().expect("an id");
    let over = complaint(&place.run(&format!("task cancel {id}")));
    assert!(over.contains("nothing to cancel"), "{over}");
    let waited = complaint(&place.run(&format!("task wait {id}")));
    assert!(waited.contains("the task was cancelled"), "{waited}");
}

/// Shows that keys of another region are made, used for a file and released there, and only there; and that a region that is not configured
/// is refused.
#[test]
fn keys_of_another_region_are_used() {
    let place = with_disk();
    let key = said(&place.run("key create --region cn-shanghai --alias beside"));
    assert!(complaint(&place.run(&format!("key show {key}"))).contains(&key));
    said(&place.run("copy disk.raw sealed.qcow2 --encrypt --key alias/beside --region cn-shanghai --quiet"));
    let info = "sealed.qcow2 -- qemu-img info --object secret,id=s0,file={secret} --image-opts \
                driver=qcow2,file.filename=sealed.qcow2,encrypt.key-secret=s0";
    assert!(complaint(&place.run(&format!("exec {info}"))).contains("cn-shanghai"));
    assert!(said(&place.run(&format!("exec --region cn-shanghai {info}"))).contains("8 MiB"));
    let unknown = complaint(&place.run("key list --region cn-nowhere"));
    assert!(unknown.contains("cn-hangzhou, cn-shanghai"), "{unknown}");

    let server = place.serve();
    let endpoint = server.endpoint();
    let at_server = |words: &str| place.client(&endpoint).args(words.split_whitespace()).output().expect("reseal runs");
    assert!(said(&at_server("key list --region cn-shanghai")).contains(&key));
    assert!(!said(&at_server("key list")).contains(&key));
    assert!(said(&at_server(&format!("exec --region cn-shanghai {info}"))).contains("8 MiB"));
    server.stop();
}

fn configured(place: &Place) {
    let out = place.path().join("out");
    fs::create_dir(&out).expect("a directory");
    fs::create_dir(place.data()).expect("a directory");
    let text = format!("[export_bucket.out]\nkind = 'local'\npath = '{}'\n", out.display());
    fs::write(place.data().join("server.toml"), text).expect("a file");
}

fn exported(place: &Place, run: &dyn Fn(&str) -> Output, prefix: &str) {
    let begun = json(&run(&format!("image export plain --bucket out --prefix {prefix} --no-wait --json")));
    let id = begun["task_id"].as_str().expect("an id");
    assert!(said(&run(&format!("task wait {id}"))).contains("Finished at 100%"));
    let task = json(&run(&format!("task wait {id} --json")));
    assert_eq!((&task["task_action"], &task["task_status"]), (&"ExportImage".into(), &"Finished".into()));
    let name = format!("{prefix}{}_xvda.raw", task["resource_id"].as_str().expect("an image"));
    let (found, wanted) = (place.path().join("out").join(name), place.path().join("disk.raw"));
    assert!(fs::read(found).expect("a file") == fs::read(wanted).expect("a disk"));
    assert!(complaint(&run("image export plain --bucket nowhere")).contains("nowhere"));
}
