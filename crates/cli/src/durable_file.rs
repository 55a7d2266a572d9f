//! A file that is on the disk, with its name, or is not there.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Writes a new file for its owner alone. When this returns, it is there after a loss of power, too.
///
/// Errors: there is a file of this name, which stays; the system's, and then no file is left.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    write_flushed(path, bytes, flush_directory)
}

/// `flush`: makes the names in a directory durable, which some file systems refuse.
fn write_flushed(path: &Path, bytes: &[u8], flush: impl Fn(&Path) -> io::Result<()>) -> Result<()> {
    let (shown, directory) = (path.display(), directory_of(path));
    let opened = File::options().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.with_context(|| format!("cannot make {shown}"))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let written = written.with_context(|| format!("cannot write {shown}"));
    let done = written.and_then(|()| {
        flush(directory).with_context(|| {
            format!(
                "the directory {} cannot be flushed, so {shown} might be gone after a loss of power; choose another file system, and \
                 copy the file from there",
                directory.display()
            )
        })
    });
    let Err(error) = done else { return Ok(()) };
    if let Err(removal) = fs::remove_file(path) {
        bail!("{error:#}; and the file, which does not count, cannot be removed: {removal}");
    }
    Err(error)
}

fn flush_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A file whose name cannot be made durable is not left, and the error says what is the matter; a file of another is never touched.
    #[test]
    fn a_file_is_durable_or_not_there() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("backup");
        let refuse = |directory: &Path| {
            assert_eq!(directory, place.path());
            assert_eq!(fs::read(&path).unwrap(), b"key", "it is flushed when it is there");
            Err(io::Error::from_raw_os_error(22))
        };
        let refused = format!("{:#}", write_flushed(&path, b"key", refuse).unwrap_err());
        assert!(refused.contains("cannot be flushed") && refused.contains("choose another file system"), "{refused}");
        assert!(!path.exists());
        write_new(&path, b"key").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let taken = write_new(&path, b"other").unwrap_err();
        assert!(format!("{taken:#}").starts_with("cannot make "), "{taken:#}");
        assert_eq!(fs::read(&path).unwrap(), b"key");
    }
}
