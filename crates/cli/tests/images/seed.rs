//! The seed scenario by the official SDKs (`tests/sdk/images*`), and what audit and meters say of it.

use std::process::Command;

use serde_json::Value;

use crate::caller::{Caller, text};
use crate::interpreters::{node, python};
use crate::lab::Lab;
use crate::moto;
use crate::running::{ACCESS_KEY_SECRET, Server};

/// Keys that the scenario of `images.py` makes for encrypted copies: GenerateDataKey under the service key, and under own keys.
const MADE: (u64, u64) = (1, 3);

/// Shows that the whole scenario passes with both signatures, and that each data key of a copy was counted once, and each opening.
#[test]
fn r22_the_python_sdk_copies_images_with_both_signatures() {
    for signature in ["v3", "v1"] {
        let lab = Lab::new();
        let log = whole_scenario(&lab, lab.serve(), signature);
        must_be_silent(&lab, &log);
        let bill = billed(&lab);
        let calls = |action: &str, kind: &str| -> u64 {
            let of_kind = |row: &&Value| row["action"] == action && row["key_kind"] == kind && row["outcome"] == "OK";
            bill.iter().filter(of_kind).map(|row| row["calls"].as_u64().expect("a number")).sum()
        };
        assert_eq!((calls("GenerateDataKey", "service"), calls("GenerateDataKey", "own")), MADE, "{bill:?}");
        // Each copy is opened again before it is Available, and the one that replaces a key opens its source. What `reseal exec` releases
        // is no call of KMS.
        assert_eq!((calls("Decrypt", "service"), calls("Decrypt", "own")), (MADE.0, MADE.1 + 1), "{bill:?}");
    }
}

/// Shows the same on PostgreSQL and a bucket: nothing of the installation is on this machine but root key, digest trees, headers and work.
#[test]
fn the_python_sdk_copies_images_on_postgresql_and_s3() {
    let lab = Lab::remote();
    let log = whole_scenario(&lab, lab.serve(), "v3");
    assert!(!log.contains(ACCESS_KEY_SECRET) && !log.contains(moto::SECRET), "a secret in the log: {log}");
}

/// Shows that the SDK of the older generation imports, copies in each way, and is refused by the right codes.
#[test]
fn the_older_python_sdk_copies_images() {
    short_scenario(python("images_core.py"));
}

/// Shows the same of the SDK for Node.
#[test]
fn the_node_sdk_copies_images() {
    short_scenario(node("images_node.js"));
}

/// Returns the server's log.
fn whole_scenario(lab: &Lab, server: Server, signature: &str) -> String {
    let mut command = python("images.py");
    command.arg(&server.address).arg(lab.place.key_file()).arg(signature);
    command.arg(env!("CARGO_BIN_EXE_reseal")).arg(lab.place.data()).arg(lab.disk());
    command.envs(lab.variables());
    must_pass(command, server)
}

/// Runs a scenario that leaves its images, each of which holds the disk.
fn short_scenario(mut command: Command) {
    let lab = Lab::new();
    let server = lab.serve();
    command.arg(&server.address).arg(lab.place.key_file());
    let log = must_pass(command, server);
    must_be_silent(&lab, &log);
    let server = lab.serve();
    let caller = Caller::new(&server);
    let images = caller.idle();
    assert_eq!(images.len(), 5, "{images:?}");
    for image in &images {
        assert_eq!(image["Status"], "Available", "{image}");
        lab.must_hold(&caller.region, image, 0, &lab.disk());
    }
    server.stop();
}

fn must_pass(mut command: Command, server: Server) -> String {
    let done = command.env("NO_PROXY", "*").output().expect("the SDK's interpreter runs");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let log = server.stop();
    assert!(done.status.success() && said.contains("every step passed"), "{said}\n--- server:\n{log}");
    log
}

/// The audit is whole, and the log holds no secret.
fn must_be_silent(lab: &Lab, log: &str) {
    assert!(!log.contains(ACCESS_KEY_SECRET), "a secret in the log: {log}");
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
