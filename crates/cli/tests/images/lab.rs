//! A server's place with a bucket of images to import.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::remote::Remote;
use crate::running::{Place, Server};

/// The regions of an installation that names none.
const REGIONS: &[&str] = &["cn-hangzhou", "cn-shanghai"];

/// Data of the disk: of the size that the kills and faults are meant for.
const DATA_BYTES: usize = 3 << 20;
/// With a LUKS header two parts of 5 MiB, and some more.
const PARTS_BYTES: usize = 9 << 20;
/// The disk ends far behind its data.
const DISK_BYTES: u64 = 32 << 20;

/// Where a server reads what it decides about its images, beside its data directory.
const CONFIGURATION: &str = "server.toml";

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
        Self::with_disk(Self { place: Place::in_memory(), remote: None }, DATA_BYTES)
    }

    /// With its catalog on PostgreSQL and its blobs in a bucket: in the data directory are root key, digest trees, headers, and work.
    pub(crate) fn remote() -> Self {
        Self::remote_in(REGIONS)
    }

    /// The same with these regions.
    pub(crate) fn remote_in(regions: &'static [&'static str]) -> Self {
        let lab = Self::at(Remote::new(regions));
        lab.configure(&lab.place);
        Self::with_disk(lab, DATA_BYTES)
    }

    /// The same with a disk that goes up in parts, one of them while it is made.
    pub(crate) fn remote_in_parts() -> Self {
        let lab = Self::at(Remote::new(REGIONS));
        lab.configure(&lab.place);
        Self::with_disk(lab, PARTS_BYTES)
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
        // What was fetched from the bucket is forgotten.
        if lab.remote.is_some() {
            fs::remove_dir_all(lab.place.data().join("regions")).expect("directories of ours");
        }
        lab.configure(&lab.place);
        lab
    }

    /// A place for another server on the same database and bucket, under the same root key.
    pub(crate) fn another_host(&self) -> Place {
        let mut place = Place::in_memory();
        place.database.clone_from(&self.place.database);
        fs::create_dir(place.data()).expect("a directory");
        fs::copy(self.place.data().join("root.key"), place.data().join("root.key")).expect("a root key");
        self.configure(&place);
        place
    }

    fn at(remote: Remote) -> Self {
        let mut place = Place::in_memory();
        place.database = Some(remote.database());
        Self { place, remote: Some(remote) }
    }

    /// Says to a server in `place` where the stores are if they are elsewhere.
    fn configure(&self, place: &Place) {
        if let Some(remote) = &self.remote {
            let text = remote.configuration(place.path(), &place.data().join("regions"));
            fs::write(place.path().join(CONFIGURATION), text).expect("a file");
        }
    }

    fn with_disk(self, data_bytes: usize) -> Self {
        fs::create_dir(self.golden()).expect("a directory");
        self.add_disk("disk", 1, data_bytes, DISK_BYTES);
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

    /// What serves, with the bucket, and nobody beside it.
    pub(crate) fn serving(&self, reseal: Command) -> Command {
        let mut command = self.serving_beside(&self.place, reseal);
        if self.remote.is_some() {
            // It need not wait until the time of another is over.
            command.arg("--only-server");
        }
        command
    }

    /// The same of `reseal` in `place`, with others on the database.
    pub(crate) fn serving_beside(&self, place: &Place, reseal: Command) -> Command {
        let mut command = place.serving(reseal);
        command.arg("--import-directory").arg(format!("golden={}", self.golden().display()));
        if self.remote.is_some() {
            command.env("RESEAL_CONFIG", place.path().join(CONFIGURATION));
        }
        command
    }

    /// `reseal`, each of whose writes at an offset takes so many microseconds longer: those of the engine, and of a database in a file.
    pub(crate) fn slowly(&self, micros: u32) -> Command {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e"]);
        strace.arg(format!("inject=pwrite64:delay_enter={micros}")).arg(env!("CARGO_BIN_EXE_reseal"));
        self.place.reseal_by(strace)
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

    /// Bytes that a blob takes in its store, holes left out; an object has none. `data`: as for [`Lab::blobs`].
    pub(crate) fn bytes_taken(&self, data: &Path, region: &str, blob: &str) -> u64 {
        if self.is_remote() {
            return fs::metadata(self.blob_file(region, blob)).expect("a copy").len();
        }
        let blobs = data.join("regions").join(region).join("blobs");
        let metadata = fs::metadata(blobs.join(blob)).expect("a blob");
        metadata.len().max(metadata.blocks() * 512)
    }

    /// What is there of uploads to a region that were begun: keys of those that the bucket knows, and names of our records.
    pub(crate) fn uploads(&self, data: &Path, region: &str) -> Vec<String> {
        let records = self.names(&data.join("regions").join(region).join("uploads"));
        [self.uploads_of_bucket(region), records].concat()
    }

    /// Keys of the uploads to a region that the bucket knows.
    pub(crate) fn uploads_of_bucket(&self, region: &str) -> Vec<String> {
        self.remote.as_ref().map(|remote| remote.uploads(region)).unwrap_or_default()
    }

    pub(crate) fn is_remote(&self) -> bool {
        self.remote.is_some()
    }

    /// `HOST:PORT` of the service with the bucket.
    pub(crate) fn service(&self) -> String {
        self.remote.as_ref().expect("it is asked of those that have one").service()
    }

    /// Writes what a server decides about its images anew.
    pub(crate) fn change_configuration(&self, change: impl FnOnce(String) -> String) {
        let path = self.place.path().join(CONFIGURATION);
        let text = change(fs::read_to_string(&path).expect("a file"));
        fs::write(path, text).expect("a file");
    }

    /// A file with the bytes of a blob: its own, or a copy.
    pub(crate) fn blob_file(&self, region: &str, blob: &str) -> PathBuf {
        let Some(remote) = &self.remote else {
            return self.place.data().join("regions").join(region).join("blobs").join(blob);
        };
        let fetched = self.place.path().join(blob);
        // A blob never changes.
        if !fetched.exists() {
            fs::write(&fetched, remote.fetch(region, blob)).expect("a file");
        }
        fetched
    }

    /// Says to `tests/sdk/images.py` where catalog and blobs are.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let Some(remote) = &self.remote else { return Vec::new() };
        vec![("RESEAL_DATABASE", remote.database()), ("RESEAL_TEST_BUCKET", remote.bucket())]
    }

    /// Copies the data directory of a server that has its own look at it to where the commands of the host find it.
    pub(crate) fn take_data(&self, data: &Path) {
        let copied = Command::new("cp").arg("-a").arg(data.join(".")).arg(self.place.data()).status();
        assert!(copied.expect("cp runs").success());
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
