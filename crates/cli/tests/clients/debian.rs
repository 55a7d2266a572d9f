//! A guest of Debian's own kernel with an ext4 root, which `scripts/guest.sh` makes: the scenario of `tests/sdk/debian.py`.

use std::fs;
use std::path::Path;

use crate::interpreters::python;
use crate::lab::{Lab, said, within};

/// How long the guest may take to switch itself off, seconds. A kernel under emulation on a loaded machine is slow.
const GOODBYE_S: u32 = 90;

/// Shows that a real kernel boots from an encrypted image; that a file which it brought to its disk is there after its plug was pulled, in the
/// encrypted image that is made of it, and in an instance of that image; and that it is given the time to switch itself off.
#[test]
fn what_a_debian_guest_wrote_is_in_its_image() {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/guest/disk.raw");
    assert!(made.exists(), "the Debian guest is missing: run scripts/setup.sh test");
    let lab = Lab::with(GOODBYE_S, |disk| {
        fs::copy(&made, disk).expect("a copy");
        "GUEST-READY".to_owned()
    });
    let server = lab.serve();
    let mut command = python("debian.py");
    command.arg(&server.address).arg(lab.place.key_file()).env("NO_PROXY", "*");
    let done = within(300, &command);
    let log = server.stop();
    let said = said(&done);
    assert!(done.status.success() && said.contains("every step passed"), "{said}\n--- server:\n{log}");
}
