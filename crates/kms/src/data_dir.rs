use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crypto::Random;

/// Where everything of one installation is. The directory has mode 0700, files have 0600.
///
/// ```text
/// catalog.sqlite (-wal, -shm)  keys, aliases, images; key material only wrapped     back up
/// catalog.lock                 held while the catalog is being opened
/// root.key                     the root key (default)                              back up, elsewhere
/// root.sealed                  the root key under a passphrase (instead)           back up, elsewhere
/// root.….next, .replaced-N     a new root key during a change; earlier ones
/// root.place                   where the last change left the root key
/// trees/                       digest trees and pinned headers of sealed images    back up
/// ```
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The data directory at `path`. Nothing is made.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    pub fn catalog(&self) -> PathBuf {
        self.0.join("catalog.sqlite")
    }

    /// The root key as a file.
    pub fn root_key(&self) -> PathBuf {
        self.0.join("root.key")
    }

    /// The root key under a passphrase.
    pub fn root_sealed(&self) -> PathBuf {
        self.0.join("root.sealed")
    }

    /// Where the last change left the root key.
    pub(crate) fn root_place(&self) -> PathBuf {
        self.0.join("root.place")
    }

    /// Digest trees and pinned headers.
    pub fn trees(&self) -> PathBuf {
        self.0.join("trees")
    }

    /// Makes the directory for the trees when it is missing.
    pub fn make_trees(&self) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(self.trees()) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }
}

/// Makes the file `path` with these bytes, for its owner only, on stable storage when this returns.
///
/// The name appears with all bytes or not at all, and never replaces a file: the bytes go to a new file beside it, which then
/// gets the name as a second link.
pub(crate) fn write_new(path: &Path, bytes: &[u8], random: &dyn Random) -> io::Result<()> {
    let mut suffix = [0; 8];
    random.fill(&mut suffix);
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".new-{}", hex::encode(suffix)));
    let beside = PathBuf::from(beside);

    let written = write_and_sync(&beside, bytes).and_then(|()| std::fs::hard_link(&beside, path));
    // Also after a failure: the file may hold a key.
    let removed = std::fs::remove_file(&beside);
    written.and(removed)?;
    sync_parent(path)
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a new or removed name in the directory of `path` durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    use crypto::OsRandom;

    use super::*;

    #[test]
    fn a_new_file_never_replaces_one_and_leaves_nothing_beside() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root.key");
        write_new(&path, b"first", &OsRandom).unwrap();
        let error = write_new(&path, b"second", &OsRandom).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
