//! Scenarios of the official SDKs (`crates/cli/tests/sdk`), each in the language of its users.

use std::path::Path;
use std::process::Command;

use crate::interpreters::{node, python};
use crate::running::{ACCESS_KEY_SECRET, Place};

/// What `tea.py` encrypts, as it is sent.
const PLAINTEXT: &str = "d2hhdCBub2JvZHkgZWxzZSBtYXkgcmVhZA==";

/// Shows that the present Python SDKs of KMS, RAM and STS work, with both signatures, in every step of a user's life.
#[test]
fn the_python_sdks_work_with_both_signatures() {
    for signature in ["v3", "v1"] {
        judged_by(|address, key_file| {
            let mut command = python("tea.py");
            command.arg(address).arg(key_file).arg(signature);
            command
        });
    }
}

/// Shows that the older Python SDK works, with parameters in queries and forms; and that stale and replayed requests are refused.
#[test]
fn the_older_python_sdk_works() {
    judged_by(|address, key_file| {
        let mut command = python("core.py");
        command.arg(address).arg(key_file);
        command
    });
}

/// Shows that `pop-core` works by GET and POST.
#[test]
fn the_node_client_works() {
    judged_by(|address, key_file| {
        let mut command = node("node.js");
        command.arg(address).arg(key_file);
        command
    });
}

/// Runs a scenario against a server of its own. Afterwards the audit is whole, and no log of the server holds a secret.
fn judged_by(scenario: impl FnOnce(&str, &Path) -> Command) {
    let place = Place::new();
    let server = place.serve();
    let mut command = scenario(&server.address, &place.key_file());
    let done = command.env("NO_PROXY", "*").output().expect("the SDK's interpreter runs");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let log = server.stop();
    assert!(done.status.success() && said.contains("every step passed"), "{said}\n--- server:\n{log}");
    for secret in [ACCESS_KEY_SECRET, PLAINTEXT] {
        assert!(!log.contains(secret), "a secret in the log: {log}");
    }
    let audit = place.run("audit verify");
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stderr));
}
