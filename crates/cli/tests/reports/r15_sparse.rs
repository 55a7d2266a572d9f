//! R15: an encrypted image keeps the size of its data.

use std::os::unix::fs::MetadataExt;

use crate::fixture::{GIB, KIB, MIB};
use crate::support::{Ran, Workshop};

const PIECES: u64 = 30;
const PIECE_BYTES: u64 = 512 * KIB;
/// Ten in a hundred and 8 MiB more than the data, as the report allows.
const TARGET_BYTES_MAX: u64 = PIECES * PIECE_BYTES * 11 / 10 + 8 * MIB;

/// 15 MiB of data in 30 places of a virtual 100 GiB stay about as large, take seconds, and leave what was never
/// written reading as zeros. The file system of the test is smaller than twice that, so a copy with more temporary
/// space would fail.
#[test]
fn r15_a_sparse_image_stays_sparse_in_little_space() {
    let shop = Workshop::new();
    scattered(&shop, 100 * GIB);
    let script = format!(
        "mkdir small && mount -t tmpfs -o size={} tmpfs small && \
         \"$1\" copy sparse.qcow2 small/sealed.qcow2 --encrypt --json && ls -A small >names && \
         cp --sparse=always small/sealed.qcow2 sealed.qcow2",
        2 * TARGET_BYTES_MAX
    );
    let printed = in_own_mounts(&shop, &script).ok();
    let copied: serde_json::Value = printed.json();
    assert_eq!(copied["virtual_size"], 100 * GIB);
    assert_eq!(shop.read("names"), b"sealed.qcow2\n", "something else was left beside the target");

    let metadata = shop.path("sealed.qcow2").metadata().expect("the copy");
    assert!(metadata.len() <= TARGET_BYTES_MAX, "{} bytes long", metadata.len());
    assert!(metadata.blocks() * 512 <= TARGET_BYTES_MAX, "{} blocks", metadata.blocks());
    shop.must_equal("sealed.qcow2", "sparse.qcow2", "qcow2");
    let used = shop.measure("copy sparse.qcow2 again.qcow2 --encrypt --no-sync");
    used.outcome.ok();
    assert!(used.cpu_seconds < 10.0, "{} s of processor time", used.cpu_seconds);
    assert!(used.rss_max_kib < 200 * KIB, "{} KiB of memory", used.rss_max_kib);
}

/// A file system that is too small gives an error that says so, and nothing is left on it.
#[test]
fn r15_a_full_file_system_is_an_error_that_leaves_nothing() {
    let shop = Workshop::new();
    shop.full_disk("source.raw", 15, 6 * MIB);
    let script = "mkdir small && mount -t tmpfs -o size=4m tmpfs small && \
                  { \"$1\" copy source.raw small/sealed.qcow2 --encrypt; code=$?; ls -A small >names; exit $code; }";
    let error = in_own_mounts(&shop, script).refusal();
    assert!(error.contains("No space left on device") && error.contains("sealed.qcow2"), "{error}");
    assert_eq!(shop.read("names"), b"", "something was left");
    assert!(shop.kept().is_empty(), "left in the data directory: {:?}", shop.kept());
}

/// A qcow2 with data of another kind in each of its places.
fn scattered(shop: &Workshop, virtual_size: u64) {
    shop.sh(&format!("qemu-img create -q -f qcow2 sparse.qcow2 {virtual_size}")).ok();
    let mut writes = String::new();
    for piece in 0..PIECES {
        shop.full_disk(&format!("piece{piece}"), piece, PIECE_BYTES);
        // The odd factor puts them at no round distance; the last one ends with the disk.
        let at = (virtual_size - PIECE_BYTES) / (PIECES - 1) * piece / (64 * KIB) * (64 * KIB);
        writes += &format!(" -c 'write -q -s piece{piece} {at} {PIECE_BYTES}'");
    }
    shop.sh(&format!("qemu-io -f qcow2 sparse.qcow2 {writes}")).ok();
}

/// Runs a shell script that may mount: what it mounts vanishes with it. `$1` is `reseal`.
fn in_own_mounts(shop: &Workshop, script: &str) -> Ran {
    let mut command = shop.command("unshare");
    // As root of a user namespace of its own where the tests do not run as root.
    command.args(if rustix::process::geteuid().is_root() { &["--mount"][..] } else { &["-r", "--mount"] });
    command.args(["sh", "-c", script, "sh"]).arg(env!("CARGO_BIN_EXE_reseal"));
    Ran::of(&mut command)
}
