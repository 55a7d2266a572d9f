//! What can be seen of a running machine from outside, and what it may do.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ecs::qemu::LayerFormat::Qcow2;

use crate::lab::{BOTTOM, Lab, TOP, hypervisor};

/// While a machine with two passphrases runs, neither is on its command line, in its environment or in a file of its directory:
/// not as text, in hex or in base64. A search that is shown to find what is there.
#[tokio::test]
async fn no_passphrase_is_seen_from_outside() {
    let lab = Lab::new();
    let machine = sealed_machine(&lab).await;
    let process = format!("/proc/{}", machine.pid());
    let mut seen = vec![
        ("command line".to_owned(), fs::read(format!("{process}/cmdline")).unwrap()),
        ("environment".to_owned(), fs::read(format!("{process}/environ")).unwrap()),
    ];
    collect(machine.directory(), &mut seen);
    assert!(seen.len() > 4, "{} places", seen.len());
    assert!(seen[0].1.starts_with(b"/") && seen[1].1.is_empty());
    for passphrase in [BOTTOM, TOP] {
        for needle in forms(passphrase) {
            for (place, bytes) in &seen {
                assert!(!contains(bytes, &needle), "{place}");
            }
        }
    }
    machine.quit().await.unwrap();
    for passphrase in [BOTTOM, TOP] {
        let haystack = [b"x", passphrase.as_bytes(), b"y"].concat();
        assert!(forms(passphrase).iter().any(|needle| contains(&haystack, needle)));
    }
}

/// No core dump, no new privileges, a system call filter, a process group of its own, and not root; private directories and files;
/// no object with a passphrase is left in QEMU.
#[tokio::test]
async fn the_process_has_few_rights() {
    let lab = Lab::new();
    let machine = sealed_machine(&lab).await;
    let process = format!("/proc/{}", machine.pid());
    let limits = fs::read_to_string(format!("{process}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);

    let status = fs::read_to_string(format!("{process}/status")).unwrap();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(field("NoNewPrivs:"), ["1"]);
    assert_eq!(field("Seccomp:"), ["2"]);
    assert!(!field("Uid:").contains(&"0".to_owned()) && !field("Gid:").contains(&"0".to_owned()), "{status}");
    assert_eq!(field("CapEff:"), ["0000000000000000"]);
    let stat = fs::read_to_string(format!("{process}/stat")).unwrap();
    let group = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(2).unwrap().to_owned();
    assert_eq!(group, machine.pid().to_string());

    let mode = |name: &str| fs::metadata(machine.directory().join(name)).unwrap().permissions().mode() & 0o777;
    for name in ["", "run"] {
        assert_eq!(mode(name), 0o700, "{name}");
    }
    for name in ["lock", "process.json", "serial.log", "qemu.log"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    machine.quit().await.unwrap();
}

async fn sealed_machine(lab: &Lab) -> ecs::qemu::Machine {
    lab.take("idle.qcow2");
    lab.take("overlay.qcow2");
    let layers = vec![lab.layer("overlay.qcow2", Qcow2, Some(TOP)), lab.layer("idle.qcow2", Qcow2, Some(BOTTOM))];
    hypervisor().await.start(lab.spec("m", layers)).await.unwrap()
}

/// Text, hex of both cases, and the part of its base64 that does not depend on what stands before.
fn forms(passphrase: &str) -> Vec<Vec<u8>> {
    let hex: String = passphrase.bytes().map(|byte| format!("{byte:02x}")).collect();
    let base64 = (0..3).map(|shift| {
        let shifted = STANDARD.encode(&passphrase.as_bytes()[shift..]);
        shifted.as_bytes()[..shifted.len() - 4].to_vec()
    });
    let texts = [passphrase.as_bytes().to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    texts.into_iter().chain(base64).collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn collect(directory: &Path, seen: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            collect(&path, seen);
        } else if kind.is_file() {
            seen.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}
