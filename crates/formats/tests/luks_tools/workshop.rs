//! Runs the stock LUKS tools in a directory of the test's own.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// Options of `luksFormat` that make the key derivation cheap: the tests look at headers, not at strength.
pub(crate) const QUICK: &str = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000";

/// A directory for the files of one test, removed at its end. The file `key` in it holds a passphrase.
pub(crate) struct Workshop(PathBuf);

impl Workshop {
    /// `test`: a name that no other test in the binary uses.
    pub(crate) fn new(test: &str) -> Self {
        let name = format!("luks-{}-{test}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a directory for test files");
        fs::write(path.join("key"), "correct horse").expect("a key file");
        Self(path)
    }

    /// Runs `cryptsetup` with words separated by spaces; returns what it printed.
    pub(crate) fn cryptsetup(&self, words: &str) -> String {
        let output = self.run("cryptsetup", words);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cryptsetup {words}: {error}");
        String::from_utf8(output.stdout).expect("cryptsetup prints text")
    }

    /// Whether `cryptsetup` takes the header of a file. It may repair the file meanwhile.
    pub(crate) fn cryptsetup_takes(&self, file: &str) -> bool {
        self.run("cryptsetup", &format!("luksDump {file}")).status.success()
    }

    /// The LUKS2 metadata as `cryptsetup` reads it.
    pub(crate) fn dumped_json(&self, file: &str) -> Value {
        let text = self.cryptsetup(&format!("luksDump --dump-json-metadata {file}"));
        serde_json::from_str(&text).expect("cryptsetup prints JSON")
    }

    /// Makes an image with `qemu-img create`; the options must name the secret `s`.
    pub(crate) fn qemu_create(&self, words: &str) {
        let words = format!("create -q --object secret,id=s,file=key {words}");
        let output = self.run("qemu-img", &words);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "qemu-img {words}: {error}");
    }

    /// What `qemu-img info` says about the format of an image.
    pub(crate) fn qemu_info(&self, format: &str, file: &str) -> Value {
        let words = format!("info --output=json -f {format} {file}");
        let output = self.run("qemu-img", &words);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "qemu-img {words}: {error}");
        let info: Value = serde_json::from_slice(&output.stdout).expect("qemu-img prints JSON");
        info["format-specific"]["data"].clone()
    }

    /// A file of zeros that takes no space.
    pub(crate) fn empty(&self, file: &str, len: u64) {
        let made = File::create(self.0.join(file)).and_then(|made| made.set_len(len));
        made.expect("a test file can be made");
    }

    /// A file with this text.
    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).expect("a test file can be written");
    }

    /// Changes bytes of a file.
    pub(crate) fn patch(&self, file: &str, offset: u64, bytes: &[u8]) {
        let opened = File::options().write(true).open(self.0.join(file));
        let written = opened.and_then(|opened| opened.write_all_at(bytes, offset));
        written.expect("a test file can be changed");
    }

    /// The first `len` bytes of a file, fewer when it is shorter.
    pub(crate) fn head(&self, file: &str, len: u64) -> Vec<u8> {
        let len = len.min(self.len(file)) as usize;
        let mut head = vec![0; len];
        let read = File::open(self.0.join(file)).and_then(|opened| opened.read_exact_at(&mut head, 0));
        read.expect("a test file can be read");
        head
    }

    /// Bytes of a file.
    pub(crate) fn len(&self, file: &str) -> u64 {
        let metadata = fs::metadata(self.0.join(file));
        metadata.expect("a test file is there").len()
    }

    fn run(&self, program: &str, words: &str) -> Output {
        let mut command = Command::new(program);
        // cryptsetup lives in sbin, which is not on everybody's path.
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
        command.args(words.split_whitespace()).current_dir(&self.0);
        let output = command.env("LC_ALL", "C").env("PATH", path).output();
        output.unwrap_or_else(|e| panic!("{program} (see scripts/setup.sh test): {e}"))
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // A directory that stays is litter in the target directory, not a failure.
        let _ = fs::remove_dir_all(&self.0);
    }
}
