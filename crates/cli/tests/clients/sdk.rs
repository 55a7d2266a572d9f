//! The scenario of `tests/sdk/instances.py`.

use crate::interpreters::python;
use crate::lab::{Lab, said, within};
use crate::running::ACCESS_KEY_SECRET;

/// Shows that the official Python SDK runs an instance from an encrypted image, reads its console, stops it, makes an image of it, runs
/// that, and deletes all; and that a key that is disabled refuses new and old instances by its code, until it is enabled again.
#[test]
fn the_python_sdk_runs_instances() {
    let lab = Lab::new(7);
    let server = lab.serve();
    let mut command = python("instances.py");
    command.arg(&server.address).arg(lab.place.key_file()).arg(&lab.line).env("NO_PROXY", "*");
    let done = within(300, &command);
    let log = server.stop();
    let said = said(&done);
    assert!(done.status.success() && said.contains("every step passed"), "{said}\n--- server:\n{log}");
    assert!(!log.contains(ACCESS_KEY_SECRET) && !log.contains("PRIVATE KEY"), "a secret in the log: {log}");
}
