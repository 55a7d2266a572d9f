//! `kill -9` at exact system calls, by strace: the crash points that a timer never hits.

use crate::fixture::{MIB, sha256};
use crate::support::Workshop;

const SOURCE_BYTES: u64 = 6 * MIB;
/// Most points that are tried of one system call.
const POINTS_MAX: u64 = 8;

/// Calls that change what is on disk.
const CALLS: &[&str] = &["pwrite64", "fdatasync", "fsync", "renameat2", "rename", "unlink", "ftruncate", "fallocate"];

/// Killed at any write, flush, rename or removal, a copy leaves its target absent or complete. The same command then
/// finishes it, with equal content; what was done before the kill is used in some case; and nothing is left of the
/// attempt, beside the target or in the data directory.
#[test]
fn a_copy_killed_at_any_call_is_absent_or_complete_and_can_be_finished() {
    kill_everywhere("copy disk.raw target --encrypt --threads 1", 0);
}

/// The same of a copy that was already sealed, with two workers and verification.
#[test]
fn a_re_encryption_killed_at_any_call_can_be_finished() {
    kill_everywhere("copy sealed target --encrypt --key alias/next --verify --threads 2", 1);
}

/// The same of a copy without encryption.
#[test]
fn a_plain_conversion_killed_at_any_call_can_be_finished() {
    kill_everywhere("copy disk.raw target --format qcow2 --threads 1", 0);
}

fn kill_everywhere(line: &str, sealed_before: usize) {
    let seen = prepared(sealed_before).trace(&["-e", &format!("trace={}", CALLS.join(","))], line);
    seen.outcome.must_have_passed();
    let (mut points, mut resumed) = (0, 0);
    for call in CALLS {
        let calls = seen.most_in_one_thread(call);
        let step = calls.div_ceil(POINTS_MAX).max(1);
        for n in (1..=calls).step_by(usize::try_from(step).expect("small")) {
            points += 1;
            resumed += kill_at(call, n, line, sealed_before);
        }
    }
    assert!(points >= 10, "only {points} points: the copy makes other calls than this test knows");
    assert!(resumed > 0, "no attempt was resumed in {points} points");
}

/// Kills the copy at the `n`-th `call` of a thread and finishes it. Returns how much of it was resumed.
///
/// strace counts the calls of each thread for itself, and which worker makes how many differs from run to run. When none came to
/// its `n`-th, that attempt shows nothing: another begins anew and is killed earlier, at the latest at the first call.
fn kill_at(call: &str, n: u64, line: &str, sealed_before: usize) -> u64 {
    let mut n = n;
    loop {
        let shop = prepared(sealed_before);
        let injection = format!("inject={call}:signal=KILL:when={n}");
        let attempt = shop.trace(&["-e", &format!("trace={call}"), "-e", &injection], line);
        if attempt.outcome.code == 137 {
            return finish(&shop, line, sealed_before, &format!("{call} {n}"));
        }
        assert!(n > 1, "the copy made no call of {call} this time: {}", attempt.outcome.stderr);
        n /= 2;
    }
}

/// A source, keys, and an image that is sealed already when the test wants one.
fn prepared(sealed_before: usize) -> Workshop {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 53, SOURCE_BYTES);
    shop.create_key("next");
    if sealed_before > 0 {
        shop.must("copy disk.raw sealed --encrypt --no-sync");
    }
    shop
}

/// Looks at what the killed attempt left, and runs the same command again. Returns how much of it was resumed.
fn finish(shop: &Workshop, line: &str, sealed_before: usize, what: &str) -> u64 {
    let resumed = if shop.exists("target") {
        check_target(shop, line, &format!("{what}: the target that the kill left"));
        let error = shop.refusal(line);
        assert!(error.contains("exists") && error.contains("--force"), "{what}: {error}");
        shop.must(&format!("{line} --force"));
        0
    } else {
        shop.json(line)["resumed_segments"].as_u64().expect("a number")
    };
    check_target(shop, line, &format!("{what}: the finished target"));
    let mut wanted = vec!["data", "disk.raw", "target"];
    if sealed_before > 0 {
        wanted.insert(2, "sealed");
    }
    let left: Vec<_> = shop.names(".").into_iter().collect();
    assert_eq!(left, wanted, "{what}: something else was left");
    let partial: Vec<_> = shop.kept().into_iter().filter(|name| name.contains("partial")).collect();
    assert!(partial.is_empty(), "{what}: left in the data directory: {partial:?}");
    resumed
}

fn check_target(shop: &Workshop, line: &str, what: &str) {
    if line.contains("--encrypt") {
        assert_eq!(shop.json("verify target")["intact"], true, "{what}");
        assert_eq!(sha256(&shop.opened_by_qemu("target")), sha256(&shop.read("disk.raw")), "{what}: another disk");
    } else {
        shop.sh("qemu-img compare -f qcow2 -F raw target disk.raw").ok();
        shop.sh("qemu-img check -q target").ok();
    }
}
