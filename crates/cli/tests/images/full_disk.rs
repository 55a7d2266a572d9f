//! Copies on a file system that is full.

use std::fs;

use crate::caller::{Caller, Trouble, text};
use crate::lab::{Lab, on_both};
use crate::lives::is_seen_to_its_end;
use crate::running::Server;
use crate::small_disk::{fill, fill_but};

on_both!(a_full_file_system_fails_a_copy_and_heals);

/// Enough for two images of the lab.
const BYTES: u64 = 16 << 20;
/// Enough for the catalog, and not for a copy.
const LEFT: u64 = 2 << 20;
const ENCRYPTED: &[(&str, &str)] = &[("Encrypted", "true")];

/// Shows that a copy for which there is no space ends CreateFailed with that reason and leaves no file; that a full file system, on which
/// not even the call can be written down, refuses it, or fails the copy where the catalog is elsewhere; and that copies work again when
/// there is space.
fn a_full_file_system_fails_a_copy_and_heals(lab: &Lab) {
    let server = Server::start(lab.serving(lab.place.on_small_file_system(BYTES)));
    let data = lab.place.data_of(&server);
    let caller = Caller::new(&server);
    let plain = caller.import(&["disk.qcow2"]);

    fill_but(&data.join("filler"), LEFT);
    let failed = caller.begin_copy(&plain, ENCRYPTED);
    must_fail_for_space(&caller, &failed);
    lab.must_hold_nothing_else(&data, &caller, "after a copy without space");

    fill(&data.join("more"));
    match caller.try_copy(&plain, ENCRYPTED) {
        Ok(failed) if lab.is_remote() => must_fail_for_space(&caller, &failed),
        Err(Trouble::Refused { code, .. }) => {
            assert!(["InternalError", "ServiceUnavailable"].contains(&code.as_str()), "{code}");
        }
        other => panic!("on a full file system: {other:?}"),
    }
    for file in ["filler", "more"] {
        fs::remove_file(data.join(file)).expect("it was just made");
    }
    let copy = caller.copy(&plain, ENCRYPTED);
    let copy = caller.image(&copy).expect("it was made");
    lab.must_hold_nothing_else(&data, &caller, "with space");
    lab.take_data(&data);
    lab.must_hold(&caller.region, &copy, 0, &lab.disk());
    server.stop();
}

fn must_fail_for_space(caller: &Caller, copy: &str) {
    // While the copy has all of the space, calls are refused.
    assert!(is_seen_to_its_end(caller, copy), "the server ended");
    let image = caller.image(copy).expect("it is listed");
    assert_eq!(image["Status"], "CreateFailed", "{image}");
    assert!(text(&image["Reseal"]["Failure"]).contains("No space left on device"), "{image}");
}
