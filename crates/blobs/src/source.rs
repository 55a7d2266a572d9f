use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, SeekFrom};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::{BlobError, Result};

/// An image file or block device, opened read-only.
pub struct SourceFile {
    file: File,
    path: PathBuf,
    len: u64,
}

/// What tells one state of a file from another, as far as the system knows.
/// Used to resume a copy of the same source and to notice a source that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Device and inode.
    pub inode: (u64, u64),
    /// Length in bytes.
    pub len: u64,
    /// Last change of content, nanoseconds since 1970.
    pub modified_ns: i128,
    /// Last change of content or attributes, nanoseconds since 1970. Nobody can set it back, but a new name, link or mode sets it too.
    pub changed_ns: i128,
}

impl Identity {
    /// Whether it is the same state of the same file as `earlier`, which another process may have seen: the number of a device is another one
    /// after a reboot, or on another host.
    #[must_use]
    pub fn is_state_of(&self, earlier: &Self) -> bool {
        let of = |identity: &Self| (identity.inode.1, identity.len, identity.modified_ns, identity.changed_ns);
        of(self) == of(earlier)
    }

    /// Whether nothing tells that the content changed since `earlier`. Names, links and modes may have: their owner does as they like while
    /// the file is read.
    #[must_use]
    pub fn has_content_of(&self, earlier: &Self) -> bool {
        (self.inode, self.len, self.modified_ns) == (earlier.inode, earlier.len, earlier.modified_ns)
    }
}

impl SourceFile {
    /// Opens `path` read-only.
    ///
    /// Errors: the system's, and [`BlobError::NotAnImage`] for anything that
    /// is neither a regular file nor a block device. A pipe does not block:
    /// it is opened non-blocking and refused.
    pub fn open(path: &Path) -> Result<Self> {
        let mut options = File::options();
        options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
        let file = options.open(path).map_err(|e| BlobError::io("open", path, e))?;
        let metadata = file.metadata().map_err(|e| BlobError::io("stat", path, e))?;
        let len = image_len(&file, &metadata, path)?;
        // Readahead doubles the rate on a cold source; failure only costs speed.
        let _ = rustix::fs::fadvise(&file, 0, None, Advice::Sequential);
        Ok(Self { file, path: path.to_owned(), len })
    }

    /// Length in bytes when it was opened.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file holds no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The path that it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fills `buffer` from `offset`. The file ending early is an error.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.file.read_exact_at(buffer, offset).map_err(|e| BlobError::io("read", &self.path, e))
    }

    /// Fills `buffer` from `offset` as far as the file reaches; returns the bytes read.
    pub fn read_up_to_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.file.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(BlobError::io("read", &self.path, e)),
            }
        }
        Ok(done)
    }

    /// Next run of bytes at or after `offset` that may hold data: `start..end`.
    /// `None`: only a hole up to the end. A file system or device that cannot
    /// tell answers that everything is data.
    pub fn next_data(&self, offset: u64) -> Result<Option<(u64, u64)>> {
        if offset >= self.len {
            return Ok(None);
        }
        let start = match rustix::fs::seek(&self.file, SeekFrom::Data(offset)) {
            Ok(start) => start,
            Err(Errno::NXIO) => return Ok(None),
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(Some((offset, self.len))),
            Err(e) => return Err(BlobError::io("seek in", &self.path, e)),
        };
        if start >= self.len {
            return Ok(None);
        }
        let end = rustix::fs::seek(&self.file, SeekFrom::Hole(start)).unwrap_or(self.len);
        Ok(Some((start, end.clamp(start, self.len))))
    }

    /// The state of the file now.
    pub fn identity(&self) -> Result<Identity> {
        let m = self.file.metadata().map_err(|e| BlobError::io("stat", &self.path, e))?;
        let ns = |seconds, rest| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Ok(Identity {
            inode: (m.dev(), m.ino()),
            len: image_len(&self.file, &m, &self.path)?,
            modified_ns: ns(m.mtime(), m.mtime_nsec()),
            changed_ns: ns(m.ctime(), m.ctime_nsec()),
        })
    }

    /// Permission bits.
    pub fn mode(&self) -> Result<u32> {
        Ok(self.file.metadata().map_err(|e| BlobError::io("stat", &self.path, e))?.mode() & 0o777)
    }

    /// Whether it is a block device, whose time of change says nothing about its content.
    #[must_use]
    pub fn is_block_device(&self) -> bool {
        self.file.metadata().is_ok_and(|m| m.file_type().is_block_device())
    }

    /// Bytes that the file takes on its file system; its length where unknown.
    pub fn allocated_bytes(&self) -> Result<u64> {
        let m = self.file.metadata().map_err(|e| BlobError::io("stat", &self.path, e))?;
        Ok(if m.is_file() { m.blocks() * 512 } else { self.len })
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }
}

fn image_len(file: &File, metadata: &Metadata, path: &Path) -> Result<u64> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(metadata.len());
    }
    if kind.is_block_device() {
        return rustix::fs::seek(file, SeekFrom::End(0)).map_err(|e| BlobError::io("measure", path, e));
    }
    let kind = if kind.is_dir() {
        "directory"
    } else if kind.is_fifo() {
        "pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "character device"
    };
    Err(BlobError::NotAnImage { path: path.to_owned(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_and_a_pipe_are_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let Err(error) = SourceFile::open(dir.path()) else { panic!("a directory was opened") };
        assert!(error.to_string().contains("is a directory"), "{error}");
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let Err(error) = SourceFile::open(&pipe) else { panic!("a pipe was opened") };
        assert!(error.to_string().contains("is a pipe"), "{error}");
    }

    /// Content that was changed and given its old time again is another state of the file; a new name is too, but has the same content.
    #[test]
    fn a_state_is_told_by_what_nobody_can_set_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("disk");
        std::fs::write(&path, "before").unwrap();
        let modified = path.metadata().unwrap().modified().unwrap();
        let source = SourceFile::open(&path).unwrap();
        let before = source.identity().unwrap();
        assert_eq!(source.identity().unwrap(), before);
        // The clock of files is coarser than this program is fast.
        let change = |act: &dyn Fn()| {
            while source.identity().unwrap() == before {
                act();
            }
        };
        change(&|| {
            std::fs::write(&path, "after!").unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        });
        let changed = source.identity().unwrap();
        assert!(changed != before && changed.has_content_of(&before), "{changed:?}");
        std::fs::write(&path, "longer than before").unwrap();
        assert!(!source.identity().unwrap().has_content_of(&before));
    }

    #[test]
    fn holes_are_skipped_and_short_reads_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sparse");
        let file = File::create(&path).unwrap();
        file.set_len(16 << 20).unwrap();
        file.write_all_at(b"data", 8 << 20).unwrap();
        let source = SourceFile::open(&path).unwrap();
        let (start, end) = source.next_data(0).unwrap().unwrap();
        assert!(start <= 8 << 20 && start > 0 && end > 8 << 20 && end < 16 << 20);
        assert_eq!(source.next_data(end).unwrap(), None);
        let mut buffer = [1; 8];
        assert_eq!(source.read_up_to_at(&mut buffer, (16 << 20) - 4).unwrap(), 4);
        assert!(source.read_exact_at(&mut buffer, (16 << 20) - 4).is_err());
    }
}
