//! The interpreters of the scenarios in `tests/sdk`, with the official SDKs. `scripts/sdks.sh` installs them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a script with the Python SDKs.
pub(crate) fn python(name: &str) -> Command {
    let mut command = Command::new(sdks().join("python/bin/python"));
    command.arg("-B").arg(script(name));
    command
}

/// Runs a script with the Node SDKs.
pub(crate) fn node(name: &str) -> Command {
    let mut command = Command::new("node");
    command.env("NODE_PATH", sdks().join("node_modules")).arg(script(name));
    command
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk").join(name)
}

fn sdks() -> PathBuf {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/sdks");
    assert!(place.join("installed").exists(), "the SDKs are not installed: run scripts/setup.sh test");
    place
}
