//! A PostgreSQL server for one test.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

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
        let mut place = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut place).expect("readable output");
        let directory = place.split_whitespace().next().expect("PostgreSQL starts (scripts/setup.sh test)");
        let url = format!("postgres:///postgres?user=postgres&host={directory}");
        Self { url, _child: child, _alive: alive }
    }
}
