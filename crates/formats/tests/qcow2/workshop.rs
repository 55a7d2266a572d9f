//! Runs the stock QEMU tools in a directory of the test's own.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, fs};

/// A directory for the files of one test, removed at its end.
pub(crate) struct Workshop(PathBuf);

impl Workshop {
    /// `test`: a name that no other test in the binary uses.
    pub(crate) fn new(test: &str) -> Self {
        let name = format!("qcow2-{}-{test}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a directory for test files");
        Self(path)
    }

    /// Runs `qemu-img` with words separated by spaces; returns what it printed.
    pub(crate) fn qemu_img(&self, words: &str) -> String {
        let output = self.run("qemu-img", words.split(' '));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "qemu-img {words}: {error}{text}");
        text
    }

    /// Runs `qemu-io` commands, one after the other, on an image. No flushes: nobody pulls a plug.
    pub(crate) fn qemu_io(&self, image: &str, commands: &[&str]) {
        let words = commands.iter().flat_map(|command| ["-c", command]);
        let output = self.run("qemu-io", ["-t", "unsafe"].into_iter().chain(words).chain([image]));
        let text = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "qemu-io {commands:?}: {error}{text}");
    }

    /// Runs a program here. Its exit status is the caller's matter.
    pub(crate) fn run<'a>(&self, program: &str, words: impl Iterator<Item = &'a str>) -> Output {
        let mut command = Command::new(program);
        command.args(words).current_dir(&self.0).env("LC_ALL", "C");
        let output = command.output();
        output.unwrap_or_else(|e| panic!("{program} (see scripts/setup.sh test): {e}"))
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).expect("a test file can be written");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).expect("a test file can be read")
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // A directory that stays is litter in the target directory, not a failure.
        let _ = fs::remove_dir_all(&self.0);
    }
}
