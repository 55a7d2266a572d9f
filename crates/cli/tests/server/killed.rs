//! `kill -9` at exact system calls of a server, from its first start to its end: the moments that a timer never hits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::kills::{Calls, Killed, kill_everywhere, live_with};
use crate::running::{Place, Server};
use crate::witness::{Witness, Witnesses};

/// Calls that change files or send answers, and at how many places of each a server is killed. `write` is the log and the threads waking
/// each other: moments between the others.
const CALLS: &Calls = &[
    ("pwrite64", 50),
    ("fsync", 35),
    ("fdatasync", 35),
    ("writev", 25),
    ("sendto", 10),
    ("write", 15),
    ("ftruncate", 10),
    ("unlink", 10),
    ("linkat", 5),
    ("rename", 5),
    ("mkdir", 5),
];

/// How long the write-ahead log is before the calls begin: 940 pages with their headers. At 1000 pages, so in the midst of the calls, the
/// database copies it into its file.
const WAL_BYTES: u64 = 940 * 4120;

/// A life of a server that is cut short at many points.
struct Scenario {
    name: &'static str,
    /// Data directory and notes of a server that was killed before, or an empty place; calls are made at the former only.
    earlier: Option<PathBuf>,
    /// Any place has the same access key.
    witnesses: Witnesses,
    _key: Place,
    /// Whether the write-ahead log of the earlier server was copied into the database when a server was not killed.
    copies_log: AtomicBool,
}

/// Shows that a server killed at any moment, while two clients create, import, rotate, disable and schedule keys, loses nothing that was
/// answered and shows nothing half done: keys, versions, material, aliases, tags, states, nonces, audit and meters.
#[test]
fn a_server_killed_at_any_call_has_everything_that_was_answered() {
    let earlier = Place::in_memory();
    prepare(&earlier);
    let scenario = Scenario::new("calls", Some(earlier.path().to_owned()));
    let points = kill_everywhere(&scenario, CALLS);
    assert!(scenario.copies_log.into_inner(), "the write-ahead log was not copied into the database");
    assert!(points >= 130, "only {points} points: the server makes other system calls than this test knows");
}

/// Shows that a first start that is cut short at any moment leaves a directory on which the next start succeeds.
#[test]
fn a_first_start_killed_at_any_call_can_be_repeated() {
    let points = kill_everywhere(&Scenario::new("first start", None), CALLS);
    assert!(points >= 70, "only {points} points: the server makes other system calls than this test knows");
}

/// A data directory with a life of keys, left by a killed server, whose write-ahead log is almost full.
fn prepare(place: &Place) {
    let mut witness = Witness::new(&place.key_file());
    let server = place.serve();
    witness.must(&format!("live {} 0", server.address), "preparation");
    let wal = place.data().join("catalog.sqlite-wal");
    while fs::metadata(&wal).expect("a write-ahead log").len() < WAL_BYTES {
        witness.must(&format!("fill {}", server.address), "preparation");
    }
    server.kill();
    witness.must(&format!("keep {}", place.path().join("notes").display()), "preparation");
}

impl Scenario {
    fn new(name: &'static str, earlier: Option<PathBuf>) -> Self {
        let key = Place::in_memory();
        let witnesses = Witnesses::new(key.key_file());
        Self { name, earlier, witnesses, _key: key, copies_log: AtomicBool::new(false) }
    }

    /// Has the witness know what was answered by the earlier server, and nothing else.
    fn remember(&self, witness: &mut Witness, what: &str) {
        match &self.earlier {
            Some(earlier) => witness.must(&format!("load {}", earlier.join("notes").display()), what),
            None => witness.must("forget", what),
        };
    }
}

impl Killed for Scenario {
    type Lab = Place;
    /// Who was told, and noted it.
    type Told = Witness;

    fn name(&self) -> String {
        self.name.to_owned()
    }

    /// A place of its own with what the earlier server left.
    fn lab(&self) -> Place {
        let place = Place::in_memory();
        if let Some(earlier) = &self.earlier {
            let copied = Command::new("cp").arg("-a").arg(earlier.join("data")).arg(place.data()).status();
            assert!(copied.expect("cp runs").success());
        }
        place
    }

    fn run(&self, place: &Place, strace: &[&str], what: &str) -> (ExitStatus, Witness) {
        let mut witness = self.witnesses.take();
        self.remember(&mut witness, what);
        let (status, _) = live_with(place.serving(place.traced(strace)), |server| {
            if self.earlier.is_some() {
                witness.must(&format!("live {} 1", server.address), what);
            }
        });
        if let (Some(earlier), true) = (&self.earlier, status.success()) {
            self.copies_log.fetch_or(database(earlier) != database(place.path()), Ordering::Relaxed);
        }
        (status, witness)
    }

    /// Starts the server again and compares what it shows with what was answered.
    fn judge(&self, place: Place, mut witness: Witness, what: &str) {
        let server = Server::attempt(place.serving(place.reseal()));
        let server = server.unwrap_or_else(|end| panic!("{what}: no start: {end}"));
        let seen = witness.must(&format!("check {}", server.address), what);
        server.stop();
        place.must_account_for(seen["answered"].as_array().expect("a list"), what);
        self.witnesses.give_back(witness);
    }
}

fn database(place: &Path) -> Vec<u8> {
    fs::read(place.join("data/catalog.sqlite")).expect("a database")
}
