//! What the guest says on its serial port: a log that stays small, and a socket to talk to it.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

use super::directory::{SERIAL_SOCKET, messages, run_directory};
use super::error::HypervisorError;

/// How much of a log is kept on the disk, bytes.
const KEPT: u64 = 1 << 20;

/// The log of the serial port. Its beginning may be a hole: see [`serial_tail`].
#[must_use]
pub fn serial_log(directory: &Path) -> PathBuf {
    directory.join("serial.log")
}

/// The socket of the serial port: one client at a time.
#[must_use]
pub fn serial_socket(directory: &Path) -> PathBuf {
    run_directory(directory).join(SERIAL_SOCKET)
}

/// The last `len` bytes, or all, of what the guest said since its start; empty if it was never started. At most 1 MiB is kept.
///
/// Errors: `File`.
pub fn serial_tail(directory: &Path, len: usize) -> Result<Vec<u8>, HypervisorError> {
    let path = serial_log(directory);
    tail(&path, len).map_err(HypervisorError::file("reading", path))
}

/// Keeps both logs of a machine small.
pub(super) fn trim_logs(directory: &Path) {
    for path in [serial_log(directory), messages(directory)] {
        if let Err(error) = trim(&path) {
            tracing::warn!(path = %path.display(), %error, "a log of a machine cannot be trimmed");
        }
    }
}

/// The end of a file.
pub(super) fn tail(path: &Path, len: usize) -> io::Result<Vec<u8>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let size = file.metadata()?.len();
    let wanted = u64::try_from(len).unwrap_or(u64::MAX).min(KEPT).min(size);
    // A machine that starts meanwhile empties the file: then there is less.
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(size - wanted))?;
    file.take(wanted).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Gives back the blocks of all but the end. The writer appends meanwhile and loses nothing, which it would if the file
/// were copied and cut. The file's length goes on growing, its place on the disk does not.
fn trim(path: &Path) -> io::Result<()> {
    let file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let found = file.metadata()?;
    // Blocks of stat(2) are of 512 bytes.
    if found.blocks() * 512 > 2 * KEPT && found.len() > KEPT {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        fallocate(&file, flags, 0, found.len() - KEPT)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A log of many MiB keeps its end, and takes about 1 MiB of the disk.
    #[test]
    fn a_log_keeps_its_end_and_stays_small() {
        let directory = tempfile::tempdir().unwrap();
        let path = serial_log(directory.path());
        let mut log = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        for _ in 0..8 {
            log.write_all(&vec![b'x'; 1 << 20]).unwrap();
        }
        log.write_all(b"the end").unwrap();
        log.sync_all().unwrap();
        trim_logs(directory.path());
        log.write_all(b", and on").unwrap();
        let found = path.metadata().unwrap();
        assert_eq!(found.len(), (8 << 20) + 15);
        assert!(found.blocks() * 512 < 2 * KEPT, "{} blocks", found.blocks());
        assert_eq!(serial_tail(directory.path(), 17).unwrap(), b"xxthe end, and on");
        assert_eq!(serial_tail(directory.path(), usize::MAX).unwrap().first(), Some(&b'x'));
        assert!(serial_tail(&directory.path().join("none"), 9).unwrap().is_empty());
    }
}
