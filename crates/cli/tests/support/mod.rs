//! Runs the `reseal` binary with a data directory of its own, and the stock tools that judge what it made.
//!
//! A tool that is missing or fails is a panic with its whole output, never a skipped test.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub(crate) mod dice;

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Data directory of a workshop, beside its files.
const DATA_DIR: &str = "data";
/// Longest run of one tool, seconds: the slowest takes a few on a loaded machine, and a hang must not stop the suite.
const TOOL_SECONDS_MAX: &str = "120";

/// A directory for the files of one test, removed at its end. All commands run in it, so names are short.
pub(crate) struct Workshop {
    dir: tempfile::TempDir,
    /// `PATH` of the commands.
    path: String,
}

/// A command that ended, with all that it said.
pub(crate) struct Ran {
    /// The command line, for messages.
    pub(crate) command: String,
    /// Exit code; of a process that a signal ended, what a shell says.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let place = env!("CARGO_TARGET_TMPDIR");
        let dir = tempfile::tempdir_in(place).unwrap_or_else(|e| panic!("no directory for test files in {place}: {e}"));
        // cryptsetup lives in sbin, which is not on everybody's path.
        Self { dir, path: std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin" }
    }

    /// One whose commands take the tools of `tools` before those of the machine.
    pub(crate) fn with_tools(tools: &Path) -> Self {
        let shop = Self::new();
        Self { path: format!("{}:{}", tools.display(), shop.path), ..shop }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path(DATA_DIR)
    }

    /// Runs `reseal` with words separated by spaces.
    pub(crate) fn reseal(&self, words: &str) -> Ran {
        self.ran(words, self.command(env!("CARGO_BIN_EXE_reseal")).args(words.split_whitespace()))
    }

    /// Runs `reseal copy`, which must succeed; returns its report. Without syncs: nothing here outlives the test.
    pub(crate) fn copy(&self, words: &str) -> Value {
        self.reseal(&format!("copy --json --no-sync {words}")).ok().json()
    }

    /// Makes a key; returns its id.
    pub(crate) fn create_key(&self, alias: &str) -> String {
        let made = self.reseal(&format!("key create --alias {alias} --json")).ok().json();
        made["key_id"].as_str().unwrap_or_else(|| panic!("no key_id in {made}")).to_owned()
    }

    /// Runs a shell script through `reseal exec`: each `{secret}` in it is the path of the image's passphrase.
    pub(crate) fn exec(&self, image: &str, script: &str) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_reseal"));
        self.ran(script, command.args(["exec", image, "--", "sh", "-ec", script]))
    }

    /// Runs a shell script that stops at the first failing command.
    pub(crate) fn sh(&self, script: &str) -> Ran {
        self.ran(script, self.command("sh").args(["-ec", script]))
    }

    /// A raw image: zeros, with data at some places; the rest are holes.
    pub(crate) fn raw(&self, file: &str, len: u64, extents: &[(u64, usize)]) {
        let made = File::create(self.path(file)).expect("a test file can be made");
        made.set_len(len).expect("a test file can be that long");
        for &(offset, count) in extents {
            let bytes = dice::Dice::new(offset).bytes(count);
            made.write_all_at(&bytes, offset).expect("a test file can be written");
        }
    }

    pub(crate) fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(file), bytes).expect("a test file can be written");
    }

    pub(crate) fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    pub(crate) fn len(&self, file: &str) -> u64 {
        fs::metadata(self.path(file)).unwrap_or_else(|e| panic!("{file}: {e}")).len()
    }

    pub(crate) fn exists(&self, file: &str) -> bool {
        self.path(file).exists()
    }

    /// Names in the directory, sorted; the data directory is not one of them.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir()).expect("the directory of the test is there");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.filter(|name| name != DATA_DIR).collect();
        names.sort();
        names
    }

    /// A command in this directory, with messages in English.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("timeout");
        command.args(["-k", "1", TOOL_SECONDS_MAX, program]).current_dir(self.dir());
        command.env("PATH", &self.path).env("LC_ALL", "C").env("RESEAL_DATA", self.data_dir());
        command
    }

    fn ran(&self, what: &str, command: &mut Command) -> Ran {
        let output = command.output().unwrap_or_else(|e| panic!("{what}: cannot run `timeout`: {e}"));
        Ran::new(what, &output)
    }
}

impl Ran {
    fn new(command: &str, output: &Output) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let status = output.status;
        let ran = Self {
            command: command.to_owned(),
            code: status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        // 127 is the shell's and `timeout`'s word for a program that is not there.
        assert!(ran.code != 127, "a tool is missing, see scripts/setup.sh test\n{ran:?}");
        ran
    }

    /// It succeeded, else an error that holds everything.
    pub(crate) fn passed(self) -> Result<Self, String> {
        if self.code == 0 { Ok(self) } else { Err(format!("{self:?}")) }
    }

    /// It succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.code == 0, "{self:?}");
        self
    }

    /// It failed with this exit code and said this on the error output.
    #[track_caller]
    pub(crate) fn refused(self, code: i32, text: &str) -> Self {
        assert!(self.code == code && self.stderr.contains(text), "wanted exit code {code} and “{text}”, got\n{self:?}");
        self
    }

    /// What it printed, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no JSON ({e})\n{self:?}"))
    }
}

impl std::fmt::Debug for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, code, stdout, stderr } = self;
        write!(f, "$ {command}\nexit code {code}\n--- stdout\n{stdout}--- stderr\n{stderr}---")
    }
}
