use std::ffi::OsString;
use std::fs::{File, Metadata, Permissions};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, FlockOperation, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::own::{open_or_make_own, open_own, set_len};
use crate::{BlobError, Result, SourceFile};

/// Bytes of one write through the page cache. The kernel takes as large a folio for a write as it can; where memory is given back to
/// a host, or is in pieces, those of 1 MiB took four times as long as those of 128 KiB (Linux 6.18, ext4, 4 GiB). More calls cost nothing that
/// can be measured, and other workers get the file's lock between them.
const CACHED_WRITE_BYTES: usize = 128 << 10;

/// Whether a commit waits until the bytes are on stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Flush the file, rename, flush the directory. The default.
    Durable,
    /// Rename only: a power loss may leave a file with wrong content.
    Cached,
}

/// What to do when the target's name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Refuse with [`BlobError::TargetExists`].
    Refuse,
    /// Replace it in the same instant in which the new file appears.
    Replace,
}

/// A target that is being written: `TARGET.partial`, locked against a second writer.
///
/// Dropping it leaves the partial file in place, so that a killed process and
/// a failed one leave the same thing behind; [`PartialFile::discard`] removes it.
pub struct PartialFile {
    file: File,
    /// Second descriptor of the same file for writes that bypass the page cache.
    direct: Option<File>,
    partial: PathBuf,
    target: PathBuf,
}

/// The name under which `target` is written until it is complete.
#[must_use]
pub fn partial_path(target: &Path) -> PathBuf {
    let mut name = OsString::from(target.as_os_str());
    name.push(".partial");
    PathBuf::from(name)
}

impl PartialFile {
    /// Opens or creates `TARGET.partial` and locks it. An existing partial
    /// file keeps its content: the caller decides whether it can go on with it.
    ///
    /// Errors: [`BlobError::TargetExists`] (checked again at the commit),
    /// [`BlobError::TargetBusy`], [`BlobError::Foreign`], the system's.
    pub fn open(target: &Path, overwrite: Overwrite) -> Result<Self> {
        if overwrite == Overwrite::Refuse && target.symlink_metadata().is_ok() {
            return Err(BlobError::TargetExists { path: target.to_owned() });
        }
        let partial = partial_path(target);
        let file = open_locked(&partial)?;
        // Whoever held the lock before may have finished: then the file that was opened is the target by now.
        if !is_at(&file, &partial) || (overwrite == Overwrite::Refuse && target.symlink_metadata().is_ok()) {
            return Err(BlobError::TargetBusy { path: partial });
        }
        Ok(Self { file, direct: None, partial, target: target.to_owned() })
    }

    /// Locks a partial file that is there, for whoever removes it; `None` where there is none of ours.
    ///
    /// Errors: [`BlobError::TargetBusy`], the system's.
    pub fn open_existing(target: &Path) -> Result<Option<Self>> {
        let partial = partial_path(target);
        let file = match open_own(&partial) {
            Err(BlobError::Foreign { .. }) | Ok(None) => return Ok(None),
            Ok(Some(file)) => file,
            Err(error) => return Err(error),
        };
        lock(&file, &partial)?;
        if !is_at(&file, &partial) {
            return Err(BlobError::TargetBusy { path: partial });
        }
        Ok(Some(Self { file, direct: None, partial, target: target.to_owned() }))
    }

    /// Asks for writes that bypass the page cache. A file system that cannot
    /// do that is used through the cache; the commit flushes either way.
    pub fn enable_direct(&mut self) {
        use std::os::fd::AsRawFd;
        let mut options = File::options();
        options.write(true).custom_flags(OFlags::DIRECT.bits() as i32);
        // The same open file again, whatever its name is by now.
        self.direct = options.open(format!("/proc/self/fd/{}", self.file.as_raw_fd())).ok();
    }

