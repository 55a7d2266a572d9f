//! Runs the scripts in `judges`. `scripts/sdks.sh` installs what they need.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::lab::{Lab, said, within};
use crate::running::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Server};

/// Longest run of a script, seconds. On an idle machine the longest takes a third of it.
pub(crate) const SECONDS_MAX: u32 = 180;

/// Runs a script at a server with the access key of the tests, to its good end.
#[track_caller]
pub(crate) fn judged_by(script: &str, lab: &Lab, server: &Server) {
    must_pass(&judge(script, lab, server));
}

/// A script at a server, with the access key of the tests, and `reseal` for what it does beside the browser.
pub(crate) fn judge(script: &str, lab: &Lab, server: &Server) -> Command {
    let mut command = Command::new("node");
    command.arg(here().join("judges").join(script)).current_dir(lab.place.path());
    command.env("NODE_PATH", tools()).env("NO_PROXY", "*").env("RESEAL", env!("CARGO_BIN_EXE_reseal"));
    command.env("RESEAL_DATA", lab.place.path().join("elsewhere")).env("RESEAL_ENDPOINT", server.endpoint());
    command.env("RESEAL_ACCESS_KEY_ID", ACCESS_KEY_ID).env("RESEAL_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET);
    command.env("DISK", lab.disk()).env("LINE", &lab.line);
    command
}

#[track_caller]
pub(crate) fn must_pass(command: &Command) {
    let output = within(SECONDS_MAX, command);
    let said = said(&output);
    assert!(output.status.success() && said.contains("every step passed"), "{said}");
    // Times and sizes, for `--nocapture`.
    println!("{said}");
}

fn tools() -> PathBuf {
    let place = here().join("../../../../.tools/browser");
    assert!(place.join("installed").exists(), "playwright-core is not installed: run scripts/setup.sh test");
    place.join("node_modules")
}

fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/console"))
}
