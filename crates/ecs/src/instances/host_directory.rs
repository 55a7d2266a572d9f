//! The directory of instances: which host it makes of this machine, and that one process works in it.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crypto::Random;

use crate::ids::new_id;

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
            None => draw_id(directory, random)?,
        };
        Ok(Self { id, lock })
    }
}

impl Drop for HostDirectory {
    /// Closing alone would not do: a child that another thread has just forked still holds a copy of the descriptor.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

/// The name that a directory has, whoever works in it; `None` if it was never used.
///
/// Errors: the system's: a name that cannot be read now is not replaced, as its instances would be nobody's.
pub(super) fn id_of(directory: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(directory.join(ID)) {
        Ok(id) if id.trim().is_empty() => Err(io::Error::new(ErrorKind::InvalidData, "the file `host` is empty")),
        Ok(id) => Ok(Some(id.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn draw_id(directory: &Path, random: &dyn Random) -> io::Result<String> {
    let id = new_id("host", random);
    let new = directory.join("host.new");
    let mut to = File::options().write(true).create(true).truncate(true).mode(0o644).open(&new)?;
    to.write_all(id.as_bytes())?;
    to.sync_all()?;
    fs::rename(&new, directory.join(ID))?;
    File::open(directory)?.sync_all()?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use crypto::OsRandom;

    use super::*;

    /// A host has one name for good, and one process works in its directory at a time. A name that cannot be read is not drawn anew.
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
        for damage in [b"".as_slice(), b"\xff\xfe"] {
            fs::write(directory.join(ID), damage).unwrap();
            let refused = HostDirectory::take(&directory, &OsRandom).err().unwrap();
            assert_eq!(refused.kind(), ErrorKind::InvalidData);
            assert_eq!(fs::read(directory.join(ID)).unwrap(), damage);
        }
    }
}
