//! Disks that are full or fail, by strace: an error that says so, and nothing that looks like a result.

use std::collections::BTreeSet;

use crate::fixture::{MIB, sha256};
use crate::support::{Ran, Workshop};

/// Writes and flushes that fail with EIO, wherever in the copy they are, end it with an error; no target appears, and
/// nothing is left of it.
#[test]
fn a_failing_disk_ends_the_copy_with_an_error_and_no_target() {
    every_point_fails("EIO", &["pwrite64", "fdatasync", "fsync", "renameat2"], "Input/output error");
}

/// A disk that is full at some point: the same.
#[test]
fn a_full_disk_ends_the_copy_with_an_error_and_no_target() {
    every_point_fails("ENOSPC", &["pwrite64", "fallocate", "ftruncate"], "No space left on device");
}

/// The last step is to flush the directory. If that fails, a new target is taken back; one that has replaced another
/// stays, complete and with everything that belongs to it, because the other cannot come back.
#[test]
fn a_name_that_cannot_be_flushed_is_taken_back() {
    let shop = prepared();
    let before = shop.names(".");
    let folder = shop.dir().canonicalize().expect("it is there");
    let fault = ["-P", folder.to_str().expect("UTF-8"), "-e", "trace=fsync", "-e", "inject=fsync:error=EIO"];
    let said = shop.trace(&fault, "copy disk.raw target --encrypt").outcome.refusal();
    assert!(said.contains("cannot flush") && said.contains("Input/output error"), "{said}");
    assert_eq!(shop.names("."), before, "something was left");
    assert!(shop.kept().is_empty(), "left in the data directory: {:?}", shop.kept());

    shop.write("target", "old");
    shop.trace(&fault, "copy disk.raw target --encrypt --force").outcome.refusal();
    shop.must("verify target");
    shop.must_equal("target", "disk.raw", "raw");
}

/// A copy with `--force` that fails leaves the old target as it was.
#[test]
fn a_failed_copy_leaves_the_old_target() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 60, 2 * MIB);
    shop.must("self-test");
    let old = shop.full_disk("target", 61, 10_000);
    for fault in ["inject=pwrite64:error=EIO:when=20+", "inject=fsync:error=EIO", "inject=renameat2:error=EIO"] {
        let line = "copy disk.raw target --encrypt --force --threads 1";
        shop.trace(&["-e", fault], line).outcome.refusal();
        assert_eq!(sha256(&shop.read("target")), sha256(&old), "{fault}");
        assert!(!shop.exists("target.partial"), "{fault} left a partial file");
    }
}

fn every_point_fails(error: &str, calls: &[&str], text: &str) {
    const LINE: &str = "copy disk.raw target --encrypt --threads 1";
    let seen = prepared().trace(&["-e", &format!("trace={}", calls.join(","))], LINE);
    seen.outcome.must_have_passed();
    let mut failed = 0;
    for call in calls {
        let most = seen.most_in_one_thread(call);
        let step = usize::try_from(most.div_ceil(10).max(1)).expect("small");
        for n in (1..=most).step_by(step) {
            let (shop, before, n, outcome) = fault_at(call, n, error, LINE);
            let what = format!("{call} {n}: {error}");
            if outcome.code == 0 {
                // Some calls are hints, such as taking space beforehand, and the catalog tidies its log when all is done: without them the
                // result must be right.
                shop.must("verify target");
                shop.must_equal("target", "disk.raw", "raw");
                continue;
            }
            failed += 1;
            let said = outcome.refusal();
            assert!(said.contains(text) || said.contains("disk I/O error") || said.contains("full"), "{what}: {said}");
            assert_eq!(shop.names("."), before, "{what} left something");
            assert!(shop.kept().is_empty(), "{what} left in the data directory: {:?}", shop.kept());
        }
    }
    assert!(failed >= 4, "only {failed} attempts failed: the faults do not reach the copy any more");
}

/// The copy with every `call` of a thread failing from its `n`-th on: a disk does not heal by itself.
///
/// strace counts the calls of each thread for itself, and which worker makes how many differs from run to run. When none came to its
/// `n`-th, another copy meets the fault earlier. Returns where, and what was there before.
fn fault_at(call: &str, n: u64, error: &str, line: &str) -> (Workshop, BTreeSet<String>, u64, Ran) {
    let mut n = n;
    loop {
        let shop = prepared();
        let before = shop.names(".");
        let injection = format!("inject={call}:error={error}:when={n}+");
        let attempt = shop.trace(&["-e", &format!("trace={call}"), "-e", &injection], line);
        if n == 1 || attempt.has_injected() {
            return (shop, before, n, attempt.outcome);
        }
        n /= 2;
    }
}

fn prepared() -> Workshop {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 62, 3 * MIB);
    // The service key is made beforehand, so that the faults meet the copy.
    shop.must("self-test");
    shop
}
