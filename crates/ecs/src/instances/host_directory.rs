//! The directory of instances: which host it makes of this machine, and that one process works in it.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crypto::Random;

use crate::directory_name::{draw_name, read_name};

/// Holds the id of the host.
const ID: &str = "host";

/// A directory that no other process works in while this lives.
pub(super) struct HostDirectory {
    /// The name of the host.
    pub(super) id: String,
    lock: File,
}

impl HostDirectory {
    /// Takes the directory, which is made at its first use, and given a name then.
    ///
    /// Errors: the system's; `WouldBlock` when another process has it.
    pub(super) fn take(directory: &Path, random: &dyn Random) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let mut options = File::options();
        let lock = options.write(true).create(true).truncate(false).mode(0o600).open(directory.join("host.lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => ErrorKind::WouldBlock.into(),
            TryLockError::Error(error) => error,
        })?;
        let id = match id_of(directory)? {
            Some(id) => id,
            None => draw_name(directory, ID, "host", random)?,
        };
        Ok(Self { id, lock })
    }
}

/// The name that a directory has, whoever works in it; `None` if it was never used.
///
/// Errors: the system's.
pub(super) fn id_of(directory: &Path) -> io::Result<Option<String>> {
    read_name(directory, ID)
}

impl Drop for HostDirectory {
    /// Closing alone would not do: a child that another thread has just forked still holds a copy of the descriptor.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

#[cfg(test)]
mod tests {
    use crypto::OsRandom;

    use super::*;

    /// A host has one name for good, and one process works in its directory at a time.
    #[test]
    fn a_directory_has_one_name_and_one_process() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("instances");
        assert_eq!(id_of(&directory).unwrap(), None);
        let first = HostDirectory::take(&directory, &OsRandom).unwrap();
        assert!(first.id.starts_with("host-"));
        let refused = HostDirectory::take(&directory, &OsRandom).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::WouldBlock);
        assert_eq!(id_of(&directory).unwrap().as_ref(), Some(&first.id), "whoever only asks is not refused");
        let name = first.id.clone();
        drop(first);
        assert_eq!(HostDirectory::take(&directory, &OsRandom).unwrap().id, name);
    }
}
