use crate::{Extent, Result};

/// Largest read that a walker asks for, in bytes: the largest qcow2 cluster.
pub const READ_LEN_MAX: usize = 2 << 20;

/// What a walker wants or found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Needs `len` bytes of the file from `offset` on: read them, call
    /// [`Walk::supply`], then `step` again. The range lies inside the file.
    Read {
        /// Byte offset in the file.
        offset: u64,
        /// Bytes wanted: at most [`READ_LEN_MAX`].
        len: usize,
    },
    /// The next run of the disk in guest order.
    Extent(Extent),
    /// The whole virtual size has been covered.
    End,
}

/// Walks the allocation map of an image in guest order, without doing I/O.
///
/// The caller owns the file: the same walker runs on a local file, on an
/// object store, under a fuzzer or in a test. Adjacent runs of the same kind
/// are merged as far as that is cheap, so holes of any size are one step.
pub trait Walk: Send {
    /// Decides what comes next.
    ///
    /// Errors: a table entry that breaks the format's rules or points outside
    /// the file; the walker must not be used after one.
    fn step(&mut self) -> Result<Step>;

    /// Takes the bytes that the last [`Step::Read`] asked for, all of them.
    fn supply(&mut self, bytes: &[u8]) -> Result<()>;
}
