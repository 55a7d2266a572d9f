//! No plain text and no key outside of where it belongs: not in the target, not in any file that a run wrote, not on a
//! command line, not in an environment, not in a dump.

mod fixture;
mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use fixture::MIB;
use support::dice::Dice;
use support::{Ran, Workshop};

/// 32 bytes that stand all over the source, at odd places and at the start of clusters.
const MARKER: &[u8; 32] = b"\x01marker of 32 bytes, all of it!\xfe";

/// In every mode of copy that encrypts, the marker is in no byte that the run wrote to any file, removed ones included
/// (strace shows the bytes), and in no file that is left.
#[test]
fn a_marker_in_the_source_is_in_no_byte_that_a_run_writes() {
    let shop = Workshop::new();
    marked_disk(&shop);
    shop.create_key("next");
    shop.qcow2_of("disk.raw", "disk.qcow2", "-c");
    // The test sees what it looks for: a plain copy writes the marker.
    let plain = writes(&shop, "copy disk.raw plain.qcow2 --format qcow2");
    assert!(contains(&plain, MARKER), "strace does not show what is written");
    std::fs::remove_file(shop.path("plain.qcow2")).expect("it was just made");
    for line in [
        "copy disk.raw sealed.qcow2 --encrypt --verify",
        "copy disk.qcow2 sealed2.qcow2 --encrypt --threads 2 --no-sync",
        "copy disk.raw sealed.luks1 --encrypt --format luks1",
        "copy disk.raw sealed.luks2 --encrypt --format luks2 --no-sync",
        "copy sealed.qcow2 again.qcow2 --encrypt --key alias/next --verify",
        "copy sealed.luks1 again.luks2 --encrypt --key alias/next --format luks2",
        "copy sealed.qcow2 wrapped.qcow2 --encrypt --key alias/next --rekey rewrap",
        "copy sealed.qcow2 kept.qcow2",
        "verify again.qcow2",
    ] {
        let written = writes(&shop, line);
        assert!(!contains(&written, MARKER), "`{line}` wrote the marker");
    }
    std::fs::remove_file(shop.path("disk.raw")).expect("not needed any more");
    std::fs::remove_file(shop.path("disk.qcow2")).expect("not needed any more");
    for (path, bytes) in all_files(&shop) {
        assert!(!contains(&bytes, MARKER), "{path} holds the marker");
    }
}

/// The passphrase, the data key and the LUKS master key, raw or as text, are in no byte that a run writes to a file or
/// prints, except where `exec` hands the passphrase out through its pipe.
#[test]
fn keys_are_in_no_file_and_in_no_output() {
    let shop = Workshop::new();
    marked_disk(&shop);
    shop.create_key("next");
    let runs = [
        ("copy disk.raw sealed.qcow2 --encrypt --verify", "sealed.qcow2"),
        ("copy disk.raw sealed.luks1 --encrypt --format luks1 --json", "sealed.luks1"),
        ("copy sealed.luks1 sealed.luks2 --encrypt --key alias/next --format luks2", "sealed.luks2"),
        ("copy sealed.qcow2 wrapped.qcow2 --encrypt --key alias/next --rekey rewrap", "wrapped.qcow2"),
    ];
    let mut written = Vec::new();
    for (line, _) in runs {
        written.extend(writes(&shop, line));
    }
    for line in ["verify sealed.qcow2", "inspect sealed.luks2 --json", "key list", "exec sealed.qcow2 -- true"] {
        written.extend(writes(&shop, line));
    }
    let root_key = shop.read("data/root.key");
    let files = all_files(&shop);
    for (_, sealed) in runs {
        for (what, secret) in secrets_of(&shop, sealed) {
            assert!(!contains(&written, &secret), "the {what} of {sealed} was written");
            for (path, bytes) in &files {
                assert!(!contains(bytes, &secret), "{path} holds the {what} of {sealed}");
            }
            assert!(!contains(&root_key, &secret), "the root key is the {what}");
        }
    }
}

/// While a copy and a tool under `exec` run, their command lines and environments hold no key, and neither do those of
/// the program itself.
#[test]
fn keys_are_on_no_command_line_and_in_no_environment() {
    let shop = Workshop::new();
    marked_disk(&shop);
    let seen = watched_copy(&shop);
    let look = "cat /proc/self/cmdline /proc/$$/cmdline /proc/$$/environ /proc/$PPID/cmdline /proc/$PPID/environ";
    let tool = shop.exec("sealed.qcow2", &format!("{look} # {{secret}}"));
    assert!(tool.stdout.contains("RESEAL_DATA="), "the environment was not seen: {tool:?}");
    assert!(tool.stdout.contains("# /dev/fd/"), "the command line was not seen: {tool:?}");
    for (what, secret) in secrets_of(&shop, "sealed.qcow2") {
        assert!(!contains(tool.stdout.as_bytes(), &secret), "a tool under `exec` shows the {what}");
        assert!(!contains(&seen, &secret), "a running copy shows the {what}");
    }
}

