//! A server's place with a bucket of images to import.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::running::{Place, Server};

/// Data of the disk: of the size that the kills and faults are meant for.
const DATA_BYTES: usize = 3 << 20;
/// The disk ends far behind its data.
const DISK_BYTES: u64 = 32 << 20;

/// A place whose bucket `golden` holds `disk.qcow2`.
pub(crate) struct Lab {
    pub(crate) place: Place,
}

impl Lab {
    /// In memory: what these tests kill keeps its page cache, and flushes cost nothing.
    pub(crate) fn new() -> Self {
        let lab = Self { place: Place::in_memory() };
        fs::create_dir(lab.golden()).expect("a directory");
        lab.add_disk("disk", 1, DATA_BYTES, DISK_BYTES);
        lab
    }

    /// One with the data of another's, whose server has ended.
    pub(crate) fn like(other: &Self) -> Self {
        let lab = Self { place: Place::in_memory() };
        for part in ["golden", "data"] {
            let copied = Command::new("cp").arg("-a").arg(other.place.path().join(part)).arg(lab.place.path()).status();
            assert!(copied.expect("cp runs").success());
        }
        lab
    }

    pub(crate) fn golden(&self) -> PathBuf {
        self.place.path().join("golden")
    }

    /// The plain disk that is imported.
    pub(crate) fn disk(&self) -> PathBuf {
        self.golden().join("disk.raw")
    }

    /// Puts `NAME.raw` into the bucket, and the same disk as `NAME.qcow2`: data that does not compress, and a hole behind it.
    pub(crate) fn add_disk(&self, name: &str, seed: u8, data_bytes: usize, disk_bytes: u64) {
        let raw = self.golden().join(format!("{name}.raw"));
        let mut bytes = vec![0; data_bytes];
        let mut state = u64::from(seed) << 32 | 0x5eed;
        for chunk in bytes.chunks_mut(8) {
            // Xorshift: the same bytes in every run.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
        }
        fs::write(&raw, bytes).expect("a file");
        fs::File::options().write(true).open(&raw).and_then(|file| file.set_len(disk_bytes)).expect("a length");
        let mut convert = Command::new("qemu-img");
        convert.args(["convert", "-f", "raw", "-O", "qcow2"]).arg(&raw).arg(raw.with_extension("qcow2"));
        assert!(convert.status().expect("qemu-img runs").success());
    }

    /// What serves, with the bucket.
    pub(crate) fn serving(&self, reseal: Command) -> Command {
        let mut command = self.place.serving(reseal);
        command.arg("--import-directory").arg(format!("golden={}", self.golden().display()));
        command
    }

    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, options: &[&str]) -> Server {
        let mut command = self.serving(self.place.reseal());
        command.args(options);
        Server::start(command)
    }

    pub(crate) fn region(&self, region: &str) -> PathBuf {
        self.place.data().join("regions").join(region)
    }

    /// Names of the files in a directory.
    pub(crate) fn names(&self, directory: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}
