//! The life of an image beside its copies, by the Python SDK and two accounts (`crates/cli/tests/sdk/image_life.py`).

use std::fs;

use crate::interpreters::python;
use crate::lab::{Lab, on_both};
use crate::made::Made;

on_both!(an_image_lives_by_the_python_sdk);

/// Shows that attributes, tags, snapshots, tasks, shares, exports and defaults work as the SDK's users know them.
fn an_image_lives_by_the_python_sdk(lab: &Lab) {
    let (out, friend_key) = (lab.place.path().join("out"), lab.place.path().join("friend.key"));
    fs::create_dir(&out).expect("a directory");
    let server = lab.serve_with(&["--export-directory", &format!("out={}", out.display())]);
    let friend = Made::by(&lab.place, "account create friend");
    fs::write(&friend_key, format!("{}\n{}\n", friend.id, friend.secret)).expect("a key file");

    let mut scenario = python("image_life.py");
    scenario.arg(&server.address).arg(lab.place.key_file()).arg(&friend_key).arg(&friend.account);
    scenario.arg(&out).arg(lab.disk());
    let done = scenario.env("NO_PROXY", "*").output().expect("python runs");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let log = server.stop();
    assert!(done.status.success() && said.contains("every step passed"), "{said}\n--- server:\n{log}");
}
