use super::dynamic::{bitmap_bytes, check_block_size};
use super::{BAT_UNUSED, DYNAMIC_HEADER_BYTES, FOOTER_BYTES, FORMAT, SECTOR_BYTES, VIRTUAL_SIZE_MAX};
use crate::{ErrorKind, FormatError, Result};

/// The block size that everybody writes.
pub const BLOCK_BYTES_DEFAULT: u32 = 2 << 20;
/// Data begins at multiples of this: pages of memory and of most disks.
const DATA_ALIGN_BYTES: u64 = 4096;
const BAT_ENTRY_BYTES: u64 = 4;

/// Where the parts of a dynamic disk that we write lie.
///
/// ```text
///   0             footer copy, dynamic header
///   bat_offset    block allocation table, padded to a sector with unused entries
///   …             blocks in the order in which they are taken: gap, sector bitmap, data
///   footer_offset footer
/// ```
///
/// The gap before each bitmap puts the data behind it on a multiple of 4096; the format allows
/// it, because entries of the table name sectors. Nothing but the table and the place of the
/// footer depends on how many blocks are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Bytes of the virtual disk.
    pub virtual_size: u64,
    /// Bytes of disk in a block.
    pub block_bytes: u32,
    /// Byte offset of the block allocation table.
    pub bat_offset: u64,
    /// Entries of the table: one for each block of the disk.
    pub bat_entries: u32,
    /// Bytes of the sector bitmap of a block.
    pub bitmap_bytes: u64,
}

impl Layout {
    /// Lays out a disk of `virtual_size` bytes in blocks of `block_bytes`, 2 MiB as a rule.
    ///
    /// Errors: `Invalid` for a size that is not whole sectors or a block size that is no power of
    /// two; `TooLarge` for a disk above [`VIRTUAL_SIZE_MAX`], or blocks so small that the last one
    /// of a full disk is beyond the reach of 32-bit sector numbers.
    pub fn dynamic(virtual_size: u64, block_bytes: u32) -> Result<Self> {
        check_block_size(block_bytes)?;
        if !virtual_size.is_multiple_of(SECTOR_BYTES) {
            return Err(unsuitable(
                ErrorKind::Invalid,
                format!("a disk of {virtual_size} bytes is not a multiple of 512"),
            ));
        }
        let blocks = virtual_size.div_ceil(u64::from(block_bytes).max(1));
        let bat_entries = u32::try_from(blocks).unwrap_or(u32::MAX);
        let bat_offset = (FOOTER_BYTES + DYNAMIC_HEADER_BYTES) as u64;
        let layout =
            Self { virtual_size, block_bytes, bat_offset, bat_entries, bitmap_bytes: bitmap_bytes(block_bytes) };
        let last_sector = layout.bitmap_offset(bat_entries.saturating_sub(1)).wrapping_div(SECTOR_BYTES);
        if virtual_size > VIRTUAL_SIZE_MAX || last_sector >= u64::from(BAT_UNUSED) {
            let message = format!(
                "a dynamic disk of {virtual_size} bytes in blocks of {block_bytes}; VHD holds 2040 GiB at most"
            );
            return Err(unsuitable(ErrorKind::TooLarge, message));
        }
        Ok(layout)
    }

    /// Byte offset of the data of the `nth` block in the file, counted as blocks are taken.
    #[must_use]
    pub fn data_offset(&self, nth: u32) -> u64 {
        let bat_end = self.bat_offset.saturating_add(self.bat_bytes());
        let first = bat_end.saturating_add(self.bitmap_bytes).next_multiple_of(DATA_ALIGN_BYTES);
        let stride = u64::from(self.block_bytes).saturating_add(self.bitmap_bytes).next_multiple_of(DATA_ALIGN_BYTES);
        first.saturating_add(stride.saturating_mul(u64::from(nth)))
    }

    /// Byte offset of its sector bitmap: [`Layout::bitmap`] goes there.
    #[must_use]
    pub fn bitmap_offset(&self, nth: u32) -> u64 {
        self.data_offset(nth).saturating_sub(self.bitmap_bytes)
    }

    /// The sector bitmap of every block: all sectors are there.
    #[must_use]
    pub fn bitmap(&self) -> Vec<u8> {
        vec![0xff; usize::try_from(self.bitmap_bytes).unwrap_or(0)]
    }

