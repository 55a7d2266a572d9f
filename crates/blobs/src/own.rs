//! Files of ours in a directory that others may write to.

use std::fs::{File, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::{BlobError, Result};

/// Opens a file that an earlier run left, to read and write it; `None` where there is none.
///
/// Errors: [`BlobError::Foreign`] for what somebody else can have put there: a symbolic link, no regular file, one of another user or with a
/// second name; the system's.
pub fn open_own(path: &Path) -> Result<Option<File>> {
    // A pipe does not block; it is refused afterwards.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = match options().custom_flags(flags.bits() as i32).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) if e.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            return Err(BlobError::Foreign { path: path.to_owned(), why: "it is a symbolic link" });
        }
        Err(e) => return Err(BlobError::io("open", path, e)),
    };
    let metadata = file.metadata().map_err(|e| BlobError::io("stat", path, e))?;
    match why_foreign(&metadata) {
        Some(why) => Err(BlobError::Foreign { path: path.to_owned(), why }),
        None => Ok(Some(file)),
    }
}

/// The same, and makes the file, for its owner only, where there is none.
///
/// Errors: as [`open_own`]; [`BlobError::TargetBusy`] when another process makes it at the same moment.
pub fn open_or_make_own(path: &Path) -> Result<File> {
    if let Some(file) = open_own(path)? {
        return Ok(file);
    }
    options().create_new(true).mode(0o600).open(path).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => BlobError::TargetBusy { path: path.to_owned() },
        _ => BlobError::io("create", path, e),
    })
}

/// Sets the length of a file; one that has it already is left alone. ext4 takes a file that is cut to nothing, even if it was empty, for one
/// that is being replaced: it allocates and writes all of it at its close, however short its life is to be.
pub fn set_len(file: &File, len: u64) -> std::io::Result<()> {
    if file.metadata()?.len() == len { Ok(()) } else { file.set_len(len) }
}

/// Removes a file that an earlier run left. What is not there, or is somebody else's, is none.
///
/// Errors: the system's.
pub fn remove_own(path: &Path) -> Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if why_foreign(&metadata).is_none() => std::fs::remove_file(path),
        Ok(_) => return Ok(()),
        Err(e) => Err(e),
    };
    match removed {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(BlobError::io("remove", path, e)),
        _ => Ok(()),
    }
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    options
}

fn why_foreign(metadata: &Metadata) -> Option<&'static str> {
    if !metadata.is_file() {
        return Some("it is no regular file");
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Some("it belongs to another user");
    }
    (metadata.nlink() > 1).then_some("the same file has another name too")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// What others can put in the way is neither opened, nor changed, nor removed; what is ours is.
    #[test]
    fn only_our_own_files_are_touched() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("victim"), "v").unwrap();
        symlink("victim", path("link")).unwrap();
        symlink("nothing", path("dangling")).unwrap();
        std::fs::write(path("twice"), "t").unwrap();
        std::fs::hard_link(path("twice"), path("hard")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, path("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        for name in ["link", "dangling", "hard", "pipe"] {
            assert!(matches!(open_own(&path(name)), Err(BlobError::Foreign { .. })), "{name}");
            assert!(matches!(open_or_make_own(&path(name)), Err(BlobError::Foreign { .. })), "{name}");
            remove_own(&path(name)).unwrap();
            assert!(path(name).symlink_metadata().is_ok(), "{name}");
        }
        assert!(open_own(&path("new")).unwrap().is_none());
        open_or_make_own(&path("new")).unwrap();
        assert_eq!(path("new").metadata().unwrap().mode() & 0o777, 0o600);
        assert!(open_own(&path("new")).unwrap().is_some());
        remove_own(&path("new")).unwrap();
        remove_own(&path("new")).unwrap();
        assert!(!path("new").exists() && !path("nothing").exists());
    }
}
