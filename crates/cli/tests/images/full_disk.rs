//! Copies on a file system that is full.

use std::fs::{self, File};
use std::process::Command;

use crate::caller::{Caller, Trouble, text};
use crate::lab::Lab;
use crate::lives::is_seen_to_its_end;
use crate::running::Server;
use crate::small_disk::fill;

/// Enough for two images of the lab.
const BYTES: u64 = 16 << 20;
/// Enough for the catalog, and not for a copy.
const LEFT: u64 = 2 << 20;

/// Shows that a copy for which there is no space ends CreateFailed with that reason and leaves no file; that a full file system, on which
/// not even the call can be written down, refuses it; and that copies work again when there is space.
#[test]
fn a_full_file_system_fails_a_copy_and_heals() {
    let lab = Lab::new();
    let server = Server::start(lab.serving(lab.place.on_small_file_system(BYTES)));
    let data = lab.place.data_of(&server);
    let caller = Caller::new(&server);
    let plain = caller.import(&["disk.qcow2"]);

    let filler = data.join("filler");
    fill(&filler);
    let all = fs::metadata(&filler).expect("it was just made").len();
    File::options().write(true).open(&filler).and_then(|file| file.set_len(all - LEFT)).expect("shorter");
    let failed = caller.begin_copy(&plain, &[("Encrypted", "true")]);
    // While the copy has all of the space, calls are refused.
    assert!(is_seen_to_its_end(&caller, &failed), "the server ended");
    let failed = caller.image(&failed).expect("it is listed");
    assert_eq!(failed["Status"], "CreateFailed", "{failed}");
    assert!(text(&failed["Reseal"]["Failure"]).contains("No space left on device"), "{failed}");
    lab.must_hold_nothing_else(&data, &caller, "after a copy without space");

    fill(&data.join("more"));
    match caller.try_copy(&plain, &[("Encrypted", "true")]) {
        Err(Trouble::Refused { code, .. }) => {
            assert!(["InternalError", "ServiceUnavailable"].contains(&code.as_str()), "{code}");
        }
        other => panic!("on a full file system: {other:?}"),
    }
    for file in ["filler", "more"] {
        fs::remove_file(data.join(file)).expect("it was just made");
    }
    let copy = caller.copy(&plain, &[("Encrypted", "true")]);
    let copy = caller.image(&copy).expect("it was made");
    lab.must_hold_nothing_else(&data, &caller, "with space");
    let copied = Command::new("cp").arg("-a").arg(data.join(".")).arg(lab.place.data()).status();
    assert!(copied.expect("cp runs").success());
    lab.must_hold(&caller.region, &copy, 0, &lab.disk());
    server.stop();
}
