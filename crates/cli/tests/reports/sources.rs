//! Sources never change, whatever a copy does with them and whoever runs it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::fixture::{MIB, sha256};
use crate::support::Workshop;

/// User and group ids without any rights: `nobody`.
const NOBODY: u32 = 65_534;

/// Content, time of change and mode 0444 of every source stay, in every mode of copy, in `inspect`, `verify`, `exec`, and
/// in copies that fail; no source is ever opened for writing.
#[test]
fn no_command_changes_its_source() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 40, 2 * MIB);
    shop.create_key("one");
    shop.create_key("two");
    shop.qcow2_of("disk.raw", "disk.qcow2", "-o lazy_refcounts=on");
    shop.must("copy disk.raw sealed.qcow2 --encrypt --key alias/one");
    shop.must("copy disk.raw sealed.luks --encrypt --key alias/one --format luks2");
    let commands = [
        ("disk.raw", "copy disk.raw out.img"),
        ("disk.raw", "copy disk.raw out.img --encrypt"),
        ("disk.raw", "copy disk.raw out.img --format qcow2 --compress --verify"),
        ("disk.qcow2", "copy disk.qcow2 out.img --encrypt --verify"),
        ("disk.qcow2", "copy disk.qcow2 out.img --key alias/one"),
        ("sealed.qcow2", "copy sealed.qcow2 out.img"),
        ("sealed.qcow2", "copy sealed.qcow2 out.img --encrypt --key alias/two --verify"),
        ("sealed.qcow2", "copy sealed.qcow2 out.img --encrypt --key alias/two --rekey rewrap"),
        ("sealed.qcow2", "copy sealed.qcow2 out.img --format raw"),
        ("sealed.qcow2", "inspect sealed.qcow2"),
        ("sealed.qcow2", "verify sealed.qcow2"),
        ("sealed.qcow2", "exec sealed.qcow2 -- cat {secret}"),
        ("sealed.luks", "copy sealed.luks out.img --encrypt --key alias/two"),
        ("sealed.luks", "verify sealed.luks"),
    ];
    for (source, line) in commands {
        let path = shop.path(source);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).expect("it is the test's own");
        let before = state(&path);
        let trace = shop.trace(&["-e", "trace=%file"], line);
        assert!(trace.outcome.code <= 1, "`{line}`: {:?}", trace.outcome);
        assert_eq!(state(&path), before, "`{line}` changed {source}");
        assert!(!trace.written().contains(source), "`{line}` opened {source} for writing");
        let _ = std::fs::remove_file(shop.path("out.img"));
    }
}

/// The same as a user who owns nothing but the directory for the result: a source that only root may write is read.
#[test]
fn a_plain_user_copies_a_read_only_source_of_another_owner() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 41, MIB);
    // Not in the build directory, which may be closed to others.
    let open = tempfile::tempdir().expect("a directory");
    let dir = open.path().display();
    let program = env!("CARGO_BIN_EXE_reseal");
    shop.sh(&format!("chmod 755 {dir}; install -m 755 {program} {dir}/reseal; install -m 444 disk.raw {dir}/disk.raw"))
        .ok();
    shop.sh(&format!("mkdir -m 700 {dir}/own")).ok();
    let mut drop_rights = String::new();
    if rustix::process::geteuid().is_root() {
        shop.sh(&format!("chown {NOBODY}:{NOBODY} {dir}/own")).ok();
        drop_rights = format!("setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups");
    }
    let source = open.path().join("disk.raw");
    let before = state(&source);

    let run = format!("{drop_rights} {dir}/reseal --data {dir}/own/data");
    shop.sh(&format!("{run} copy {dir}/disk.raw {dir}/own/sealed.qcow2 --encrypt --verify")).ok();
    shop.sh(&format!("{run} verify {dir}/own/sealed.qcow2")).ok();
    assert_eq!(state(&source), before);
}

/// What must stay: content, times of change (which also tell of a change of mode or owner), mode.
fn state(path: &Path) -> (String, [i64; 4], u32) {
    let m = path.metadata().expect("the source is there");
    let bytes = std::fs::read(path).expect("the source can be read");
    (sha256(&bytes), [m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec()], m.mode())
}
