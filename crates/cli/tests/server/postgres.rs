//! The same server with its catalog on PostgreSQL.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::running::{Place, Server};
use crate::sdks::python;

/// A PostgreSQL server; it is stopped and removed when the pipe is closed.
pub(crate) struct Postgres {
    pub(crate) url: String,
    _child: Child,
    _alive: ChildStdin,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../catalog/tests/conformance/postgres.sh");
        let mut child = Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let alive = child.stdin.take().expect("a pipe");
        let mut directory = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut directory).expect("readable output");
        assert!(!directory.is_empty(), "PostgreSQL cannot start: run scripts/setup.sh test");
        let url = format!("postgres:///postgres?user=postgres&host={}", directory.trim());
        Self { url, _child: child, _alive: alive }
    }
}

/// Shows that the scenario of the SDKs passes on PostgreSQL too, and that a killed server finds there what it answered.
#[test]
fn the_server_works_on_postgresql() {
    let (postgres, place) = (Postgres::start(), Place::new());
    let serve = || {
        let mut command = place.serving(place.reseal());
        command.arg("--database").arg(&postgres.url);
        Server::start(command)
    };
    let run = |server: &Server, script: &str, last: &str| {
        let mut command = python(script);
        let done = command.env("NO_PROXY", "*").arg(&server.address).arg(place.key_file()).arg(last).output();
        let done = done.expect("python runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let server = serve();
    run(&server, "tea.py", "v3");
    server.kill();
    let server = serve();
    run(&server, "still.py", "alias/tea");
    server.stop();
}
