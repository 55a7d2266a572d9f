//! The leaf digests of a file or a disk, kept in a sparse file of their own.
//!
//! ```text
//!   byte 32*i ..        digest of leaf i (64 KiB); 32 zero bytes: the leaf is all zeros
//!   a hole              zero leaves: 1 TiB of nothing takes no space and no time
//! ```
//!
//! Workers write in any order; the root is computed from the file afterwards,
//! so memory does not grow with the image. The same file, kept in the data
//! directory, later tells *where* an image was changed.

use std::path::{Path, PathBuf};

use blobs::{BlobError, Durability, Overwrite, PartialFile, SourceFile, partial_path};
use crypto::digest::{DIGEST_BYTES, Digest, TreeBuilder, TreeKey};

use crate::error::Result;

/// Bytes under one leaf.
pub const LEAF_BYTES: u64 = 64 << 10;

/// Leaf digests read per step when the root is computed.
const WINDOW_BYTES: usize = 64 << 10;

/// Leaf digests that are being collected.
pub(crate) struct LeafWriter {
    file: PartialFile,
}

impl LeafWriter {
    /// Opens or creates the store for `path` (`path.partial` until it is complete).
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self { file: PartialFile::open(path, Overwrite::Replace)? })
    }

    /// Takes up the store of a copy that was interrupted, also when its last act was to complete this store.
    pub(crate) fn reopen(path: &Path) -> Result<Self> {
        let partial = partial_path(path);
        if path.exists() && !partial.exists() {
            std::fs::rename(path, &partial).map_err(|source| BlobError::Io {
                action: "reopen",
                path: path.to_owned(),
                source,
            })?;
        }
        Self::open(path)
    }

    /// Forgets what an earlier run left.
    pub(crate) fn clear(&self) -> Result<()> {
        Ok(self.file.set_len(0)?)
    }

    /// Stores the digests of consecutive leaves, the first of which is leaf `first`.
    pub(crate) fn put(&self, first: u64, digests: &[Digest]) -> Result<()> {
        Ok(self.file.write_all_at(digests.as_flattened(), first * DIGEST_BYTES as u64)?)
    }

    /// Marks leaves as zero again.
    pub(crate) fn clear_range(&self, first: u64, count: u64) -> Result<()> {
        let end = self.file.len()?;
        let offset = first * DIGEST_BYTES as u64;
        let len = (count * DIGEST_BYTES as u64).min(end.saturating_sub(offset));
        if len > 0 {
            self.file.punch(offset, len)?;
        }
        Ok(())
    }

    /// Waits until all digests are on stable storage.
    pub(crate) fn sync(&self) -> Result<()> {
        Ok(self.file.sync()?)
    }

    /// Sets the final length and computes the root over `total_len` bytes of leaves.
    pub(crate) fn root(&self, key: &TreeKey, total_len: u64) -> Result<Digest> {
        let leaves = total_len.div_ceil(LEAF_BYTES);
        self.file.set_len(leaves * DIGEST_BYTES as u64)?;
        self.reader()?.root(key, total_len)
    }

    /// Takes over all digests of another store.
    pub(crate) fn copy_from(&self, other: &LeafReader) -> Result<()> {
        let mut window = vec![0; WINDOW_BYTES];
        let mut at = 0;
        while let Some((start, end)) = other.file.next_data(at)? {
            let len = (end - start).min(WINDOW_BYTES as u64) as usize;
            other.file.read_exact_at(&mut window[..len], start)?;
            self.file.write_all_at(&window[..len], start)?;
            at = start + len as u64;
        }
        Ok(())
    }

    /// Reads what has been stored so far.
    pub(crate) fn reader(&self) -> Result<LeafReader> {
        LeafReader::open(self.file.partial())
    }

    /// Gives the store its name.
    pub(crate) fn commit(&self, durability: Durability) -> Result<()> {
        Ok(self.file.commit(Overwrite::Replace, durability)?)
    }

    /// Removes it.
    pub(crate) fn discard(&self) -> Result<()> {
        Ok(self.file.discard()?)
    }
}

/// A complete store, or one whose writer has just finished.
pub(crate) struct LeafReader {
    file: SourceFile,
}

impl LeafReader {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self { file: SourceFile::open(path)? })
    }

    /// Number of leaves.
    pub(crate) fn count(&self) -> u64 {
        self.file.len() / DIGEST_BYTES as u64
    }

    /// The digest of leaf `index`.
    pub(crate) fn leaf(&self, index: u64) -> Result<Digest> {
        let mut digest = [0; DIGEST_BYTES];
        self.file.read_exact_at(&mut digest, index * DIGEST_BYTES as u64)?;
        Ok(digest)
    }

    /// Root over `total_len` bytes, reading only what is not a hole.
    pub(crate) fn root(&self, key: &TreeKey, total_len: u64) -> Result<Digest> {
        let leaves = total_len.div_ceil(LEAF_BYTES);
        let mut builder = TreeBuilder::new(key);
        let mut window = vec![0; WINDOW_BYTES];
        let mut next = 0;
        while next < leaves {
            let wanted = next * DIGEST_BYTES as u64;
            let Some((start, end)) = self.file.next_data(wanted)? else { break };
            // Data runs begin on file system blocks, which hold whole digests.
            let first = (start / DIGEST_BYTES as u64).max(next);
            builder.push_zeros(first - next);
            next = first;
            let end = end.div_ceil(DIGEST_BYTES as u64).min(leaves);
            while next < end {
                let count = ((end - next) as usize).min(WINDOW_BYTES / DIGEST_BYTES);
                let bytes = &mut window[..count * DIGEST_BYTES];
                self.file.read_exact_at(bytes, next * DIGEST_BYTES as u64)?;
                let (digests, _) = bytes.as_chunks::<DIGEST_BYTES>();
                for digest in digests {
                    builder.push(digest);
                }
                next += count as u64;
            }
        }
        builder.push_zeros(leaves - next);
        Ok(builder.finish(total_len))
    }
}

/// Where the leaf digests of an image's file lie in the data directory.
#[must_use]
pub fn file_tree_path(data_dir: &Path, image: &str) -> PathBuf {
    data_dir.join("trees").join(format!("{image}.tree"))
}

/// Makes a directory of the data directory, for its owner only, if it is not there.
pub(crate) fn make_directory(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(BlobError::Io { action: "make", path: path.to_owned(), source }.into())
        }
        _ => Ok(()),
    }
}
