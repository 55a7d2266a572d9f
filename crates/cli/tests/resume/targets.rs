//! Names of targets: what is there stays, unless the user says otherwise, and a source is never its own target.

use crate::fixture::{MIB, sha256};
use crate::support::Workshop;

#[test]
fn an_existing_target_is_replaced_with_force_only() {
    let shop = prepared();
    shop.write("target", "precious");
    for how in ["", "--encrypt", "--format qcow2"] {
        let error = shop.refusal(&format!("copy disk.raw target {how}"));
        assert!(error.contains("exists") && error.contains("--force"), "{how:?}: {error}");
        assert_eq!(shop.read("target"), b"precious");
    }
    shop.must("copy disk.raw target --encrypt --force");
    shop.must_equal("target", "disk.raw", "raw");
}

/// A link to nowhere, a directory and a device are names that are taken.
#[test]
fn names_that_are_taken_by_something_else_are_refused() {
    let shop = prepared();
    std::os::unix::fs::symlink("nowhere", shop.path("link")).expect("a link");
    std::fs::create_dir(shop.path("folder")).expect("a directory");
    for target in ["link", "folder", "/dev/null"] {
        shop.refusal(&format!("copy disk.raw {target} --encrypt"));
    }
    shop.refusal("copy disk.raw folder --encrypt --force");
    let error = shop.refusal("copy disk.raw absent/target --encrypt");
    assert!(error.contains("absent/target") && error.contains("No such file"), "{error}");
    assert!(!shop.exists("nowhere") && shop.names("folder").is_empty() && !shop.exists("folder.partial"));
}

/// Even with `--force`, by another spelling, or through a link.
#[test]
fn a_source_is_never_its_own_target() {
    let shop = prepared();
    let before = sha256(&shop.read("disk.raw"));
    std::fs::hard_link(shop.path("disk.raw"), shop.path("twin.raw")).expect("a hard link");
    std::os::unix::fs::symlink("disk.raw", shop.path("link.raw")).expect("a link");
    for target in ["disk.raw", "./disk.raw", "twin.raw", "link.raw"] {
        for how in ["--encrypt", ""] {
            shop.refusal(&format!("copy disk.raw {target} --force {how}"));
            assert_eq!(sha256(&shop.read("disk.raw")), before, "{target} {how}");
        }
    }
}

fn prepared() -> Workshop {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 80, MIB);
    shop
}
