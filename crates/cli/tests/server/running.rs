use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The access key that the tests bring along.
pub(crate) const ACCESS_KEY_ID: &str = "LTAIreseal0test0account1";
pub(crate) const ACCESS_KEY_SECRET: &str = "notasecretbutatestsaccesskey01";

/// A data directory, and servers on it one after the other.
pub(crate) struct Place {
    dir: TempDir,
    /// What opens the root key, if it is under a passphrase.
    pub(crate) passphrase_file: Option<PathBuf>,
    /// URL of the database with the catalog, if it is not in the data directory.
    pub(crate) database: Option<String>,
}

/// A running server. Killed when it is dropped.
pub(crate) struct Server {
    /// What was started: `reseal`, or what runs it.
    child: Child,
    /// `reseal` itself.
    pid: Pid,
    /// `127.0.0.1:<port>`.
    pub(crate) address: String,
    /// `http` or `https`.
    scheme: String,
    /// What it printed before it listened.
    #[allow(dead_code, reason = "the tests of the console read the first access key there")]
    pub(crate) said: String,
    /// What it says on standard error, to its end.
    log: Option<JoinHandle<String>>,
}

/// A server that ended before it listened.
pub(crate) struct NotStarted {
    pub(crate) status: ExitStatus,
    /// What it said.
    said: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::at(tempfile::tempdir().expect("a directory"))
    }

    /// On a file system in memory, if there is one: `kill -9` leaves the page cache alone, so it shows as much, and flushes cost nothing.
    pub(crate) fn in_memory() -> Self {
        Self::at(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory"))
    }

    fn at(dir: TempDir) -> Self {
        let place = Self { dir, passphrase_file: None, database: None };
        let access_key = format!("{ACCESS_KEY_ID}\n{ACCESS_KEY_SECRET}\n");
        for (path, text) in [(place.key_file(), access_key.as_str()), (place.word(), "correct horse")] {
            fs::write(&path, text).expect("a file");
            fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("its mode");
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The access key on two lines.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.dir.path().join("access-key")
    }

    /// A file with a passphrase, for a root key.
    pub(crate) fn word(&self) -> PathBuf {
        self.dir.path().join("word")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// `reseal` with this data directory.
    pub(crate) fn reseal(&self) -> Command {
        self.reseal_by(Command::new(env!("CARGO_BIN_EXE_reseal")))
    }

    /// The same, by a command that runs `reseal` in its own way.
    pub(crate) fn reseal_by(&self, mut command: Command) -> Command {
        command.arg("--data").arg(self.data());
        if let Some(path) = &self.passphrase_file {
            command.arg("--root-passphrase-file").arg(path);
        }
        if let Some(url) = &self.database {
            command.env("RESEAL_DATABASE", url);
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.reseal().args(words.split_whitespace()).current_dir(self.path()).output().expect("reseal runs")
    }

    /// `reseal` for a server, with the access key of the tests, a home of its own and another data directory than the server's.
    pub(crate) fn client(&self, endpoint: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reseal"));
        command.current_dir(self.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.path()).env("RESEAL_DATA", self.path().join("elsewhere"));
        command.env("RESEAL_ENDPOINT", endpoint);
        command.env("RESEAL_ACCESS_KEY_ID", ACCESS_KEY_ID).env("RESEAL_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET);
        command
    }

    /// A server with the access key of the tests.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self.serving(self.reseal()))
    }

    /// `reseal` as it serves with the access key of the tests.
    pub(crate) fn serving(&self, mut reseal: Command) -> Command {
        reseal.arg("serve").arg("--bootstrap-access-key").arg(self.key_file());
        reseal
    }
}

/// For whoever takes a place or what has one.
impl AsRef<Self> for Place {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Server {
    /// Starts `reseal … serve …` on a free port and waits until it listens.
    pub(crate) fn start(command: Command) -> Self {
        Self::attempt(command).unwrap_or_else(|end| panic!("the server did not start: {end}"))
    }

    /// The same where another one listened before.
    #[allow(dead_code, reason = "the tests of the console start one in the place of another")]
    pub(crate) fn start_at(address: &str, command: Command) -> Self {
        Self::attempt_at(address, command).unwrap_or_else(|end| panic!("the server did not start: {end}"))
    }

    /// The same of a server that may end before it listens.
    pub(crate) fn attempt(command: Command) -> Result<Self, NotStarted> {
        Self::attempt_at("127.0.0.1:0", command)
    }

    fn attempt_at(address: &str, mut command: Command) -> Result<Self, NotStarted> {
        command.args(["--listen", address]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("reseal starts");
        let log = child.stderr.take().map(|stderr| std::thread::spawn(move || read_all(stderr)));
        let mut said = String::new();
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        for line in lines.map_while(Result::ok) {
            if let Some((_, address)) = line.split_once("listening on ") {
                let (scheme, address) = address.split_once("://").expect("a scheme");
                let (scheme, address) = (scheme.to_owned(), address.to_owned());
                let pid = child_of(&child).unwrap_or_else(|| Pid::from_child(&child));
                return Ok(Self { child, pid, address, scheme, said, log });
            }
            said.push_str(&line);
            said.push('\n');
        }
        let status = child.wait().expect("its end");
        said += &log.map(|log| log.join().expect("a log")).unwrap_or_default();
        Err(NotStarted { status, said })
    }

    /// For `--endpoint`.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Ends it as an operator does. Returns its log.
    pub(crate) fn stop(self) -> String {
        let (status, log) = self.end();
        assert!(status.success(), "the server did not end in order: {status}, {log}");
        log
    }

    /// Asks it to end, or finds that it has. Returns how it ended, and its log.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        if self.child.try_wait().expect("our child").is_none() {
            self.ask_to_stop();
        }
        let status = self.child.wait().expect("its end");
        (status, self.log.take().expect("taken once").join().expect("a log"))
    }

    /// Sends the signal that an operator sends.
    fn ask_to_stop(&self) {
        // It may end at this moment.
        let _ = kill_process(self.pid, Signal::TERM);
    }

    /// The process that was started: `reseal`, or what runs it.
    pub(crate) fn child_id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(mut self) {
        kill_process(self.pid, Signal::KILL).expect("a running server");
        self.child.wait().expect("its end");
    }
}

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|end| end.is_none()) {
            let _ = kill_process(self.pid, Signal::KILL);
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // A failed test shows what its server said.
        if let (true, Some(log)) = (std::thread::panicking(), self.log.take()) {
            eprintln!("--- the server's log:\n{}", log.join().unwrap_or_default());
        }
    }
}

/// The process that a child has started, if it has.
fn child_of(child: &Child) -> Option<Pid> {
    let id = child.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).expect("proc");
    children.split_whitespace().next().and_then(|id| Pid::from_raw(id.parse().expect("a number")))
}

fn read_all(stderr: ChildStderr) -> String {
    BufReader::new(stderr).lines().map_while(Result::ok).collect::<Vec<_>>().join("\n")
}
