//! `kill -9` at exact system calls of a server that runs, stops, reboots and deletes instances and replaces their disks.

use std::os::unix::process::ExitStatusExt;

use serde_json::Value;

use crate::caller::{Caller, text};
use crate::lab::Lab;
use crate::lives::{Base, Life, disks};
use crate::points::{at_each, points};
use crate::running::Server;
use crate::traced::Point;

/// Calls that change files, those of the database among them, start a process, or talk to it, and at how many places of each a server is
/// killed at most in each life: what a usual run has time for.
const CALLS: &[(&str, u64)] = &[
    ("pwrite64", 2),
    ("fdatasync", 1),
    ("fsync", 1),
    ("rename", 1),
    ("unlink", 1),
    ("pidfd_open", 1),
    ("sendmsg", 1),
    ("write", 1),
];
const LIVES: [Life; 5] = [Life::Run, Life::Stop, Life::Reboot, Life::Replace, Life::Delete];

/// Shows that a server killed at any moment of the life of an encrypted instance leaves nothing half done to the next: a machine runs where
/// its instance is Running and nowhere else, what was answered is so, a reboot that was begun ends Running, each disk has one file, no file,
/// header or use of a key stays that nobody has, and all can be used and deleted.
#[test]
fn a_server_killed_at_any_call_leaves_every_instance_whole() {
    let base = Base::new();
    for life in LIVES {
        let count = at_each(&points(&base, life, CALLS), |point| kill_at(&base, life, point));
        println!("{life:?}: {count} points");
        assert!(
            count >= 3,
            "only {count} points in {life:?}: the server makes other system calls than this test knows"
        );
    }
}

/// strace counts the calls of each thread for itself, and which thread makes how many differs from run to run. When none came to its
/// `n`-th, the server is killed earlier in another attempt.
fn kill_at(base: &Base, life: Life, point: &Point) {
    let Point { call, mut n } = *point;
    loop {
        let what = format!("{life:?}, killed at {call} {n}");
        let lab = Lab::like(&base.lab);
        let injection = format!("inject={call}:signal=KILL:when={n}");
        let traced = lab.serving(lab.place.traced(&["-e", &format!("trace={call}"), "-e", &injection]));
        let (answers, status) = match Server::attempt(traced) {
            Ok(server) => (base.live(life, &Caller::new(&server)), server.end().0),
            Err(end) => (Vec::new(), end.status),
        };
        assert!(status.success() || status.signal() == Some(9), "{what}: ended with {status}");
        if !status.success() {
            return judge(base, &lab, life, &answers, &what);
        }
        assert!(n > 1, "{what}: the server made no such call this time");
        n /= 2;
    }
}

fn judge(base: &Base, lab: &Lab, life: Life, answers: &[Value], what: &str) {
    let server = lab.serve();
    let caller = Caller::new(&server);
    let found = base.settled(lab, &caller, what);
    must_fit(base, life, answers, &found, &caller, what);
    base.must_work(lab, &caller, what);
    let log = server.stop();
    assert!(!log.contains("panicked"), "{what}: {log}");
}

/// The instances are what the client was told; of a call that was not answered, all or nothing.
fn must_fit(base: &Base, life: Life, answers: &[Value], found: &[Value], caller: &Caller, what: &str) {
    let (own, others): (Vec<&Value>, Vec<&Value>) = found.iter().partition(|one| one["InstanceId"] == *base.instance);
    let status = own.first().map(|one| text(&one["Status"]));
    match (life, answers) {
        (Life::Run, [run]) => {
            assert!(others.len() == 1 && others[0]["Status"] == "Running", "{what}: {others:?}");
            assert_eq!(run["InstanceIdSets"]["InstanceIdSet"][0], others[0]["InstanceId"], "{what}");
        }
        (Life::Run, _) => assert!(others.iter().all(|one| one["Status"] == "Running"), "{what}: {others:?}"),
        (Life::Stop, [_, _]) => assert_eq!(status, Some("Stopped"), "{what}"),
        (Life::Reboot, [_, ..]) => assert_eq!(status, Some("Running"), "{what}"),
        (Life::Replace, [replaced]) => {
            assert_eq!(disks(caller, &base.instance), [text(&replaced["DiskId"])], "{what}");
        }
        (Life::Delete, [_]) => assert_eq!(status, None, "{what}"),
        _ => {}
    }
    assert!(status.is_some() || life == Life::Delete, "{what}: the instance is gone");
    assert!(others.len() <= usize::from(life == Life::Run), "{what}: {others:?}");
}
