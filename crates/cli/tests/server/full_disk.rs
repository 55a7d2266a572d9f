//! A server whose file system is full.

use std::fs;
use std::process::Command;

use crate::running::{Place, Server};
use crate::small_disk::fill;
use crate::witness::Witness;

/// The file system's size: several times what a server needs that was just started.
const BYTES: u64 = 4 << 20;

/// Shows that a server on a full file system refuses calls with an error of its own and goes on, that it works again when there is space,
/// and that nothing that was answered before is lost. `kill -9` afterwards changes nothing of it.
#[test]
fn a_full_file_system_loses_nothing_and_heals() {
    let place = Place::in_memory();
    let mut witness = Witness::new(&place.key_file());
    let server = Server::start(place.serving(place.on_small_file_system(BYTES)));
    let small = place.data_of(&server);
    let mut live = |name: &str| witness.must(&format!("live {} {name}", server.address), name)["ended"] == true;
    assert!(live("before"), "the server works");

    let filler = small.join("filler");
    fill(&filler);
    assert!(!live("full"), "no call of this life needs space: the test shows nothing");
    fs::remove_file(&filler).expect("it was just made");
    assert!(live("after"), "the server does not work again");

    let seen = witness.must(&format!("check {}", server.address), "after");
    assert!(!seen["answered"].as_array().expect("a list").is_empty());
    let copied = Command::new("cp").arg("-a").arg(small.join(".")).arg(place.data()).status();
    assert!(copied.expect("cp runs").success());
    server.kill();
    let server = place.serve();
    let seen = witness.must(&format!("check {}", server.address), "after a kill");
    server.stop();
    place.must_account_for(seen["answered"].as_array().expect("a list"), "after a kill");
}
