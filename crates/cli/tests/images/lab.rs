//! A server's place with a bucket of images to import.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::remote::Remote;
use crate::running::{Place, Server};

/// The regions of an installation that names none.
const REGIONS: &[&str] = &["cn-hangzhou", "cn-shanghai"];

/// Data of the disk: of the size that the kills and faults are meant for.
const DATA_BYTES: usize = 3 << 20;
/// The disk ends far behind its data.
const DISK_BYTES: u64 = 32 << 20;

/// A place whose bucket `golden` holds `disk.qcow2`.
pub(crate) struct Lab {
    pub(crate) place: Place,
    /// Where catalog and blobs are if they are not in the data directory.
    remote: Option<Remote>,
}

/// Makes two tests of each `fn name(lab: &Lab)`: on SQLite with blobs in a directory, and on PostgreSQL with blobs in a bucket.
macro_rules! on_both {
    ($($name:ident),+) => {
        mod local {
            $(#[test] fn $name() { super::$name(&crate::lab::Lab::new()); })+
        }
        mod remote {
            $(#[test] fn $name() { super::$name(&crate::lab::Lab::remote()); })+
        }
    };
}
pub(crate) use on_both;

impl AsRef<Place> for Lab {
    fn as_ref(&self) -> &Place {
        &self.place
    }
}

impl Lab {
    /// In memory: what these tests kill keeps its page cache, and flushes cost nothing.
    pub(crate) fn new() -> Self {
        Self::with_disk(Self { place: Place::in_memory(), remote: None })
    }

    /// With its catalog on PostgreSQL and its blobs in a bucket: in the data directory are root key, digest trees and headers.
    pub(crate) fn remote() -> Self {
        Self::remote_in(REGIONS)
    }

    /// The same with these regions.
    pub(crate) fn remote_in(regions: &'static [&'static str]) -> Self {
        let lab = Self::at(Remote::new(regions));
        fs::create_dir(lab.place.data()).expect("a directory");
        lab.configure();
        Self::with_disk(lab)
    }

    /// One with the data of another's, whose server has ended.
    pub(crate) fn like(other: &Self) -> Self {
        let lab = match &other.remote {
            Some(remote) => Self::at(Remote::like(remote)),
            None => Self { place: Place::in_memory(), remote: None },
        };
        for part in ["golden", "data"] {
            let copied = Command::new("cp").arg("-a").arg(other.place.path().join(part)).arg(lab.place.path()).status();
            assert!(copied.expect("cp runs").success());
        }
        lab.configure();
        lab
    }

    fn at(remote: Remote) -> Self {
        let mut place = Place::in_memory();
        place.database = Some(remote.database());
        Self { place, remote: Some(remote) }
    }

    /// Says where the stores are if they are elsewhere. What was fetched from them is forgotten.
    fn configure(&self) {
        let Some(remote) = &self.remote else { return };
        let directories = self.place.data().join("regions");
        if directories.exists() {
            fs::remove_dir_all(&directories).expect("directories of ours");
        }
        let text = remote.configuration(self.place.path(), &directories);
        fs::write(self.place.data().join("server.toml"), text).expect("a file");
    }

    fn with_disk(self) -> Self {
        fs::create_dir(self.golden()).expect("a directory");
        self.add_disk("disk", 1, DATA_BYTES, DISK_BYTES);
        self
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
        if self.remote.is_some() {
            // It need not wait until the time of another is over.
            command.arg("--only-server");
        }
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

    /// Ids of the blobs of a region. `data`: the data directory as the test sees it.
    pub(crate) fn blobs(&self, data: &Path, region: &str) -> Vec<String> {
        match &self.remote {
            Some(remote) => remote.blobs(region),
            None => self.names(&data.join("regions").join(region).join("blobs")),
        }
    }

    /// A file with the bytes of a blob: its own, or a copy.
    pub(crate) fn blob_file(&self, region: &str, blob: &str) -> PathBuf {
        let Some(remote) = &self.remote else {
            return self.place.data().join("regions").join(region).join("blobs").join(blob);
        };
        let fetched = self.place.path().join(blob);
        fs::write(&fetched, remote.fetch(region, blob)).expect("a file");
        fetched
    }

    /// Says to `tests/sdk/images.py` where catalog and blobs are.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let Some(remote) = &self.remote else { return Vec::new() };
        vec![("RESEAL_DATABASE", remote.database()), ("RESEAL_TEST_BUCKET", remote.bucket())]
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
