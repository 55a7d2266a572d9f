use std::process::Command;

use crate::running::Place;

/// Shows that everything that was answered is there after `kill -9`: keys, and nonces, so that a request cannot be sent again.
#[test]
fn what_was_answered_survives_a_kill() {
    let place = Place::new();
    let server = place.serve();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/replay.py");
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/sdks/python/bin/python");
    let run = |address: &str, step: &str| {
        let mut command = Command::new(python);
        command.arg(script).arg(address).arg(place.key_file()).arg(step).arg(place.path().join("kept"));
        let done = command.env("NO_PROXY", "*").output().expect("python runs");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{step}: {said}");
    };
    run(&server.address, "before");
    server.kill();
    let server = place.serve();
    run(&server.address, "after");
    server.stop();
    assert!(place.run("audit verify").status.success());
}
