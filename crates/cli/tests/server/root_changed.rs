//! The root key changes beside a running server.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::running::{Place, Server};
use crate::throwaway::Postgres;
use crate::witness::Witness;

/// A server and commands on one catalog.
struct Installation {
    place: Place,
    /// Of the catalog, unless it is in the data directory.
    database: Option<String>,
}

/// Shows that no call of three busy clients fails while the root key is rotated, moved to a passphrase and back, that the server needs the
/// new place when it is started again, and that everything opens then.
#[test]
fn no_call_fails_while_the_root_key_changes() {
    let (mut here, mut witness) = change_beside(None);
    here.place.passphrase_file = None;
    let server = here.start();
    let seen = witness.must(&format!("check {}", server.address), "after the changes");
    server.stop();
    here.place.must_account_for(seen["answered"].as_array().expect("a list"), "after the changes");
}

/// Shows the same with the catalog on PostgreSQL; and that a copy of the root key can be made, and put back, there too.
#[test]
fn no_call_fails_while_the_root_key_of_a_postgresql_catalog_changes() {
    let postgres = Postgres::start();
    let (mut here, mut witness) = change_beside(Some(postgres.url));
    here.place.passphrase_file = None;
    here.must("root backup copy --passphrase-file word");
    fs::remove_file(here.place.data().join("root.key")).expect("the root key");
    here.must("root restore copy --passphrase-file word");
    let server = here.start();
    witness.must(&format!("check {}", server.address), "after the changes");
    server.stop();
}

/// Changes beside a busy server: to a passphrase, a start with it, and back to a file.
fn change_beside(database: Option<String>) -> (Installation, Witness) {
    let mut here = Installation { place: Place::in_memory(), database };
    let mut witness = Witness::new(&here.place.key_file());
    let changes = [
        (None, ["root rotate", "root rotate", "root move --to-passphrase-file word"]),
        (Some(here.place.word()), ["root rotate", "root rotate", "root move --to-file"]),
    ];
    for (passphrase_file, words) in changes {
        here.place.passphrase_file = passphrase_file;
        let server = here.start();
        let stop = here.place.path().join("stop");
        witness.tell(&format!("use {} {}", server.address, stop.display()));
        wait_for_rounds(&stop);
        for words in words {
            here.must(words);
            wait_for_rounds(&stop);
        }
        fs::write(&stop, "").expect("a file");
        witness.must_answer(&format!("beside {words:?}"));
        fs::remove_file(&stop).expect("it was just made");
        let log = server.stop();
        assert!(!log.contains("ERROR"), "{log}");
        let refused = Server::attempt(here.serving()).err().map(|end| end.to_string()).unwrap_or_default();
        assert!(refused.contains("The last change of the root key left it elsewhere"), "{refused}");
    }
    (here, witness)
}

/// Waits until the clients have made some more calls. After a failed one they make none, which is found when they are asked to end.
fn wait_for_rounds(stop: &Path) {
    const ROUNDS: u64 = 20;
    let deadline = Instant::now() + Duration::from_secs(20);
    let rounds = || fs::metadata(stop.with_extension("rounds")).map_or(0, |shown| shown.len());
    let wanted = rounds() + ROUNDS;
    while rounds() < wanted && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Installation {
    fn start(&self) -> Server {
        Server::start(self.serving())
    }

    fn serving(&self) -> Command {
        let mut command = self.place.serving(self.place.reseal());
        command.args(self.database.iter().flat_map(|url| ["--database", url]));
        command
    }

    fn must(&self, words: &str) {
        let mut command = self.place.reseal();
        command.args(words.split_whitespace()).args(self.database.iter().flat_map(|url| ["--database", url]));
        let done = command.current_dir(self.place.path()).output().expect("reseal runs");
        assert!(done.status.success(), "{words}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
