//! `kill -9` at the system calls by which a command changes the root key.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use crate::kills::{Calls, Killed, kill_everywhere};
use crate::running::{Place, Server};
use crate::witness::Witnesses;

/// Calls that change files, and at how many places of each the command is killed. `write` is files with keys, and threads waking each
/// other.
const CALLS: &Calls = &[
    ("pwrite64", 20),
    ("write", 10),
    ("fsync", 10),
    ("fdatasync", 10),
    ("ftruncate", 10),
    ("linkat", 10),
    ("rename", 10),
    ("unlink", 10),
];

/// A change of the root key that is cut short at many points.
struct Change {
    /// A data directory with keys in all states, and what was answered about them.
    earlier: Place,
    /// After `reseal root`.
    words: &'static str,
    /// Whether the new root key is under the passphrase in `word`.
    is_sealed: bool,
    witnesses: Witnesses,
}

/// Shows that a rotation killed at any call loses no key, shows nothing half done, and can be repeated beside a running server.
#[test]
fn a_rotation_killed_at_any_call_can_be_repeated() {
    let points = kill_everywhere(&Change::new("rotate", false), CALLS);
    assert!(points >= 25, "only {points} points: the command makes other system calls than this test knows");
}

/// Shows the same of a move to a passphrase: the root key is in one of both places, and is followed to the other.
#[test]
fn a_move_killed_at_any_call_can_be_repeated() {
    let points = kill_everywhere(&Change::new("move --to-passphrase-file word", true), CALLS);
    assert!(points >= 25, "only {points} points: the command makes other system calls than this test knows");
}

impl Change {
    fn new(words: &'static str, is_sealed: bool) -> Self {
        let earlier = Place::in_memory();
        let witnesses = Witnesses::new(earlier.key_file());
        let mut witness = witnesses.take();
        let server = earlier.serve();
        witness.must(&format!("live {} 0", server.address), "preparation");
        server.stop();
        witness.must(&format!("keep {}", earlier.path().join("notes").display()), "preparation");
        witnesses.give_back(witness);
        Self { earlier, words, is_sealed, witnesses }
    }

    /// `reseal root …` under strace.
    fn traced(&self, place: &Place, options: &[&str]) -> Command {
        let mut command = place.traced(options);
        command.arg("root").args(self.words.split_whitespace()).current_dir(place.path());
        command
    }
}

impl Killed for Change {
    type Lab = Place;
    type Told = ();

    fn name(&self) -> String {
        format!("root {}", self.words)
    }

    /// A place of its own with what was there before.
    fn lab(&self) -> Place {
        let place = Place::in_memory();
        let copied = Command::new("cp").arg("-a").arg(self.earlier.data()).arg(place.data()).status();
        assert!(copied.expect("cp runs").success());
        place
    }

    fn run(&self, place: &Place, strace: &[&str], _: &str) -> (ExitStatus, ()) {
        (self.traced(place, strace).output().expect("strace runs").status, ())
    }

    /// One root key is in force, a server finds everything under it, and goes on when the change is made again beside it.
    fn judge(&self, mut place: Place, (): (), what: &str) {
        let mut witness = self.witnesses.take();
        let mut roots = vec![None];
        roots.extend(self.is_sealed.then(|| Some(place.word())));
        roots.retain(|root| {
            place.passphrase_file.clone_from(root);
            place.run("key list").status.success()
        });
        assert_eq!(roots.len(), 1, "{what}: these are in force: {roots:?}");
        place.passphrase_file = roots.remove(0);
        let server = Server::attempt(place.serving(place.reseal()));
        let server = server.unwrap_or_else(|end| panic!("{what}: no start: {end}"));
        witness.must(&format!("load {}", self.earlier.path().join("notes").display()), what);
        witness.must(&format!("check {}", server.address), what);

        let again = place.run(&format!("root {}", self.words));
        assert!(again.status.success(), "{what}: again: {}", String::from_utf8_lossy(&again.stderr));
        let seen = witness.must(&format!("check {}", server.address), &format!("{what}, again"));
        server.stop();
        place.passphrase_file = self.is_sealed.then(|| place.word());
        place.must_account_for(seen["answered"].as_array().expect("a list"), what);
        let left = fs::read_dir(place.data()).expect("a directory").map(|entry| entry.expect("an entry").path());
        let next: Vec<PathBuf> = left.filter(|path| path.extension().is_some_and(|end| end == "next")).collect();
        assert!(next.is_empty(), "{what}: {next:?} did not come to its place");
        self.witnesses.give_back(witness);
    }
}
