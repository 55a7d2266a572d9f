//! Judge: `ssh-keygen` reads the keys that are made here, and its own keys are read here, with the same fingerprints.

use std::path::Path;
use std::process::Command;

use crypto::OsRandom;
use crypto::asymmetric::{KeySpec, SshPublicKey, generate, rsa_private_pem};

fn ssh_keygen(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("ssh-keygen").args(arguments).current_dir(directory).output();
    let output = output.unwrap_or_else(|error| panic!("ssh-keygen must be installed for this test: {error}"));
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("what the test made")
}

/// The fingerprint of a file as the tool shows it, without the `MD5:` before it.
fn fingerprint(directory: &Path, file: &str) -> String {
    let shown = ssh_keygen(directory, &["-l", "-E", "md5", "-f", file]);
    shown.split("MD5:").nth(1).and_then(|rest| rest.split(' ').next()).expect("what the test made").to_owned()
}

/// Shows that the private half opens at the tool, which finds the same public half and fingerprint.
#[test]
fn a_made_key_is_the_tools() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().expect("what the test made");
    let pair = generate(KeySpec::Rsa2048, &OsRandom).expect("what the test made");
    let public = SshPublicKey::of_rsa(&pair.public).expect("what the test made");
    let private = place.path().join("private");
    std::fs::write(&private, rsa_private_pem(&pair).expect("what the test made").expose()).expect("what the test made");
    // The tool refuses a private key that others may read.
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o600)).expect("what the test made");
    assert_eq!(ssh_keygen(place.path(), &["-y", "-f", "private"]).trim_end(), public.to_line());
    assert_eq!(fingerprint(place.path(), "private"), public.fingerprint());
}

/// Shows that keys of the tool are read, of each type that is taken, and that a short one is not.
#[test]
fn keys_of_the_tool_are_read() {
    let place = tempfile::tempdir().expect("what the test made");
    for (kind, bits, is_taken) in [
        ("rsa", "2048", true),
        ("rsa", "4096", true),
        ("ed25519", "256", true),
        ("ecdsa", "256", true),
        ("rsa", "1024", false),
    ] {
        let name = format!("{kind}{bits}");
        ssh_keygen(place.path(), &["-q", "-t", kind, "-b", bits, "-N", "", "-C", "a comment", "-f", &name]);
        let text = std::fs::read_to_string(place.path().join(format!("{name}.pub"))).expect("what the test made");
        let read = SshPublicKey::parse(&text);
        assert_eq!(read.is_ok(), is_taken, "{text}");
        if let Ok(key) = read {
            assert_eq!(key.fingerprint(), fingerprint(place.path(), &name));
            assert!(text.starts_with(&key.to_line()), "{text}");
        }
    }
}
