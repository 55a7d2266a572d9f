//! Cuts the disk into segments: fixed pieces that any worker can copy alone.
//!
//! A segment is a range of the guest on a fixed grid, so its number says what
//! it is, on any run of the same copy. Segments without data do not appear:
//! work follows the data, not the virtual size.

use formats::Mapping;

use crate::error::Result;
use crate::leaves::LEAF_BYTES;
use crate::stack::{Piece, StackWalk};

/// Smallest grid: 1 MiB fits the second-level cache with room for tables, and
/// larger buffers brought nothing (../shared/perf.md B).
pub(crate) const SEGMENT_BYTES_MIN: u64 = 1 << 20;

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Number on the grid.
    pub index: u64,
    /// First guest byte.
    pub guest: u64,
    /// Bytes; the grid's pitch but for the last one.
    pub len: u64,
    /// Where its bytes come from, in guest order. Ranges that no piece names are zeros.
    pub pieces: Vec<Piece>,
}

impl Segment {
    /// For each leaf of the segment whether a piece with data reaches into it.
    pub(crate) fn data_leaves(&self) -> Vec<bool> {
        let mut leaves = vec![false; self.len.div_ceil(LEAF_BYTES) as usize];
        for piece in self.pieces.iter().filter(|piece| !is_zeros(piece)) {
            let (start, end) = (piece.guest - self.guest, piece.guest - self.guest + piece.len);
            leaves[(start / LEAF_BYTES) as usize..end.div_ceil(LEAF_BYTES) as usize].fill(true);
        }
        leaves
    }
}

fn is_zeros(piece: &Piece) -> bool {
    matches!(piece.mapping, Mapping::Zero | Mapping::Unallocated)
}

/// Yields the segments of a disk in order.
pub(crate) struct Segmenter {
    walk: StackWalk,
    virtual_size: u64,
    pitch: u64,
    /// A piece that reaches into segments not yet yielded.
    pending: Option<Piece>,
    zeros: Zeros,
}

/// What happens to segments that hold only zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zeros {
    /// Not yielded.
    Skip,
    /// Yielded: the target has no way to leave them out (raw LUKS, where a hole decrypts to noise).
    Yield,
}

impl Segmenter {
    /// `pitch`: bytes per segment, a multiple of every unit in play.
    pub(crate) fn new(walk: StackWalk, virtual_size: u64, pitch: u64, zeros: Zeros) -> Self {
        Self { walk, virtual_size, pitch, pending: None, zeros }
    }

    /// The next segment, in guest order.
    pub(crate) fn next(&mut self) -> Result<Option<Segment>> {
        let Some(first) = self.next_piece()? else { return Ok(None) };
        let index = first.guest / self.pitch;
        let guest = index * self.pitch;
        let len = self.pitch.min(self.virtual_size - guest);
        let end = guest + len;
        let mut pieces = Vec::new();
        let mut piece = Some(first);
        while let Some(current) = piece {
            if current.guest >= end {
                self.pending = Some(current);
                break;
            }
            let (head, rest) = current.split_at(end);
            pieces.push(head);
            self.pending = rest;
            if self.pending.is_some() {
                break;
            }
            piece = self.next_piece()?;
        }
        Ok(Some(Segment { index, guest, len, pieces }))
    }

    fn next_piece(&mut self) -> Result<Option<Piece>> {
        if let Some(piece) = self.pending.take() {
            return Ok(Some(piece));
        }
        while let Some(piece) = self.walk.next()? {
            if self.zeros == Zeros::Yield || !is_zeros(&piece) {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use formats::HostOffset;

    use super::*;

    /// A leaf that a piece only touches counts; one that a piece of zeros covers does not.
    #[test]
    fn leaves_with_data_are_those_that_a_piece_reaches_into() {
        let piece = |leaf: u64, len, mapping| Piece { guest: 10 * LEAF_BYTES + leaf, len, layer: 0, mapping, skip: 0 };
        let data = Mapping::Data(HostOffset(0));
        let pieces = vec![
            piece(LEAF_BYTES - 1, 2, data),
            piece(3 * LEAF_BYTES, LEAF_BYTES, Mapping::Zero),
            piece(4 * LEAF_BYTES, LEAF_BYTES, data),
            piece(5 * LEAF_BYTES + 512, 512, data),
        ];
        let segment = Segment { index: 10, guest: 10 * LEAF_BYTES, len: 6 * LEAF_BYTES + 1, pieces };
        assert_eq!(segment.data_leaves(), [true, true, false, false, true, true, false]);
    }
}
