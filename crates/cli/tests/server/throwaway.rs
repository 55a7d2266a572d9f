//! A PostgreSQL server for one test.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// A file system in memory.
const MEMORY: &str = "/dev/shm";

/// A PostgreSQL server; it is stopped and removed when the pipe is closed.
pub(crate) struct Postgres {
    pub(crate) url: String,
    /// Runs statements one after the other; started by the first.
    psql: Mutex<Option<Psql>>,
    _child: Child,
    _alive: ChildStdin,
}

/// `psql`, which ends at the first statement that fails.
struct Psql {
    _child: Child,
    statements: ChildStdin,
    said: BufReader<ChildStdout>,
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
        Self { url, psql: Mutex::default(), _child: child, _alive: alive }
    }

    /// The URL of a database of this name.
    pub(crate) fn database(&self, name: &str) -> String {
        self.url.replace("///postgres?", &format!("///{name}?"))
    }

    /// Runs a statement.
    pub(crate) fn must(&self, sql: &str) {
        let mut psql = self.psql.lock().expect("every statement succeeded");
        let psql = psql.get_or_insert_with(|| Psql::start(&self.url));
        writeln!(psql.statements, "{sql};\n\\echo done").expect("psql reads");
        let mut said = String::new();
        psql.said.read_line(&mut said).expect("psql writes");
        assert_eq!(said, "done\n", "{sql}");
    }
}

impl Psql {
    fn start(url: &str) -> Self {
        let mut command = Command::new("psql");
        command.args(["-q", "-X", "-v", "ON_ERROR_STOP=1", url]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("psql starts");
        let statements = child.stdin.take().expect("a pipe");
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { _child: child, statements, said }
    }
}
