//! A server whose file system is full.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::running::{Place, Server};
use crate::witness::Witness;

/// The file system's size: several times what a server needs that was just started.
const BYTES: u64 = 4 << 20;

/// Shows that a server on a full file system refuses calls with an error of its own and goes on, that it works again when there is space,
/// and that nothing that was answered before is lost. `kill -9` afterwards changes nothing of it.
#[test]
fn a_full_file_system_loses_nothing_and_heals() {
    let place = Place::in_memory();
    let mut witness = Witness::new(&place.key_file());
    let server = Server::start(on_small_file_system(&place));
    let small = outside(&server, &place);
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

/// `reseal serve` with its data directory on a file system of its own, which only it and its parent see.
fn on_small_file_system(place: &Place) -> Command {
    fs::create_dir(place.data()).expect("a directory");
    let mut command = Command::new("unshare");
    // As root of a user namespace of its own where the tests do not run as root.
    command.args(if rustix::process::geteuid().is_root() { &["--mount"][..] } else { &["-r", "--mount"] });
    // The shell stays: nobody can look into the root of a process that forbids dumps.
    let script = format!("mount -t tmpfs -o size={BYTES},mode=700 tmpfs \"$1\" && shift && \"$@\"; exit $?");
    command.args(["sh", "-c", &script, "sh"]).arg(place.data());
    command.arg(env!("CARGO_BIN_EXE_reseal"));
    place.serving(place.reseal_by(command))
}

/// The way into the server's file system from ours.
fn outside(server: &Server, place: &Place) -> PathBuf {
    let data = place.data();
    let inside = data.strip_prefix("/").expect("absolute");
    Path::new("/proc").join(server.child_id().to_string()).join("root").join(inside)
}

/// Writes until there is no space.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("a file");
    for piece in [64 << 10, 512] {
        let error = std::iter::repeat_with(|| file.write_all(&vec![1; piece]))
            .find_map(Result::err)
            .expect("it is full at some time");
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
