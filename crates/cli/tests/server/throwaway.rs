//! A PostgreSQL server for one test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A file system in memory.
const MEMORY: &str = "/dev/shm";

/// A PostgreSQL server; it is stopped and removed when the pipe is closed.
pub(crate) struct Postgres {
    pub(crate) url: String,
    _child: Child,
    _alive: ChildStdin,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../catalog/tests/conformance/postgres.sh");
        let mut command = Command::new(script);
        // In memory, if there is such a place: no test takes the power away, and flushes cost nothing there.
        if Path::new(MEMORY).is_dir() {
            command.env("TMPDIR", MEMORY);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let alive = child.stdin.take().expect("a pipe");
        let mut place = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut place).expect("readable output");
        let directory = place.split_whitespace().next().expect("PostgreSQL starts (scripts/setup.sh test)");
        let url = format!("postgres:///postgres?user=postgres&host={directory}");
        Self { url, _child: child, _alive: alive }
    }

    /// The URL of a database of this name.
    pub(crate) fn database(&self, name: &str) -> String {
        self.url.replace("///postgres?", &format!("///{name}?"))
    }

    /// Runs a statement.
    pub(crate) fn must(&self, sql: &str) {
        let done = Command::new("psql").args(["-q", "-X", "-c", sql, &self.url]).output().expect("psql runs");
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
