//! `kill -9` at exact system calls of a server that copies, cancels and deletes images.

use std::os::unix::process::ExitStatusExt;

use serde_json::Value;

use crate::caller::{Caller, text};
use crate::lab::Lab;
use crate::lives::{Base, Life, Told};
use crate::points::{at_each, points};
use crate::running::Server;
use crate::traced::Point;

/// Calls that change files, those of the database among them, and at how many places of each a server is killed at most in each life:
/// what a usual run has time for.
const CALLS: &[(&str, u64)] = &[
    ("pwrite64", 36),
    ("write", 12),
    ("fsync", 16),
    ("fdatasync", 16),
    ("rename", 4),
    ("unlink", 6),
    ("linkat", 2),
    ("ftruncate", 4),
    ("copy_file_range", 2),
];
const LIVES: [Life; 4] = [Life::Encrypt, Life::Keep, Life::Cancel, Life::Delete];

/// Shows that a server killed at any moment of CopyImage, CancelCopyImage and DeleteImage shows nothing half done when it is started
/// again: a copy that was answered comes to its good end by itself, what was cancelled or deleted is gone, what an image holds is
/// right, no file stays that no image uses, and the same call works again.
#[test]
fn a_server_killed_at_any_call_shows_nothing_half_done() {
    let base = Base::new();
    for life in LIVES {
        let count = at_each(&points(&base, life, CALLS), |point| kill_at(&base, life, point));
        assert!(
            count >= 15,
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
        let (told, status) = match Server::attempt(traced) {
            Ok(server) => (base.live(life, &Caller::new(&server)), server.end().0),
            Err(end) => (Told::Nothing, end.status),
        };
        assert!(status.success() || status.signal() == Some(9), "{what}: ended with {status}");
        if !status.success() {
            return judge(base, &lab, life, &told, &what);
        }
        assert!(n > 1, "{what}: the server made no such call this time");
        n /= 2;
    }
}

fn judge(base: &Base, lab: &Lab, life: Life, told: &Told, what: &str) {
    let server = lab.serve();
    let caller = Caller::new(&server);
    let images = caller.idle();
    for image in &images {
        assert_eq!(image["Status"], "Available", "{what}: {image}");
        lab.must_hold(&caller.region, image, 0, &lab.disk());
    }
    must_fit(base, life, told, &images, what);
    lab.must_hold_nothing_else(&lab.place.data(), &caller, what);
    base.must_work(lab, &caller, what);
    let log = server.stop();
    assert!(!log.contains("panicked"), "{what}: {log}");
}

/// The images are those of before, and what the client was told; of a call that was not answered, all or nothing.
fn must_fit(base: &Base, life: Life, told: &Told, images: &[Value], what: &str) {
    let ids: Vec<&str> = images.iter().map(|image| text(&image["ImageId"])).collect();
    let is_there = |id: &str| ids.contains(&id);
    let copies = ids.iter().filter(|id| ![base.plain.as_str(), base.sealed.as_str()].contains(*id)).count();
    assert!(is_there(&base.plain), "{what}: the plain image is gone");
    assert!(life == Life::Delete || is_there(&base.sealed), "{what}: the encrypted image is gone");
    match (life, told) {
        (Life::Delete, Told::Ended(_)) => assert!(!is_there(&base.sealed), "{what}: it was deleted"),
        (Life::Cancel, Told::Ended(_)) => assert_eq!(copies, 0, "{what}: it was cancelled"),
        (Life::Encrypt | Life::Keep, Told::Begun(id) | Told::Ended(Some(id))) => {
            assert!(is_there(id) && copies == 1, "{what}: {id} of {ids:?}");
        }
        (Life::Delete, _) => assert_eq!(copies, 0, "{what}"),
        (_, Told::Refused(code)) => panic!("{what}: refused with {code}"),
        _ => assert!(copies <= 1, "{what}: {ids:?}"),
    }
}
