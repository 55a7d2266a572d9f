use std::fs;
use std::process::Command;

use crate::running::Place;

/// Shows that the scripts for completion name our commands, and that bash takes its own.
#[test]
fn shells_get_scripts_for_completion() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let made = place.run(&format!("completions {shell}"));
        let script = String::from_utf8(made.stdout).expect("text");
        assert!(made.status.success() && script.contains("schedule-deletion"), "{shell}: {script}");
    }
    let path = place.path().join("reseal.bash");
    fs::write(&path, place.run("completions bash").stdout).expect("a file");
    let checked = Command::new("bash").arg("-n").arg(&path).output().expect("bash runs");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
