//! Guests of images under every kind of key, and what opens such an image and what does not.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::lab::{Lab, said, until, within};

/// Shows that a guest boots from a plain image and from images under the service key, an own key, brought material, and from one whose key was
/// replaced, and sees the same bytes each time; and that stock tools open neither the replaced image nor an instance's disk without a key, nor
/// the image with the key that it had before.
#[test]
fn guests_boot_under_every_kind_of_key() {
    let lab = Lab::new(17);
    let server = lab.serve();
    let endpoint = server.endpoint();
    let run = |words: &str| within(120, lab.place.client(&endpoint).args(words.split_whitespace()));
    let material = lab.place.path().join("material");
    fs::write(&material, [7; 32]).expect("a file");
    fs::set_permissions(&material, Permissions::from_mode(0o600)).expect("its owner's");
    done(&run("key create --alias own"));
    let brought = done(&run("key create --alias brought --origin external"));
    done(&run(&format!("key import {brought} material")));
    done(&run("image import golden/disk.raw --name plain --quiet"));
    let copy = |source: &str, name: &str, key: &str| {
        let before = blobs(&lab);
        done(&run(&format!("image copy {source} --name {name} --encrypt {key} --quiet")));
        blobs(&lab).into_iter().find(|blob| !before.contains(blob)).expect("a blob of its own")
    };
    copy("plain", "service", "");
    let old = copy("plain", "sealed", "--key alias/own");
    copy("plain", "imported", "--key alias/brought");
    let replaced = copy("sealed", "replaced", "--key alias/brought");
    for image in ["plain", "service", "sealed", "imported", "replaced"] {
        done(&run(&format!("instance run {image} --name {image} --type ecs.t5-lc2m1.nano")));
        let speaks = || done(&run(&format!("instance logs {image}"))).contains(&lab.line);
        assert!(until(60, speaks), "{image}: {}", said(&run(&format!("instance logs {image}"))));
        if image == "replaced" {
            let disk = disk_of_an_instance(&lab.place.data().join("instances")).expect("a disk");
            refused(&Command::new("qemu-img").args(["convert", "-U", "-O", "raw"]).arg(disk).arg("stolen").output());
        }
        done(&run(&format!("instance delete {image} --force")));
    }
    refused(&Command::new("qemu-img").args(["convert", "-U", "-O", "raw"]).arg(&replaced).arg("stolen").output());
    // The secret is the one of the file that `exec` is given; the other file is opened with it.
    let open = |secret_of: &Path, file: &Path| {
        let options = format!("driver=qcow2,file.filename={},encrypt.key-secret=s0", file.display());
        let mut command = lab.place.reseal();
        command.arg("exec").arg(secret_of).args([
            "--",
            "qemu-img",
            "check",
            "-U",
            "--object",
            "secret,id=s0,file={secret}",
        ]);
        within(60, command.args(["--image-opts", &options]))
    };
    let opened = open(&replaced, &replaced);
    assert!(opened.status.success(), "{}", said(&opened));
    let refused = open(&old, &replaced);
    assert!(!refused.status.success() && said(&refused).contains("Invalid password"), "{}", said(&refused));
    server.stop();
}

fn blobs(lab: &Lab) -> Vec<PathBuf> {
    let directory = "regions/cn-hangzhou/blobs";
    lab.names(directory).iter().map(|name| lab.place.data().join(directory).join(name)).collect()
}

/// The one disk of the one instance, wherever it lies below.
fn disk_of_an_instance(below: &Path) -> Option<PathBuf> {
    fs::read_dir(below).expect("a directory").flatten().map(|entry| entry.path()).find_map(|path| {
        let is_disk = path.extension().is_some_and(|end| end == "qcow2");
        if path.is_dir() { disk_of_an_instance(&path) } else { is_disk.then_some(path) }
    })
}

#[track_caller]
fn refused(output: &std::io::Result<Output>) {
    let output = output.as_ref().expect("it runs");
    assert!(!output.status.success() && said(output).contains("encrypt.key-secret"), "{}", said(output));
}

/// What it printed.
#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
