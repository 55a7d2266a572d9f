//! `kill -9` at exact system calls of a server that imports, copies, cancels and deletes images.

use crate::kills::{Calls, kill_everywhere};
use crate::lab::Lab;
use crate::lives::{Base, Life, Scenario};

/// Calls that change files, those of the database among them.
const OF_FILES: &Calls = &[
    ("pwrite64", 24),
    ("write", 8),
    ("fsync", 12),
    ("fdatasync", 12),
    ("rename", 4),
    ("renameat2", 1),
    ("unlink", 4),
    ("linkat", 2),
    ("ftruncate", 3),
    ("copy_file_range", 2),
];

/// Calls that ask the database and the bucket, answer the client, or change files: work files, headers and digest trees. Few: each attempt
/// has a database of its own.
const OF_SERVICES: &Calls =
    &[("sendto", 4), ("writev", 1), ("write", 1), ("pwrite64", 1), ("fsync", 1), ("renameat2", 1), ("unlink", 1)];

const LIVES: [Life; 6] = [Life::Encrypt, Life::Keep, Life::Rekey, Life::Cancel, Life::Delete, Life::Import];
/// Those in which parts go up while a large enough disk is copied.
const OF_PARTS: [Life; 2] = [Life::Encrypt, Life::Cancel];

/// Shows that a server killed at any moment of ImportImage, CopyImage, CancelCopyImage and DeleteImage shows nothing half done when it is
/// started again: an image that was answered comes to its good end by itself, what was cancelled or deleted is gone, what an image holds
/// is right, no file stays that no image uses, and the same call works again.
#[test]
fn a_server_killed_at_any_call_shows_nothing_half_done() {
    kill_in(&LIVES, Lab::new(), OF_FILES, 15);
}

/// Shows the same where the catalog is on PostgreSQL and the blobs are in a bucket: killed between any two messages to them. No upload stays.
#[test]
fn a_server_of_postgresql_and_s3_killed_at_any_call_shows_nothing_half_done() {
    let others: Vec<Life> = LIVES.into_iter().filter(|life| !OF_PARTS.contains(life)).collect();
    kill_in(&others, Lab::remote(), OF_SERVICES, 5);
    kill_in(&OF_PARTS, Lab::remote_in_parts(), OF_SERVICES, 5);
}

fn kill_in(lives: &[Life], lab: Lab, calls: &Calls, least: usize) {
    let base = Base::new(lab);
    for &life in lives {
        let count = kill_everywhere(&Scenario { base: &base, life }, calls);
        assert!(
            count >= least,
            "only {count} points in {life:?}: the server makes other system calls than this test knows"
        );
    }
}
