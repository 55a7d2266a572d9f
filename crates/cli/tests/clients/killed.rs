//! `kill -9` at exact system calls of a server that runs, stops, reboots and deletes instances and replaces their disks.

use crate::kills::{Calls, kill_everywhere};
use crate::lives::{Base, Life, Scenario};

/// Calls that change files, those of the database among them, start a process, or talk to it: few, as each attempt starts machines.
const CALLS: &Calls = &[
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
        let count = kill_everywhere(&Scenario { base: &base, life }, CALLS);
        assert!(
            count >= 3,
            "only {count} points in {life:?}: the server makes other system calls than this test knows"
        );
    }
}
