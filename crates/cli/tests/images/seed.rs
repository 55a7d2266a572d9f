//! The seed scenario by the official SDKs (`tests/sdk/images*`), and what audit and meters say of it.

use std::process::Command;

use serde_json::Value;

use crate::caller::{Caller, text};
use crate::interpreters::{node, python};
use crate::lab::{Lab, on_both};
use crate::moto;
use crate::running::{ACCESS_KEY_SECRET, Server};

on_both!(
    r22_the_python_sdk_copies_images_with_both_signatures,
    the_older_python_sdk_copies_images,
    the_node_sdk_copies_images
);

const SIGNATURES: [&str; 2] = ["v3", "v1"];
/// Keys that the scenario of `images.py` makes for encrypted copies, each time: GenerateDataKey under the service key, and under own keys.
const MADE: (u64, u64) = (1, 3);

/// The whole scenario passes with both signatures, each data key of a copy was counted once, and each opening. On PostgreSQL and a bucket
/// nothing of the installation is on this machine but root key, digest trees, headers and work.
fn r22_the_python_sdk_copies_images_with_both_signatures(lab: &Lab) {
    let server = lab.serve();
    let mut command = python("images.py");
    command.arg(&server.address).arg(lab.place.key_file()).arg(SIGNATURES.join(","));
    command.arg(env!("CARGO_BIN_EXE_reseal")).arg(lab.place.data()).arg(lab.disk());
    command.envs(lab.variables());
    must_pass(command, &server);
    must_be_silent(lab, &server.stop());
    let bill = billed(lab);
    let calls = |action: &str, kind: &str| -> u64 {
        let of_kind = |row: &&Value| row["action"] == action && row["key_kind"] == kind && row["outcome"] == "OK";
        bill.iter().filter(of_kind).map(|row| row["calls"].as_u64().expect("a number")).sum()
    };
    let each = SIGNATURES.len() as u64;
    let of_both = |(service, own)| (service * each, own * each);
    assert_eq!((calls("GenerateDataKey", "service"), calls("GenerateDataKey", "own")), of_both(MADE), "{bill:?}");
    // Each copy is opened again before it is Available, and the one that replaces a key opens its source. What `reseal exec` releases
    // is no call of KMS.
    assert_eq!((calls("Decrypt", "service"), calls("Decrypt", "own")), of_both((MADE.0, MADE.1 + 1)), "{bill:?}");
}

/// The SDK of the older generation imports, copies in each way, and is refused by the right codes.
fn the_older_python_sdk_copies_images(lab: &Lab) {
    short_scenario(lab, python("images_core.py"));
}

/// So does the SDK for Node.
fn the_node_sdk_copies_images(lab: &Lab) {
    short_scenario(lab, node("images_node.js"));
}

/// Runs a scenario that leaves its images, each of which holds the disk.
fn short_scenario(lab: &Lab, mut command: Command) {
    let server = lab.serve();
    command.arg(&server.address).arg(lab.place.key_file());
    must_pass(command, &server);
    let caller = Caller::new(&server);
    let images = caller.idle();
    assert_eq!(images.len(), 5, "{images:?}");
    for image in &images {
        assert_eq!(image["Status"], "Available", "{image}");
        lab.must_hold(&caller.region, image, 0, &lab.disk());
    }
    must_be_silent(lab, &server.stop());
}

fn must_pass(mut command: Command, server: &Server) {
    let done = command.env("NO_PROXY", "*").output().expect("the SDK's interpreter runs");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && said.contains("every step passed"), "{}: {said}", server.address);
}

/// The audit is whole, and the log holds no secret.
fn must_be_silent(lab: &Lab, log: &str) {
    assert!(!log.contains(ACCESS_KEY_SECRET) && !log.contains(moto::SECRET), "a secret in the log: {log}");
    let audit = lab.place.run("audit verify");
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stderr));
}

fn billed(lab: &Lab) -> Vec<Value> {
    let records = lab.place.records("billing");
    let month = &text(&records[0]["time"])[..7];
    let done = lab.place.run(&format!("billing --month {month} --json"));
    let bill: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    bill["calls"].as_array().expect("a list").clone()
}
