use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// A file that is held open, so that its path leads to it and to nothing else, whoever renames or replaces what has its name.
#[derive(Debug)]
pub struct HeldFile {
    path: PathBuf,
    _file: File,
}

impl HeldFile {
    /// Opens the regular file `name` below `directory`. Looking and opening are one step: no symbolic link, and no rename meanwhile, leads out
    /// of the directory. Links that stay within it are followed where the system can tell (Linux 5.6), else none is.
    ///
    /// Errors: the system's; `NotFound` for a name that leads out or that no file can have, and for what is no regular file, but not for a
    /// directory that is not there.
    pub fn open_beneath(directory: &Path, name: &Path) -> io::Result<Self> {
        let directory = rustix::fs::open(directory, PLACE, Mode::empty())
            .map_err(|error| io::Error::other(format!("its directory cannot be opened: {error}")))?;
        let file = match open_within(&directory, name) {
            // Not known to the kernel, or forbidden by a filter that does not know it.
            Err(Errno::NOSYS | Errno::PERM) => open_step_by_step(&directory, name),
            opened => opened,
        };
        let file = File::from(file.map_err(|errno| match errno {
            Errno::XDEV | Errno::LOOP | Errno::NOTDIR | Errno::NAMETOOLONG => Errno::NOENT,
            other => other,
        })?);
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Self { path: PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())), _file: file })
    }

    /// Where it can be opened again, by this process only.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

const PLACE: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A pipe does not block; it is refused afterwards.
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// How often a look-up is repeated that a rename disturbed.
const TRIES: usize = 16;

fn open_within(directory: &OwnedFd, name: &Path) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    for _ in 1..TRIES {
        match rustix::fs::openat2(directory, name, FILE, Mode::empty(), resolve) {
            Err(Errno::AGAIN) => {}
            opened => return opened,
        }
    }
    rustix::fs::openat2(directory, name, FILE, Mode::empty(), resolve)
}

/// The same for older systems, one name after the other; no link is followed.
fn open_step_by_step(directory: &OwnedFd, name: &Path) -> Result<OwnedFd, Errno> {
    let mut at = rustix::fs::openat(directory, ".", PLACE, Mode::empty())?;
    let mut parts = name.components().peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(part) = part else { return Err(Errno::XDEV) };
        let kind = if parts.peek().is_none() { FILE } else { PLACE };
        at = match rustix::fs::openat(&at, part, kind | OFlags::NOFOLLOW, Mode::empty()) {
            // A link where a directory should be.
            Err(Errno::NOTDIR) => return Err(Errno::NOENT),
            opened => opened?,
        };
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    type Open = fn(&OwnedFd, &Path) -> Result<OwnedFd, Errno>;

    /// Whichever way it is opened: what lies in the directory is found, and no `..`, absolute name or link leads out.
    #[test]
    fn nothing_outside_is_opened() {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("inside");
        std::fs::create_dir_all(inside.join("sub")).unwrap();
        std::fs::write(root.path().join("secret"), "s").unwrap();
        std::fs::write(inside.join("sub/file"), "f").unwrap();
        symlink("../secret", inside.join("out")).unwrap();
        symlink("..", inside.join("up")).unwrap();
        symlink("sub/file", inside.join("in")).unwrap();
        let directory = rustix::fs::open(&inside, PLACE, Mode::empty()).unwrap();
        for open in [open_within as Open, open_step_by_step] {
            assert!(open(&directory, Path::new("sub/file")).is_ok());
            for name in ["../secret", "/etc/passwd", "out", "up/secret", "sub/../../secret", "nothing"] {
                assert!(open(&directory, Path::new(name)).is_err(), "{name}");
            }
        }
        for (name, found) in [("sub/file", true), ("in", true), ("out", false), ("up/secret", false), ("sub", false)] {
            assert_eq!(HeldFile::open_beneath(&inside, Path::new(name)).is_ok(), found, "{name}");
        }
        let kind =
            |directory: &Path, name: &str| HeldFile::open_beneath(directory, Path::new(name)).unwrap_err().kind();
        for name in ["nothing", "sub", "out", "sub/file/more", &"a".repeat(256)] {
            assert_eq!(kind(&inside, name), io::ErrorKind::NotFound, "{name}");
        }
        assert_eq!(kind(&root.path().join("gone"), "file"), io::ErrorKind::Other);
    }

    /// Once it is open, the path leads to the same bytes, though another file took its name.
    #[test]
    fn a_held_file_is_not_exchanged() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "first").unwrap();
        let held = HeldFile::open_beneath(dir.path(), Path::new("a")).unwrap();
        std::fs::write(dir.path().join("b"), "second").unwrap();
        std::fs::rename(dir.path().join("b"), dir.path().join("a")).unwrap();
        assert_eq!(std::fs::read(held.path()).unwrap(), b"first");
    }
}
