//! Where the bytes of a segment go in the target file, and the tables that say so.

use std::ops::Range;

use blobs::{PageBuffer, PartialFile};

use crate::error::Result;
use crate::journal::{Done, Records};
use crate::leaves::LEAF_BYTES;

mod allocator;
mod flat;
mod qcow2;
mod vhd;

pub(crate) use allocator::Allocator;
pub(crate) use flat::{Blocks, Flat, reserve_data_of};
pub(crate) use qcow2::{Qcow2, Qcow2Options};
pub(crate) use vhd::{VhdDynamic, VhdIdentity, fixed_footer};

/// A format that can be written while segments finish in any order.
///
/// Workers call `place` at once. Nothing is remembered in memory: the tables are made at
/// the end from the journal, so a resumed copy and a fresh one are the same code.
pub(crate) trait Target: Send + Sync {
    /// Bytes per segment are a multiple of this.
    fn unit_bytes(&self) -> u64;

    /// Whether segments without data must be written too.
    fn writes_zeros(&self) -> bool {
        false
    }

    /// Decides where the units of a segment go. `work.buffer[..work.len]` is the guest's
    /// plaintext; the target may move it around or replace it by what is to be written.
    fn place(&self, file: &PartialFile, segment: u64, work: &mut Work) -> Result<Placement>;

    /// Reserves space before the workers begin.
    fn prepare(&self, _file: &PartialFile) -> Result<()> {
        Ok(())
    }

    /// First byte of a LUKS header that stands inside the format; raw LUKS begins with it instead.
    fn luks_offset(&self) -> Option<u64> {
        None
    }

    /// Continues behind what an earlier run wrote. Called before any `place`.
    fn resume_after(&self, file: &PartialFile, end: u64) -> Result<()>;

    /// Bytes of the file that a recorded segment has for itself, holes included. `taken`: what it took by its record.
    fn bytes_of(&self, _segment: u64, taken: Range<u64>) -> Range<u64> {
        taken
    }

    /// Writes everything but the first bytes of the file, from the records of all segments.
    fn finish(&self, file: &PartialFile, records: &Records) -> Result<Finished>;

    /// The bytes at the start of the file that make it an image, written last of all;
    /// empty where the format has none. `envelope`: padded, for formats that carry it there;
    /// its place is returned.
    fn header(&self, finished: &Finished, envelope: Option<&[u8]>) -> Result<(Vec<u8>, Option<u64>)>;
}

/// Bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteRange {
    pub offset: u64,
    pub len: u64,
}

/// What `finish` decided.
pub(crate) struct Finished {
    /// Length of the file in bytes.
    pub file_len: u64,
    /// Tables that `finish` wrote.
    pub tables: Vec<ByteRange>,
    /// Ranges that were handed out and are not used: they read as zeros.
    pub gaps: Vec<ByteRange>,
    /// The format's own numbers for its header.
    pub tail: Tail,
}

/// What a format's header needs to know of `finish`.
pub(crate) enum Tail {
    None,
    Qcow2(formats::qcow2::Tail),
}

/// A worker's memory.
pub(crate) struct Work {
    /// The segment, page-aligned; longer than a segment by one leaf of slack.
    pub buffer: PageBuffer,
    /// Bytes of the segment, rounded up to whole units.
    pub len: usize,
    /// Which leaves of the segment may hold data by the source's map. The others, and what follows, are zeros: nobody needs to look at them.
    pub data: Vec<bool>,
    /// Output of a compressor, before it takes the buffer's place.
    pub scratch: Vec<u8>,
}

impl Work {
    /// Whether these bytes of the segment are zeros.
    pub(crate) fn is_zero(&self, bytes: Range<usize>) -> bool {
        let leaves = bytes.start / LEAF_BYTES as usize..bytes.end.div_ceil(LEAF_BYTES as usize);
        let may_hold_data = self.data.iter().skip(leaves.start).take(leaves.len()).any(|data| *data);
        !may_hold_data || is_zero(&self.buffer.bytes()[bytes])
    }
}

/// Where the bytes of a segment are to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placement {
    /// Runs of the buffer and their places in the file.
    pub runs: Vec<Run>,
    /// For the journal.
    pub done: Done,
}

/// A run of the buffer that is written in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// First byte in the buffer.
    pub start: usize,
    /// Bytes.
    pub len: usize,
    /// First byte in the file.
    pub host: u64,
}

/// Whether all bytes are zero. Looks at the first word first: data is told at once.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    let (words, tail) = bytes.as_chunks::<64>();
    if words.first().is_some_and(|w| w != &[0; 64]) {
        return false;
    }
    words.iter().all(|w| w.iter().fold(0, |any, b| any | b) == 0) && tail.iter().all(|&b| b == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_set_bit_anywhere_is_not_zero() {
        let mut bytes = vec![0; 5000];
        assert!(is_zero(&bytes));
        for at in [0, 63, 64, 2500, 4991, 4992, 4999] {
            bytes[at] = 1;
            assert!(!is_zero(&bytes), "byte {at}");
            bytes[at] = 0;
        }
    }
}
