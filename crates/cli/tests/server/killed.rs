//! `kill -9` at exact system calls of a server, from its first start to its end: the moments that a timer never hits.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::running::{Place, Server};
use crate::traced::{Point, Points};
use crate::witness::Witness;

/// Calls that change files or send answers, and at how many places of each a server is killed. `write` is the log and the threads waking
/// each other: moments between the others.
const CALLS: &[(&str, u64)] = &[
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

/// Attempts at a time. They wait for each other's flushes and signals more than for a processor.
const WORKERS: usize = 4;

/// How long the write-ahead log is before the calls begin: 940 pages with their headers. At 1000 pages, so in the midst of the calls, the
/// database copies it into its file.
const WAL_BYTES: u64 = 940 * 4120;

/// A life of a server that is cut short at many points.
struct Scenario {
    name: &'static str,
    /// Data directory and notes of a server that was killed before, or an empty place.
    earlier: Option<PathBuf>,
    /// Whether calls are made.
    calls: bool,
}

/// Shows that a server killed at any moment, while two clients create, import, rotate, disable and schedule keys, loses nothing that was
/// answered and shows nothing half done: keys, versions, material, aliases, tags, states, nonces, audit and meters.
#[test]
fn a_server_killed_at_any_call_has_everything_that_was_answered() {
    let earlier = Place::in_memory();
    prepare(&earlier);
    let points = kill_everywhere(&Scenario { name: "calls", earlier: Some(earlier.path().to_owned()), calls: true });
    assert!(points >= 130, "only {points} points: the server makes other system calls than this test knows");
}

/// Shows that a first start that is cut short at any moment leaves a directory on which the next start succeeds.
#[test]
fn a_first_start_killed_at_any_call_can_be_repeated() {
    let points = kill_everywhere(&Scenario { name: "first start", earlier: None, calls: false });
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

/// Returns how many times the server was killed.
fn kill_everywhere(scenario: &Scenario) -> usize {
    let points = scenario.points();
    let count = points.len();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let home = Place::in_memory();
                let mut witness = Witness::new(&home.key_file());
                while let Some(point) = points.take() {
                    scenario.kill_at(&point, &mut witness);
                }
            });
        }
    });
    count
}

impl Scenario {
    /// Points spread over everything that a server does which is not killed.
    fn points(&self) -> Points {
        let place = self.place();
        let names: Vec<&str> = CALLS.iter().map(|(call, _)| *call).collect();
        let traced = place.serving(place.traced(&["-e", &format!("trace={}", names.join(","))]));
        let server = Server::start(traced);
        self.live(&server, &mut self.witness(&place), "without a kill");
        server.stop();
        if let Some(earlier) = &self.earlier {
            assert!(
                database(earlier) != database(place.path()),
                "the write-ahead log was not copied into the database"
            );
        }
        Points::spread(CALLS, &place.counts())
    }

    /// Kills a server at the `n`-th `call` of a thread and looks at what the next one shows.
    ///
    /// strace counts the calls of each thread for itself, and which thread makes how many differs from run to run. When none came to
    /// its `n`-th, that attempt shows nothing: another begins anew and is killed earlier, at the latest at the first call.
    fn kill_at(&self, point: &Point, witness: &mut Witness) {
        let Point { call, mut n } = *point;
        loop {
            let place = self.place();
            let what = format!("{}, killed at {call} {n}", self.name);
            if self.is_killed(&place, &format!("inject={call}:signal=KILL:when={n}"), witness, &what) {
                return judge(&place, witness, &what);
            }
            assert!(n > 1, "{what}: the server made no such call this time");
            n /= 2;
        }
    }

    fn is_killed(&self, place: &Place, injection: &str, witness: &mut Witness, what: &str) -> bool {
        self.remember(witness, what);
        let call = injection.split(['=', ':']).nth(1).expect("its name");
        let traced = place.serving(place.traced(&["-e", &format!("trace={call}"), "-e", injection]));
        let status = match Server::attempt(traced) {
            Ok(server) => {
                self.live(&server, witness, what);
                server.end().0
            }
            Err(end) => end.status,
        };
        assert!(status.success() || status.signal() == Some(9), "{what}: ended with {status}");
        !status.success()
    }

    fn live(&self, server: &Server, witness: &mut Witness, what: &str) {
        if self.calls {
            witness.must(&format!("live {} 1", server.address), what);
        }
    }

    /// A place of its own with what the earlier server left.
    fn place(&self) -> Place {
        let place = Place::in_memory();
        if let Some(earlier) = &self.earlier {
            let copied = Command::new("cp").arg("-a").arg(earlier.join("data")).arg(place.data()).status();
            assert!(copied.expect("cp runs").success());
        }
        place
    }

    fn witness(&self, place: &Place) -> Witness {
        Witness::new(&place.key_file())
    }

    /// Has the witness know what was answered by the earlier server, and nothing else.
    fn remember(&self, witness: &mut Witness, what: &str) {
        match &self.earlier {
            Some(earlier) => witness.must(&format!("load {}", earlier.join("notes").display()), what),
            None => witness.must("forget", what),
        };
    }
}

/// Starts the server again and compares what it shows with what was answered.
fn judge(place: &Place, witness: &mut Witness, what: &str) {
    let server = Server::attempt(place.serving(place.reseal())).unwrap_or_else(|end| panic!("{what}: no start: {end}"));
    let seen = witness.must(&format!("check {}", server.address), what);
    server.stop();
    place.must_account_for(seen["answered"].as_array().expect("a list"), what);
}

fn database(place: &Path) -> Vec<u8> {
    fs::read(place.join("data/catalog.sqlite")).expect("a database")
}