    /// Bytes of the table with its padding.
    #[must_use]
    pub fn bat_bytes(&self) -> u64 {
        u64::from(self.bat_entries).saturating_mul(BAT_ENTRY_BYTES).next_multiple_of(SECTOR_BYTES)
    }

    /// A part of the table as bytes. `nths`: for each block of the disk, from some block on, which
    /// block of the file it is, if it was taken.
    ///
    /// The bytes go to `bat_offset` + 4 × the first block's number. After the entries of the whole
    /// disk comes padding: `None` up to [`Layout::bat_bytes`].
    #[must_use]
    pub fn encode_bat_window(&self, nths: &[Option<u32>]) -> Vec<u8> {
        nths.iter().flat_map(|nth| nth.map_or(BAT_UNUSED, |nth| self.bat_entry(nth)).to_be_bytes()).collect()
    }

    /// Byte offset of the footer behind `block_count` blocks.
    #[must_use]
    pub fn footer_offset(&self, block_count: u32) -> u64 {
        match block_count.checked_sub(1) {
            Some(last) => self.data_offset(last).saturating_add(u64::from(self.block_bytes)),
            None => self.bat_offset.saturating_add(self.bat_bytes()),
        }
    }

    /// Length of a file of `block_count` blocks.
    #[must_use]
    pub fn file_len(&self, block_count: u32) -> u64 {
        self.footer_offset(block_count).saturating_add(FOOTER_BYTES as u64)
    }

    /// The entry of the `nth` block in the file: the sector number of its bitmap.
    fn bat_entry(&self, nth: u32) -> u32 {
        let sector = self.bitmap_offset(nth).wrapping_div(SECTOR_BYTES);
        u32::try_from(sector).unwrap_or(BAT_UNUSED)
    }
}

/// Whether Azure takes a disk of this size: whole mebibytes (R21). Other sizes are valid VHDs.
#[must_use]
pub fn azure_ready(virtual_size: u64) -> bool {
    virtual_size.is_multiple_of(1 << 20)
}

fn unsuitable(kind: ErrorKind, message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parts follow each other without overlap, and data is aligned, for every block size.
    #[test]
    fn blocks_are_aligned_and_do_not_overlap() {
        for block_bytes in (19..=28).map(|bits| 1u32 << bits) {
            for size in [512, 20 << 20, 1 << 40] {
                let layout = Layout::dynamic(size, block_bytes).unwrap();
                let mut end = layout.bat_offset + layout.bat_bytes();
                for nth in 0..3 {
                    assert!(layout.bitmap_offset(nth) >= end, "{layout:?}, block {nth}");
                    assert_eq!(layout.bitmap_offset(nth) % 512, 0);
                    assert_eq!(layout.data_offset(nth) % 4096, 0);
                    end = layout.data_offset(nth) + u64::from(block_bytes);
                    assert_eq!(layout.footer_offset(nth + 1), end);
                }
            }
        }
    }

    /// The largest disk fits with the usual blocks; with smaller ones its last block cannot be named.
    #[test]
    fn a_disk_that_sector_numbers_cannot_reach_is_refused() {
        let layout = Layout::dynamic(VIRTUAL_SIZE_MAX, BLOCK_BYTES_DEFAULT).unwrap();
        assert_eq!(layout.bat_entries, 1_044_480);
        let last = layout.encode_bat_window(&[Some(1_044_479)]);
        assert_eq!(u64::from(u32::from_be_bytes(last.try_into().unwrap())) * 512, layout.bitmap_offset(1_044_479));
        for (size, block) in
            [(VIRTUAL_SIZE_MAX, 512 << 10), (VIRTUAL_SIZE_MAX + 512, 2 << 20), (u64::MAX - 511, 2 << 20)]
        {
            assert_eq!(Layout::dynamic(size, block).unwrap_err().kind, ErrorKind::TooLarge, "{size} in {block}");
        }
        assert_eq!(Layout::dynamic(1_000_001, 2 << 20).unwrap_err().kind, ErrorKind::Invalid);
    }

    /// Azure's rule of R21.
    #[test]
    fn whole_mebibytes_are_azure_ready() {
        assert!(azure_ready(20 << 20));
        assert!(!azure_ready((20 << 20) + (512 << 10)));
    }
}
