use std::fs;
use std::process::Output;

use crate::running::{ACCESS_KEY_SECRET, Place};

/// Shows that images are sealed and opened with the keys of a server from a machine without any, that the result is an image of the
/// server's own keys, and that a program which `exec` starts does not inherit the access key.
#[test]
fn images_are_sealed_under_keys_of_a_server() {
    let place = Place::new();
    let server = place.serve();
    let endpoint = server.endpoint();
    let run = |words: &[&str]| place.client(&endpoint).args(words).output().expect("reseal runs");
    let key = said(&run(&["key", "create", "--alias", "golden"]));
    let disk: Vec<u8> = (0..1_u32 << 20).map(|at| u8::try_from(at / 977 % 251).expect("below 256")).collect();
    fs::write(place.path().join("disk.raw"), &disk).expect("an image");

    let copy =
        ["copy", "disk.raw", "sealed.luks", "--encrypt", "--key", "alias/golden", "--format", "luks2", "--verify"];
    assert!(said(&run(&copy)).contains(&key));
    assert!(said(&run(&["verify", "sealed.luks"])).contains("as it was sealed"));
    let script = ["exec", "sealed.luks", "--", "sh", "-c", "env; cat {secret}"];
    let inside = said(&run(&script));
    assert!(inside.contains("RESEAL_ENDPOINT") && !inside.contains(ACCESS_KEY_SECRET), "{inside}");
    assert!(!place.path().join("elsewhere/root.key").exists(), "a root key was made for nothing");

    assert!(run(&["key", "disable", &key]).status.success());
    let refused = run(&["exec", "sealed.luks", "--", "true"]);
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && text.contains("Rejected.Disabled"), "{text}");
    let refused = run(&["copy", "disk.raw", "other.luks", "--encrypt", "--key", "alias/golden", "--format", "luks2"]);
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && text.contains("Disabled"), "{text}");
    assert!(run(&["key", "enable", &key]).status.success());
    server.stop();

    // The server's data directory opens it as well.
    let path = place.path().join("sealed.luks").display().to_string();
    assert_eq!(said(&place.run(&format!("exec {path} -- echo open"))), "open");
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
