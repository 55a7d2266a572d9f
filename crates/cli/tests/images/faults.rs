//! A file system that fails at exact system calls of a server that copies images.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::caller::{Caller, text};
use crate::kills::{Calls, at_each, points};
use crate::lab::Lab;
use crate::lives::{Base, Life, Scenario, Told};
use crate::running::Server;
use crate::traced::Point;

/// Calls that a file system refuses, and at how many places of each it does in each life. `write` is not among them: it also wakes
/// threads, which no file system can fail.
const OF_FILES: &Calls =
    &[("pwrite64", 10), ("fsync", 5), ("fdatasync", 5), ("ftruncate", 1), ("rename", 2), ("renameat2", 1)];
/// Where catalog and blobs are elsewhere, the only files are those of the work.
const OF_WORK: &Calls = &[("pwrite64", 2), ("fsync", 1), ("fdatasync", 1), ("ftruncate", 1), ("renameat2", 1)];
const LIVES: [Life; 4] = [Life::Encrypt, Life::Keep, Life::Rekey, Life::Import];
/// Lives in which there is work: a copy that keeps its key shares what its source has.
const OF_WORKERS: [Life; 3] = [Life::Encrypt, Life::Rekey, Life::Import];
const ERRORS: [&str; 2] = ["ENOSPC", "EIO"];

/// What a reason says that names the cause: the system's words, those of SQLite, and those of the audit, which keeps its cause to itself.
const CAUSES: [&str; 5] = [
    "No space left on device",
    "Input/output error",
    "database or disk is full",
    "disk I/O error",
    "the audit could not be written",
];

/// Shows that a copy that meets a full or failing file system ends Available or is refused or fails with a reason that names the
/// cause, that the service goes on, that the next copy works as soon as files do, and that no file stays behind.
#[test]
fn a_failing_file_system_fails_a_copy_and_not_the_service() {
    fail_in_every_life(Lab::new(), &LIVES, OF_FILES, 8);
}

/// Shows the same where the catalog is on PostgreSQL and the blobs are in a bucket.
#[test]
fn a_file_system_that_fails_beside_postgresql_and_s3_fails_a_copy_and_not_the_service() {
    fail_in_every_life(Lab::remote(), &OF_WORKERS, OF_WORK, 5);
}

fn fail_in_every_life(lab: Lab, lives: &[Life], calls: &Calls, least: usize) {
    let base = Base::new(lab);
    for &life in lives {
        let failed = AtomicUsize::new(0);
        let count = at_each(&points(&Scenario { base: &base, life }, calls), |point| {
            for error in ERRORS {
                failed.fetch_add(usize::from(fail_at(&base, life, point, error)), Ordering::Relaxed);
            }
        });
        let (faults, failed) = (count * ERRORS.len(), failed.into_inner());
        println!("{life:?}: {faults} faults, {failed} of them failed it");
        assert!(failed > 0, "no fault of {life:?} was met: the test shows nothing");
        assert!(
            count >= least,
            "only {count} points in {life:?}: the server makes other system calls than this test knows"
        );
    }
}

/// Whether the life met the fault, or the server did when it started.
fn fail_at(base: &Base, life: Life, point: &Point, error: &str) -> bool {
    let Point { call, n } = *point;
    let what = format!("{life:?}, {error} at {call} {n}");
    let lab = Lab::like(&base.lab);
    let failed = match Server::attempt(failing(&lab, call, &format!("inject={call}:error={error}:when={n}"))) {
        Ok(server) => {
            let caller = Caller::new(&server);
            let told = base.live(life, &caller);
            heal(&server);
            let failed = judge(base, &lab, &told, &caller, &what);
            let again = base.live(life, &caller);
            let Told::Ended(Some(copy)) = again else { panic!("{what}: the next copy: {again:?}") };
            let copy = caller.must_be_available(&copy);
            lab.must_hold(&caller.region, &copy, 0, &lab.disk());
            let log = server.stop();
            assert!(!log.contains("panicked"), "{what}: {log}");
            failed
        }
        Err(end) => {
            assert!(CAUSES.iter().any(|cause| end.to_string().contains(cause)), "{what}: {end}");
            true
        }
    };
    let server = lab.serve();
    base.must_come_to_nothing(&lab, &Caller::new(&server), &what);
    server.stop();
    assert!(lab.place.run("audit verify").status.success(), "{what}: the audit is damaged");
    failed
}

/// `reseal serve` as our child, and strace beside it, which a signal (`-I1`) ends without the server.
fn failing(lab: &Lab, call: &str, injection: &str) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-D", "-I1", "-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", injection]);
    strace.arg(env!("CARGO_BIN_EXE_reseal"));
    lab.serving(lab.place.reseal_by(strace))
}

/// Ends the strace of a server: from now on files work.
fn heal(server: &Server) {
    let tracer = tracer(server).expect("it is traced");
    kill_process(tracer, Signal::TERM).expect("strace is ours");
    let until = Instant::now() + Duration::from_secs(30);
    while self::tracer(server).is_some() {
        assert!(Instant::now() < until, "strace does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn tracer(server: &Server) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child_id())).expect("proc");
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:")).expect("a line");
    Pid::from_raw(tracer.trim().parse().expect("a number"))
}

/// Whether the copy failed or was refused.
fn judge(base: &Base, lab: &Lab, told: &Told, caller: &Caller, what: &str) -> bool {
    let failed = match told {
        Told::Ended(Some(copy)) => {
            let image = caller.image(copy).unwrap_or_else(|| panic!("{what}: the copy is gone"));
            if image["Status"] == "Available" {
                lab.must_hold(&caller.region, &image, 0, &lab.disk());
            } else {
                let reason = text(&image["Reseal"]["Failure"]);
                assert_eq!(image["Status"], "CreateFailed", "{what}");
                assert!(CAUSES.iter().any(|cause| reason.contains(cause)), "{what}: failed because of {reason:?}");
            }
            image["Status"] != "Available"
        }
        Told::Refused(code) => {
            assert!(["InternalError", "ServiceUnavailable"].contains(&code.as_str()), "{what}: refused with {code}");
            true
        }
        other => panic!("{what}: the service ended: {other:?}"),
    };
    for source in [&base.plain, &base.sealed] {
        caller.must_be_available(source);
    }
    failed
}
