use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The access key that the tests bring along.
pub(crate) const ACCESS_KEY_ID: &str = "LTAIreseal0test0account1";
pub(crate) const ACCESS_KEY_SECRET: &str = "notasecretbutatestsaccesskey01";

/// A data directory, and servers on it one after the other.
pub(crate) struct Place {
    dir: TempDir,
}

/// A running server. Killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    /// `127.0.0.1:<port>`.
    pub(crate) address: String,
    /// `http` or `https`.
    scheme: String,
    /// What it says on standard error, to its end.
    log: Option<JoinHandle<String>>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().expect("a directory") };
        fs::write(place.key_file(), format!("{ACCESS_KEY_ID}\n{ACCESS_KEY_SECRET}\n")).expect("a file");
        fs::set_permissions(place.key_file(), PermissionsExt::from_mode(0o600)).expect("its mode");
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The access key on two lines.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.dir.path().join("access-key")
    }

    /// `reseal` with this data directory.
    pub(crate) fn reseal(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reseal"));
        command.arg("--data").arg(self.dir.path().join("data"));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.reseal().args(words.split_whitespace()).output().expect("reseal runs")
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
        let mut command = self.reseal();
        command.arg("serve").arg("--bootstrap-access-key").arg(self.key_file());
        Server::start(command)
    }
}

impl Server {
    /// Starts `reseal … serve …` on a free port and waits until it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("reseal starts");
        let log = child.stderr.take().map(|stderr| std::thread::spawn(move || read_all(stderr)));
        let mut said = String::new();
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        for line in lines.map_while(Result::ok) {
            if let Some((_, address)) = line.split_once("listening on ") {
                let (scheme, address) = address.split_once("://").expect("a scheme");
                return Self { child, address: address.to_owned(), scheme: scheme.to_owned(), log };
            }
            said += &line;
        }
        let _ = child.wait();
        let log = log.map(|log| log.join().expect("a log")).unwrap_or_default();
        panic!("the server did not start: {said} {log}");
    }

    /// For `--endpoint`.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Ends it as an operator does. Returns its log.
    pub(crate) fn stop(mut self) -> String {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("a running server");
        assert!(self.child.wait().expect("its end").success(), "the server did not end in order");
        self.log.take().expect("taken once").join().expect("a log")
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a running server");
        self.child.wait().expect("its end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_all(stderr: ChildStderr) -> String {
    BufReader::new(stderr).lines().map_while(Result::ok).collect::<Vec<_>>().join("\n")
}
