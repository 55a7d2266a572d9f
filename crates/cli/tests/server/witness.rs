//! The client that notes every answer (`tests/sdk/witness.py`), as a process that is told what to do.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;

/// Kept running for many servers: an interpreter takes longer to start than a server.
pub(crate) struct Witness {
    child: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Witnesses of one access key that have nothing to do.
pub(crate) struct Witnesses {
    key_file: PathBuf,
    idle: Mutex<Vec<Witness>>,
}

impl Witnesses {
    pub(crate) fn new(key_file: PathBuf) -> Self {
        Self { key_file, idle: Mutex::default() }
    }

    /// One that knows what it knew when it was given back: tell it what to know.
    pub(crate) fn take(&self) -> Witness {
        let idle = self.idle.lock().expect("nobody panics with it").pop();
        idle.unwrap_or_else(|| Witness::new(&self.key_file))
    }

    pub(crate) fn give_back(&self, witness: Witness) {
        self.idle.lock().expect("nobody panics with it").push(witness);
    }
}

impl Witness {
    pub(crate) fn new(key_file: &Path) -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/witness.py");
        let mut command = Command::new("python3");
        command.arg("-B").arg(tests).arg(key_file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python runs");
        let words = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, words, answers }
    }

    /// Tells it what to do and waits for its answer. `what`: where we are, for messages.
    pub(crate) fn must(&mut self, command: &str, what: &str) -> Value {
        self.tell(command);
        self.must_answer(&format!("{what}: {command}"))
    }

    /// Tells it what to do.
    pub(crate) fn tell(&mut self, command: &str) {
        writeln!(self.words, "{command}").expect("the witness listens");
    }

    /// Waits until it has done what it was told.
    pub(crate) fn must_answer(&mut self, what: &str) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the witness answers");
        let answer: Value = serde_json::from_str(&line).expect("JSON");
        assert!(answer["trouble"].is_null(), "{what}: {}", answer["trouble"]);
        answer
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
