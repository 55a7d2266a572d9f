//! The life of an image beside its copies, by the Python SDK and two accounts (`crates/cli/tests/sdk/image_life.py`).

use std::fs;
use std::process::Command;

use crate::accounts::Made;
use crate::interpreters::python;
use crate::running::{Place, Server};

/// Shows that attributes, tags, snapshots, tasks, shares, exports and defaults work as the SDK's users know them.
#[test]
fn an_image_lives_by_the_python_sdk() {
    let place = Place::new();
    let directory = |name: &str| {
        let directory = place.path().join(name);
        fs::create_dir(&directory).expect("a directory");
        directory
    };
    let (golden, out) = (directory("golden"), directory("out"));
    let disk = place.path().join("disk.raw");
    let bytes: Vec<u8> = (0..8_u32 << 20).map(|n| if n < 2 << 20 { (n % 251) as u8 } else { 0 }).collect();
    fs::write(&disk, bytes).expect("a disk");
    let convert = ["convert", "-f", "raw", "-O", "qcow2"];
    let made = Command::new("qemu-img").args(convert).arg(&disk).arg(golden.join("disk.qcow2")).status();
    assert!(made.expect("qemu-img runs").success());

    let mut command = place.serving(place.reseal());
    command.arg("--import-directory").arg(format!("golden={}", golden.display()));
    command.arg("--export-directory").arg(format!("out={}", out.display()));
    let server = Server::start(command);
    let friend = Made::by(&place, "account create friend");
    let friend_key = place.path().join("friend.key");
    fs::write(&friend_key, format!("{}\n{}\n", friend.id, friend.secret)).expect("a key file");

    let mut scenario = python("image_life.py");
    scenario.arg(&server.address).arg(place.key_file()).arg(&friend_key).arg(&friend.account).arg(&out).arg(&disk);
    let done = scenario.env("NO_PROXY", "*").output().expect("python runs");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let log = server.stop();
    assert!(done.status.success() && said.contains("every step passed"), "{said}\n--- server:\n{log}");
}