    /// Whether [`PartialFile::write_blocks_at`] bypasses the page cache.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.direct.is_some()
    }

    /// The name that the file will have.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The name that it has now.
    #[must_use]
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Writes all of `bytes` at `offset` through the page cache.
    pub fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        let mut at = offset;
        for piece in bytes.chunks(CACHED_WRITE_BYTES) {
            self.file.write_all_at(piece, at).map_err(|e| BlobError::io("write", &self.partial, e))?;
            at += piece.len() as u64;
        }
        Ok(())
    }

    /// Writes payload: `bytes` starts on a page boundary in memory, `offset` and the length
    /// are multiples of the page size. Bypasses the page cache when that is enabled.
    pub fn write_blocks_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        match &self.direct {
            Some(direct) => direct.write_all_at(bytes, offset).map_err(|e| BlobError::io("write", &self.partial, e)),
            None => self.write_all_at(bytes, offset),
        }
    }

    /// Fills `buffer` from `offset`; the file must reach that far.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.file.read_exact_at(buffer, offset).map_err(|e| BlobError::io("read", &self.partial, e))
    }

    /// Reserves blocks for `offset..offset + len` and makes the file that long.
    /// Returns whether the file system did it; one that cannot is not an error,
    /// a full one is.
    pub fn reserve(&self, offset: u64, len: u64) -> Result<bool> {
        match rustix::fs::fallocate(&self.file, FallocateFlags::empty(), offset, len) {
            Ok(()) => Ok(true),
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(false),
            Err(e) => Err(BlobError::io("reserve space for", &self.partial, e)),
        }
    }

    /// Makes `offset..offset + len` read as zeros, giving the blocks back where possible.
    pub fn punch(&self, offset: u64, len: u64) -> Result<()> {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        match rustix::fs::fallocate(&self.file, flags, offset, len) {
            Ok(()) => Ok(()),
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => self.write_zeros(offset, len),
            Err(e) => Err(BlobError::io("free space of", &self.partial, e)),
        }
    }

    /// Sets the length; a longer file ends in a hole.
    pub fn set_len(&self, len: u64) -> Result<()> {
        set_len(&self.file, len).map_err(|e| BlobError::io("resize", &self.partial, e))
    }

    /// Length in bytes.
    pub fn len(&self) -> Result<u64> {
        Ok(self.file.metadata().map_err(|e| BlobError::io("stat", &self.partial, e))?.len())
    }

    /// Whether the file holds no bytes yet.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Makes this file share the blocks of `source` (a reflink). Returns false
    /// where the file systems cannot do that.
    pub fn clone_from(&self, source: &SourceFile) -> Result<bool> {
        match rustix::fs::ioctl_ficlone(&self.file, source.file()) {
            Ok(()) => Ok(true),
            Err(Errno::OPNOTSUPP | Errno::XDEV | Errno::INVAL | Errno::NOTTY | Errno::NOSYS) => Ok(false),
            Err(e) => Err(BlobError::io("clone into", &self.partial, e)),
        }
    }

    /// Lets the same users read the file as its source, and no others. Until then it is for its owner only.
    pub fn take_mode_of(&self, source: &SourceFile) -> Result<()> {
        let mode = source.mode()? & 0o666 | 0o600;
        let set = self.file.set_permissions(Permissions::from_mode(mode));
        set.map_err(|e| BlobError::io("set the mode of", &self.partial, e))
    }

    /// Waits until the bytes are on stable storage.
    pub fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|e| BlobError::io("flush", &self.partial, e))
    }

    /// Waits until bytes and attributes are on stable storage, if they are to be: what has to come before [`PartialFile::publish`].
    pub fn flush(&self, durability: Durability) -> Result<()> {
        match durability {
            Durability::Durable => self.file.sync_all().map_err(|e| BlobError::io("flush", &self.partial, e)),
            Durability::Cached => Ok(()),
        }
    }

    /// Flushes the file and gives it its name.
    ///
    /// Errors: as [`PartialFile::publish`].
    pub fn commit(&self, overwrite: Overwrite, durability: Durability) -> Result<()> {
        self.flush(durability)?;
        self.publish(overwrite, durability)
    }

    /// Gives its name to a file that was flushed. After this returns, `target` is complete, and with [`Durability::Durable`] it survives a
    /// power loss.
    ///
    /// Errors: [`BlobError::TargetExists`] when someone took the name meanwhile; the system's. The file is then under its
    /// partial name again, except when it has replaced another and only the directory could not be flushed.
    pub fn publish(&self, overwrite: Overwrite, durability: Durability) -> Result<()> {
        let flags = match overwrite {
            Overwrite::Refuse => RenameFlags::NOREPLACE,
            Overwrite::Replace => RenameFlags::empty(),
        };
        let cwd = rustix::fs::CWD;
        match rustix::fs::renameat_with(cwd, &self.partial, cwd, &self.target, flags) {
            Ok(()) => {}
            Err(Errno::EXIST) => return Err(BlobError::TargetExists { path: self.target.clone() }),
            // NFS and some FUSE file systems lack NOREPLACE: a hard link refuses a taken name too.
            Err(Errno::INVAL | Errno::NOSYS) => self.link_without_replace()?,
            Err(e) => return Err(BlobError::io("rename to", &self.target, e)),
        }
        if durability == Durability::Durable
            && let Err(error) = fsync_directory_of(&self.target)
        {
            // An error means no target. What was replaced cannot come back, so there the new file stays.
            if overwrite == Overwrite::Refuse {
                let _ = std::fs::rename(&self.target, &self.partial);
            }
            return Err(error);
        }
        Ok(())
    }

    /// Removes the partial file, if it is still there.
    pub fn discard(&self) -> Result<()> {
        match std::fs::remove_file(&self.partial) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(BlobError::io("remove", &self.partial, e)),
            _ => Ok(()),
        }
    }

    fn link_without_replace(&self) -> Result<()> {
        std::fs::hard_link(&self.partial, &self.target).map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => BlobError::TargetExists { path: self.target.clone() },
            _ => BlobError::io("rename to", &self.target, e),
        })?;
        std::fs::remove_file(&self.partial).map_err(|e| BlobError::io("remove", &self.partial, e))
    }

    fn write_zeros(&self, offset: u64, len: u64) -> Result<()> {
        let zeros = vec![0; 64 << 10];
        let mut at = offset;
        while at < offset + len {
            let n = (offset + len - at).min(zeros.len() as u64);
            self.write_all_at(&zeros[..n as usize], at)?;
            at += n;
        }
        Ok(())
    }
}

