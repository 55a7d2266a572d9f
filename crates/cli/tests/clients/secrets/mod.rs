//! Where the keys of a running instance are not.

mod keys;
mod places;
mod search;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use places::{Kind, Place};
use search::Search;

use crate::lab::{Lab, said, within};
use crate::running::Server;

/// A word that is in each place, so that a search which finds no key is known to have looked.
const MARKER: &str = "marker-of-the-search";

/// Shows that one second after an instance was started none of its keys is on a command line, in an environment, in an open file, in a file
/// that we keep, in the server's memory or in its log: neither passphrase, data key nor master key of any of its layers, nor half of one, raw,
/// in hex or in base64. The same search finds what is there.
#[test]
fn the_keys_of_a_running_instance_are_nowhere_to_be_seen() {
    let lab = Lab::new(23);
    let server = server_with_the_marker(&lab);
    run_an_instance(&lab, &server);
    std::thread::sleep(Duration::from_secs(1));
    let work = tempfile::tempdir().expect("a directory");
    let places = places(&lab, &server, work.path());
    let secrets = secrets(&lab, work.path());
    let search = Search::of(&secrets);
    let (mut leaks, mut controls) = (Vec::new(), BTreeSet::new());
    for (kind, path) in places {
        // Some processes and files are gone by now.
        for name in File::open(&path).and_then(|file| search.found_in(file)).unwrap_or_default() {
            match name {
                "marker" | "root key" => drop(controls.insert((kind, name))),
                key => leaks.push(format!("{key}: {kind:?} {}", path.display())),
            }
        }
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
    let everywhere = [Kind::CommandLine, Kind::Environment, Kind::OpenFile, Kind::File, Kind::Memory];
    // The root key is in locked memory, so the dump shows that, too.
    let root_key = [Kind::File, Kind::Memory].map(|kind| (kind, "root key"));
    assert_eq!(controls, everywhere.map(|kind| (kind, "marker")).into_iter().chain(root_key).collect());
    let log = server.stop();
    assert!(log.contains("RunInstances"), "{log}");
    assert_eq!(search.found_in(log.as_bytes()).expect("memory"), BTreeSet::new(), "{log}");
}

/// The marker is on its command line and in its environment.
fn server_with_the_marker(lab: &Lab) -> Server {
    let mut command = lab.serving(lab.place.reseal());
    command.arg("--export-directory").arg(format!("{MARKER}={}", lab.place.path().display()));
    command.env("RESEAL_TEST", MARKER);
    // The C library keeps 64 MiB of addresses for each of its heaps, and a dump holds them all: two heaps do.
    command.env("MALLOC_ARENA_MAX", "2");
    Server::start(command)
}

/// With three layers, each of which has keys of its own; the marker is its name.
fn run_an_instance(lab: &Lab, server: &Server) {
    for words in [
        "image import golden/disk.raw --name plain --quiet",
        "key create --alias below",
        "key create --alias above",
        "image copy plain --name sealed --encrypt --key alias/below --quiet",
        &format!(
            "instance run sealed --name {MARKER} --type ecs.t5-lc2m1.nano --encrypt --key alias/above --data-disk 1"
        ),
    ] {
        let done = within(120, lab.place.client(&server.endpoint()).args(words.split_whitespace()));
        assert!(done.status.success(), "{words}: {}", said(&done));
    }
}

/// All of them, the memory first: as it was when this was called.
fn places(lab: &Lab, server: &Server, work: &Path) -> Vec<Place> {
    let mut found = vec![places::memory(server.child_id(), work)];
    let machines = lab.machines("").into_iter().map(|pid| pid.as_raw_pid().unsigned_abs()).collect::<Vec<u32>>();
    assert_eq!(machines.len(), 1);
    found.extend(machines.into_iter().chain([server.child_id()]).flat_map(places::open_files));
    found.extend(places::arguments_and_environments());
    found.extend(places::files_below(lab.place.path()));
    found
}

/// What must not be found: all keys of the layers; and what must: the marker and the root key.
fn secrets(lab: &Lab, work: &Path) -> Vec<(String, Vec<u8>)> {
    let data = lab.place.data();
    let is_layer = |path: &Path| {
        path.starts_with(data.join("instances")) && path.extension().is_some_and(|end| end == "qcow2")
            || path.starts_with(data.join("regions/cn-hangzhou/blobs"))
    };
    let layers = places::files_below(&data).into_iter().filter(|(_, path)| is_layer(path));
    let mut secrets: Vec<_> = layers.flat_map(|(_, path)| keys::of_file(lab, &path, work)).collect();
    assert_eq!(secrets.len(), 9, "the keys of three layers");
    let text = fs::read_to_string(data.join("root.key")).expect("the root key");
    let key = text.lines().find_map(|line| line.strip_prefix("key ")).expect("its line");
    secrets.push(("root key".to_owned(), STANDARD.decode(key).expect("base64")));
    secrets.push(("marker".to_owned(), MARKER.into()));
    secrets
}