/// Before anything else is opened, the process forbids dumps of itself and tracing by others; its children inherit that
/// no core is written.
#[test]
fn dumps_are_forbidden_before_a_key_is_touched() {
    let shop = Workshop::new();
    marked_disk(&shop);
    let trace = shop.trace(&["-e", "trace=prctl,prlimit64,setrlimit,openat"], "copy disk.raw sealed.qcow2 --encrypt");
    trace.outcome.must_have_passed();
    let position = |wanted: &dyn Fn(&str) -> bool, what: &str| {
        trace.calls().position(wanted).unwrap_or_else(|| panic!("the run never {what}"))
    };
    let dumpable = position(&|call| call.starts_with("prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE) = 0"), "forbade dumps");
    let limit = |call: &str| call.contains("RLIMIT_CORE, {rlim_cur=0, rlim_max=0}") && call.ends_with("= 0");
    let core = position(&limit, "limited its core size");
    let key = position(&|call| call.contains("root.key") || call.contains("disk.raw"), "opened a key or the source");
    assert!(dumpable < key && core < key, "{dumpable}, {core}, {key}");
    let limits = shop.exec("sealed.qcow2", "ulimit -Sc; ulimit -Hc").ok();
    assert_eq!(limits.stdout, "0\n0\n");
}

/// The root key, and what else is in the data directory, is for its owner only, whatever the umask is.
#[test]
fn the_root_key_is_for_its_owner_only() {
    let shop = Workshop::new();
    marked_disk(&shop);
    let mut command = shop.command("sh");
    command.args(["-c", "umask 0; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_reseal")]);
    Ran::of(command.args("copy disk.raw sealed.qcow2 --encrypt".split_whitespace())).ok();
    let mode = |name: &str| shop.path(name).metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode("data/root.key"), 0o600);
    assert_eq!(mode("data") & 0o077, 0, "others look into the data directory: {:o}", mode("data"));
    assert_eq!(mode("data/catalog.sqlite") & 0o077, 0, "others read the catalog: {:o}", mode("data/catalog.sqlite"));
}

/// 2 MiB of noise with the marker in every page, at changing places, and at the start of every cluster.
fn marked_disk(shop: &Workshop) {
    let mut disk = Dice::new(90).bytes(2 * MIB as usize);
    for page in 0..disk.len() / 4096 {
        let at = page * 4096 + if page % 16 == 0 { 0 } else { (page * 131) % (4096 - MARKER.len()) };
        disk[at..at + MARKER.len()].copy_from_slice(MARKER);
    }
    shop.write("disk.raw", disk);
}

/// Every byte that a run gave to the system to write, to files, pipes or the terminal.
fn writes(shop: &Workshop, line: &str) -> Vec<u8> {
    let calls = ["-e", "trace=write,pwrite64,writev,pwritev,pwritev2", "-xx", "-s", "8388608"];
    let trace = shop.trace(&calls, line);
    trace.outcome.must_have_passed();
    let mut bytes = Vec::new();
    for text in trace.calls().flat_map(|call| call.split('"').skip(1).step_by(2)) {
        bytes.extend(text.split("\\x").skip(1).filter_map(|hex| u8::from_str_radix(hex, 16).ok()));
        // Between two calls stands something that belongs to neither.
        bytes.push(b'|');
    }
    bytes
}

/// Passphrase, data key and master key of a sealed file, raw and as text.
fn secrets_of(shop: &Workshop, sealed: &str) -> Vec<(&'static str, Vec<u8>)> {
    let passphrase = shop.passphrase(sealed);
    let key = BASE64.decode(&passphrase).expect("base64");
    let mut secrets = vec![("data key as hex", hex(&key)), ("data key", key), ("passphrase", passphrase.into_bytes())];
    if !sealed.ends_with(".qcow2") {
        let dump = "cryptsetup luksDump --dump-volume-key --volume-key-file master.key -q --key-file {secret}";
        shop.exec(sealed, &format!("{dump} {sealed}")).ok();
        let master_key = shop.read("master.key");
        std::fs::remove_file(shop.path("master.key")).expect("it was just read");
        assert_eq!(master_key.len(), 64);
        let halves = [&master_key[..32], &master_key[32..]];
        secrets.extend(halves.map(|half| ("half of the master key", half.to_vec())));
        secrets.extend(halves.map(|half| ("half of the master key as hex", hex(half))));
    }
    secrets
}

/// Command line and environment of a copy while it runs, as often as they could be read.
fn watched_copy(shop: &Workshop) -> Vec<u8> {
    let slow = ["-e", "trace=pwrite64", "-e", "inject=pwrite64:delay_exit=20000"];
    let mut command = shop.slowed(&slow, "copy disk.raw sealed.qcow2 --encrypt --threads 1");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("strace runs");
    let (mut seen, start) = (Vec::new(), Instant::now());
    let status = loop {
        for name in ["cmdline", "environ"] {
            seen.extend(std::fs::read(format!("/proc/{}/{name}", child.id())).unwrap_or_default());
        }
        if let Some(status) = child.try_wait().expect("it is ours") {
            break status;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "the copy hangs");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(status.success(), "the copy failed");
    assert!(contains(&seen, b"--encrypt"), "the command line was not seen");
    seen
}

/// Every file of the place and of the data directory, with its bytes.
fn all_files(shop: &Workshop) -> Vec<(String, Vec<u8>)> {
    let (mut files, mut folders) = (Vec::new(), vec![".".to_owned()]);
    while let Some(folder) = folders.pop() {
        for name in shop.names(&folder) {
            let name = format!("{folder}/{name}");
            if shop.path(&name).is_dir() {
                folders.push(name);
            } else {
                files.push((name.clone(), shop.read(&name)));
            }
        }
    }
    assert!(files.len() > 5, "only {} files: this does not look at the place any more", files.len());
    files
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    // By the first byte first: comparing windows of many MiB in a debug build takes minutes.
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == wanted[0]) {
        if rest[at..].starts_with(wanted) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}
