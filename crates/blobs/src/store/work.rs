use std::fs::{DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::OFlags;

use super::error::Cause;

/// A file in the work directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkFile {
    /// The file.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// When it was last changed.
    pub modified: Timestamp,
}

/// The directory in which blobs are prepared.
#[derive(Debug, Clone)]
pub(super) struct WorkDirectory(PathBuf);

impl WorkDirectory {
    /// Takes `STORE/work`, and makes it where it is missing.
    pub(super) fn create(store: &Path) -> io::Result<Self> {
        let path = store.join("work");
        create_private(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Opens a finished work file; `None` when it is not there, because an earlier put has taken it.
    pub(super) fn open(&self, work_file: &Path) -> Result<Option<File>, Cause> {
        let not_ours = || Cause::NotAWorkFile(work_file.to_owned());
        if work_file.parent() != Some(&self.0) {
            return Err(not_ours());
        }
        // A link would make a blob of a file that is not ours, and a pipe would block.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = match File::options().read(true).custom_flags(flags.bits() as i32).open(work_file) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) if e.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => return Err(not_ours()),
            Err(e) => return Err(e.into()),
        };
        if !file.metadata()?.is_file() {
            return Err(not_ours());
        }
        Ok(Some(file))
    }

    /// All regular files of the directory, in no order.
    pub(super) fn files(&self) -> io::Result<Vec<WorkFile>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.0)? {
            let entry = entry?;
            // A file that went away in between is none.
            let Some(metadata) = if_there(entry.metadata())?.filter(Metadata::is_file) else { continue };
            files.push(WorkFile { path: entry.path(), bytes: metadata.len(), modified: changed(&metadata) });
        }
        Ok(files)
    }
}

/// Makes a directory, and those above it that are missing, for its owner only. One that is there becomes its owner's.
pub(super) fn create_private(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    std::fs::set_permissions(directory, Permissions::from_mode(0o700))
}

/// The time of the last change of content, name or mode: on a local store, when the blob got its name.
pub(super) fn changed(metadata: &Metadata) -> Timestamp {
    let nanoseconds = i32::try_from(metadata.ctime_nsec()).unwrap_or(0);
    // A file system with a time beyond the year 9999 is a young file: nothing is removed for its age.
    Timestamp::new(metadata.ctime(), nanoseconds).unwrap_or(Timestamp::MAX)
}

/// `None` for what is not there.
pub(super) fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}
