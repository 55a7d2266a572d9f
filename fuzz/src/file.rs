//! The file that a decoder under test believes to read.

use std::ops::Range;

/// Bytes at some offsets of a file, zeros elsewhere.
///
/// VHD, VHDX and VMDK keep their tables megabytes apart. An input that had to hold the zeros between them would leave a fuzzer
/// nothing to find, so it holds pieces.
pub struct File<'a> {
    len: u64,
    pieces: Vec<(u64, &'a [u8])>,
}

const SECTOR_BYTES: u64 = 512;

impl<'a> File<'a> {
    /// The input is the file.
    pub fn flat(bytes: &'a [u8]) -> Self {
        Self { len: bytes.len() as u64, pieces: vec![(0, bytes)] }
    }

    /// The input is: length of the file (u32, sectors), then for each piece its offset (u32, sectors), its length (u16, bytes) and
    /// its bytes; all little endian. Later pieces lie over earlier ones. What is cut off at the end is left out.
    pub fn pieced(input: &'a [u8]) -> Self {
        let mut rest = input;
        let len = u64::from(take(&mut rest).map_or(0, u32::from_le_bytes)) * SECTOR_BYTES;
        let mut pieces = Vec::new();
        while let (Some(sector), Some(bytes)) =
            (take(&mut rest).map(u32::from_le_bytes), take(&mut rest).map(u16::from_le_bytes))
        {
            let Some((piece, after)) = rest.split_at_checked(usize::from(bytes)) else {
                break;
            };
            pieces.push((u64::from(sector) * SECTOR_BYTES, piece));
            rest = after;
        }
        Self { len, pieces }
    }

    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// All the bytes of a range. A decoder that asks beyond the end has broken its promise.
    pub fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let end = offset.checked_add(len as u64);
        assert!(
            end.is_some_and(|end| end <= self.len),
            "asked for {len} bytes at {offset} of a file of {} bytes",
            self.len
        );
        let mut bytes = vec![0; len];
        for (start, piece) in &self.pieces {
            let wanted = offset..offset + len as u64;
            if let Some((from, to)) = overlap(&wanted, *start, piece.len()) {
                bytes[to].copy_from_slice(&piece[from]);
            }
        }
        bytes
    }

    /// The bytes of a range, as far as the file goes.
    pub fn read_up_to(&self, offset: u64, len: usize) -> Vec<u8> {
        let left = self.len.saturating_sub(offset).min(len as u64);
        if left == 0 { Vec::new() } else { self.read(offset, left as usize) }
    }
}

/// Which bytes of a piece go where in what was asked for.
fn overlap(wanted: &Range<u64>, piece_start: u64, piece_len: usize) -> Option<(Range<usize>, Range<usize>)> {
    let start = wanted.start.max(piece_start);
    let end = wanted.end.min(piece_start + piece_len as u64);
    let range = |base: u64| (start - base) as usize..(end - base) as usize;
    (start < end).then(|| (range(piece_start), range(wanted.start)))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_lie_where_they_say_and_zeros_between_them() {
        let mut input = 3u32.to_le_bytes().to_vec();
        for (sector, bytes) in [(0u32, b"ab"), (2, b"yz")] {
            input.extend(sector.to_le_bytes());
            input.extend((bytes.len() as u16).to_le_bytes());
            input.extend(bytes);
        }
        let file = File::pieced(&input);
        assert_eq!(file.len(), 1536);
        assert_eq!(file.read(0, 3), b"ab\0");
        assert_eq!(file.read(1023, 4), b"\0yz\0");
        assert_eq!(file.read_up_to(1535, 10), b"\0");
        assert_eq!(file.read_up_to(5000, 10), b"");
    }

    #[test]
    #[should_panic(expected = "asked for 2 bytes at 1535")]
    fn a_read_beyond_the_end_is_noticed() {
        File::pieced(&3u32.to_le_bytes()).read(1535, 2);
    }
}
