//! The directory of a machine: which file is whose.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags, fchmod, flock};
use rustix::io::Errno;

use super::error::HypervisorError;
use super::user::VmUser;

/// Below QEMU's own directory.
pub(super) const QMP_SOCKET: &str = "qmp.sock";
pub(super) const SERIAL_SOCKET: &str = "serial.sock";
pub(super) const UEFI_VARIABLES: &str = "uefi-variables.fd";

/// Ours: QEMU's process holds a lock on it as long as it lives.
const LOCK: &str = "lock";

/// Ours: what QEMU writes to its standard error.
const MESSAGES: &str = "qemu.log";

/// As much of QEMU's messages as an error shows, bytes.
const MESSAGES_SHOWN: usize = 2048;

/// The only directory that QEMU may reach.
pub(super) fn run_directory(directory: &Path) -> PathBuf {
    directory.join("run")
}

/// What QEMU writes to its standard error.
pub(super) fn messages(directory: &Path) -> PathBuf {
    directory.join(MESSAGES)
}

/// Takes the directory for a new process. The lock lives as long as this descriptor or a copy of it.
///
/// Errors: `AlreadyRunning`, `File`.
pub(super) fn take(directory: &Path) -> Result<OwnedFd, HypervisorError> {
    make(directory)?;
    let path = directory.join(LOCK);
    let lock = ours().create(true).truncate(false).open(&path).map_err(HypervisorError::file("opening", &path))?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock.into()),
        Err(Errno::WOULDBLOCK) => Err(HypervisorError::AlreadyRunning { directory: directory.to_owned() }),
        Err(error) => Err(HypervisorError::file("locking", path)(error.into())),
    }
}

/// Whether a process lives that was started in this directory.
///
/// Errors: `File`.
pub(super) fn is_taken(directory: &Path) -> Result<bool, HypervisorError> {
    let path = directory.join(LOCK);
    let lock = match File::open(&path) {
        Ok(lock) => lock,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(HypervisorError::file("opening", path)(error)),
    };
    match flock(&lock, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(HypervisorError::file("locking", path)(error.into())),
    }
}

/// Makes QEMU's own directory, empty but for the variables of its firmware.
///
/// Errors: `File`.
pub(super) fn make_run_directory(directory: &Path) -> Result<PathBuf, HypervisorError> {
    let run = run_directory(directory);
    make(&run)?;
    for name in [QMP_SOCKET, SERIAL_SOCKET] {
        let path = run.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(HypervisorError::file("removing", path)(error));
            }
            _ => {}
        }
    }
    Ok(run)
}

/// Gives QEMU's own directory to the user that QEMU runs as. Nobody else can enter it, so its sockets may have any mode.
///
/// Errors: `File`.
pub(super) fn give_run_directory(run: &Path, user: Option<VmUser>) -> Result<(), HypervisorError> {
    let directory = open_directory(run).map_err(HypervisorError::file("opening", run))?;
    give(&directory, run, user)
}

/// Gives an open file to the user that QEMU runs as.
///
/// Errors: `File`.
pub(super) fn give(file: &impl AsFd, path: &Path, user: Option<VmUser>) -> Result<(), HypervisorError> {
    let Some(VmUser { uid, gid }) = user else { return Ok(()) };
    fchown(file, Some(uid), Some(gid)).map_err(HypervisorError::file("giving away", path))
}

/// A new file in QEMU's own directory. Fails when there is something of this name.
pub(super) fn new_file(path: &Path) -> io::Result<File> {
    ours().create_new(true).open(path)
}

/// A file that QEMU had in its own directory. Whoever ran there may have left anything under its name: a link to a file that is not
/// theirs is not taken for it, and a pipe is not waited for.
pub(super) fn file_of_last_run(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK)).open(path)?;
    let found = file.metadata()?;
    if found.is_file() && found.nlink() == 1 {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a file with one name"))
}

/// An empty file of ours for QEMU to append to.
///
/// Errors: `File`.
pub(super) fn new_log(path: &Path, user: Option<VmUser>) -> Result<File, HypervisorError> {
    let log = ours().create(true).append(true).open(path).map_err(HypervisorError::file("opening", path))?;
    log.set_len(0).map_err(HypervisorError::file("emptying", path))?;
    give(&log, path, user)?;
    Ok(log)
}

/// The end of what QEMU wrote to its standard error, in one line.
pub(super) fn last_messages(directory: &Path) -> String {
    let bytes = super::serial::tail(&messages(directory), MESSAGES_SHOWN).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { "it said nothing".to_owned() } else { lines.join("; ") }
}

fn make(path: &Path) -> Result<(), HypervisorError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(HypervisorError::file("making", path))?;
    let close = || fchmod(open_directory(path)?, Mode::RWXU).map_err(io::Error::from);
    close().map_err(HypervisorError::file("closing", path))
}

fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?)
}

fn ours() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600).custom_flags(flags(OFlags::NOFOLLOW));
    options
}

fn flags(flags: OFlags) -> i32 {
    i32::try_from(flags.bits()).expect("flags of open(2) are small numbers")
}
