//! A server that is stopped while calls are under way.

use std::fs;
use std::time::Duration;

use crate::running::Place;
use crate::witness::Witness;

/// Shows that a server that is told to stop answers every call that it has begun, and ends in order: no call is done that its client
/// does not hear of, whenever the signal comes.
#[test]
fn calls_under_way_are_answered_before_the_end() {
    for delay_ms in [5, 20, 40, 80, 120, 160, 200, 300, 400] {
        let what = format!("stopped after {delay_ms} ms");
        let place = Place::in_memory();
        let mut witness = Witness::new(&place.key_file());
        let server = place.serve();
        witness.tell(&format!("live {} 0", server.address));
        std::thread::sleep(Duration::from_millis(delay_ms));
        server.stop();
        witness.must_answer(&what);
        let answered = witness.must("answered", &what)["answered"].as_array().expect("a list").len();
        assert_eq!(place.records(&what).len(), answered, "{what}: a call was done and not answered");
        let server = place.serve();
        let seen = witness.must(&format!("check {}", server.address), &what);
        server.stop();
        place.must_account_for(seen["answered"].as_array().expect("a list"), &what);
    }
}

/// Shows that after an end in order the one file `catalog.sqlite` is the catalog, whatever was under way: a copy of it and of the root
/// key, and of nothing else, has everything that was answered.
#[test]
fn after_the_end_one_file_is_the_catalog() {
    for delay_ms in [0, 150, 1500] {
        let what = format!("stopped after {delay_ms} ms");
        let (place, copy) = (Place::in_memory(), Place::in_memory());
        let mut witness = Witness::new(&place.key_file());
        let server = place.serve();
        witness.tell(&format!("live {} 0", server.address));
        std::thread::sleep(Duration::from_millis(delay_ms));
        server.stop();
        witness.must_answer(&what);
        let log = fs::metadata(place.data().join("catalog.sqlite-wal")).map_or(0, |log| log.len());
        assert_eq!(log, 0, "{what}: the write-ahead log holds something");
        fs::create_dir(copy.data()).expect("a directory");
        for name in ["catalog.sqlite", "root.key"] {
            fs::copy(place.data().join(name), copy.data().join(name)).expect("a copy");
        }
        let server = copy.serve();
        let seen = witness.must(&format!("check {}", server.address), &what);
        server.stop();
        copy.must_account_for(seen["answered"].as_array().expect("a list"), &what);
    }
}