impl Drop for PartialFile {
    /// Gives the lock back. Closing the file does not do that while a child that another thread has just forked still holds a copy of
    /// the descriptor, and whoever opens the file meanwhile would be told that it is being written.
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
    }
}

/// Opens or creates a partial file, for its owner only, and locks it.
fn open_locked(partial: &Path) -> Result<File> {
    let file = open_or_make_own(partial)?;
    lock(&file, partial)?;
    Ok(file)
}

fn lock(file: &File, partial: &Path) -> Result<()> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(Errno::WOULDBLOCK) => Err(BlobError::TargetBusy { path: partial.to_owned() }),
        Err(e) => Err(BlobError::io("lock", partial, e)),
    }
}

/// Whether the open file still has this name.
fn is_at(file: &File, path: &Path) -> bool {
    let inode = |m: Metadata| (m.dev(), m.ino());
    file.metadata().map(inode).ok() == path.symlink_metadata().map(inode).ok()
}

/// Makes a change of names in the directory of `path` survive a power loss.
pub fn fsync_directory_of(path: &Path) -> Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let directory = File::open(parent).map_err(|e| BlobError::io("open", parent, e))?;
    directory.sync_all().map_err(|e| BlobError::io("flush", parent, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("disk.img");
        (dir, path)
    }

    #[test]
    fn a_target_appears_only_at_the_commit() {
        let (_dir, path) = target();
        let partial = PartialFile::open(&path, Overwrite::Refuse).unwrap();
        partial.write_all_at(b"bytes", 0).unwrap();
        assert!(!path.exists());
        partial.commit(Overwrite::Refuse, Durability::Durable).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
        assert!(!partial_path(&path).exists());
    }

    #[test]
    fn an_existing_target_is_kept_even_when_it_appears_late() {
        let (_dir, path) = target();
        let partial = PartialFile::open(&path, Overwrite::Refuse).unwrap();
        std::fs::write(&path, "someone else's").unwrap();
        let error = partial.commit(Overwrite::Refuse, Durability::Cached).unwrap_err();
        assert!(matches!(error, BlobError::TargetExists { .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"someone else's");
        assert!(matches!(PartialFile::open(&path, Overwrite::Refuse), Err(BlobError::TargetExists { .. })));
    }

    #[test]
    fn two_writers_of_one_target_exclude_each_other() {
        let (_dir, path) = target();
        let _first = PartialFile::open(&path, Overwrite::Refuse).unwrap();
        assert!(matches!(PartialFile::open(&path, Overwrite::Refuse), Err(BlobError::TargetBusy { .. })));
    }

    /// A child that is just being started has copies of all descriptors for a moment; here for longer.
    #[test]
    fn a_lock_ends_with_its_writer_whoever_has_copies_of_the_descriptor() {
        let (_dir, path) = target();
        let first = PartialFile::open(&path, Overwrite::Refuse).unwrap();
        let _copy = first.file.try_clone().unwrap();
        drop(first);
        PartialFile::open(&path, Overwrite::Refuse).unwrap();
    }

    #[test]
    fn a_punched_range_reads_as_zeros() {
        let (_dir, path) = target();
        let partial = PartialFile::open(&path, Overwrite::Refuse).unwrap();
        partial.write_all_at(&[7; 20_000], 0).unwrap();
        partial.punch(4096, 8192).unwrap();
        let mut bytes = vec![0; 20_000];
        partial.read_exact_at(&mut bytes, 0).unwrap();
        assert!(bytes[4096..12288].iter().all(|&b| b == 0));
        assert_eq!((bytes[4095], bytes[12288]), (7, 7));
    }
}
