use super::{BAT_UNUSED, FORMAT, Layout, SECTOR_BYTES, checksum};
use crate::fields::{Fields, put};
use crate::{ErrorKind, FormatError, Result};

/// Bytes of the dynamic header.
pub const DYNAMIC_HEADER_BYTES: usize = 1024;
/// Smallest block that is read: 512 KiB, the smallest that the specification mentions.
pub const BLOCK_BYTES_MIN: u32 = 512 << 10;
/// Largest block that is read: 256 MiB. Ours, far above the usual 2 MiB; its bitmap has 64 KiB.
pub const BLOCK_BYTES_MAX: u32 = 256 << 20;

const COOKIE: &[u8; 8] = b"cxsparse";
const VERSION: u32 = 0x0001_0000;
const CHECKSUM_AT: usize = 36;
const BAT_ENTRY_BYTES: u64 = 4;
/// What 32-bit sector numbers can reach: 2 TiB. More BAT entries could not be used.
const BAT_REACH_MAX: u64 = (BAT_UNUSED as u64 + 1) * SECTOR_BYTES;

/// Where the blocks of a dynamic disk are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DynamicHeader {
    /// Byte offset of the block allocation table.
    pub bat_offset: u64,
    /// Entries of the table; at least one for each block of the disk.
    pub bat_entries: u32,
    /// Bytes of disk in a block: a power of two.
    pub block_bytes: u32,
}

impl DynamicHeader {
    /// Decodes a dynamic header of 1024 bytes.
    ///
    /// Errors: `Truncated`; `Invalid` for another cookie, a wrong checksum or a block size that is
    /// no power of two; `Unsupported` for another version; `TooLarge` for a block size or a table
    /// beyond our limits.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let fields = Fields::new(bytes, FORMAT, "dynamic header");
        let counted = fields.bytes(0, DYNAMIC_HEADER_BYTES)?;
        if fields.array::<8>(0)? != *COOKIE {
            return Err(refused(ErrorKind::Invalid, "no dynamic header: its cookie `cxsparse` is missing"));
        }
        if fields.be_u32(CHECKSUM_AT)? != checksum(counted, CHECKSUM_AT) {
            let message = "the checksum of the dynamic header is wrong: the file is damaged";
            return Err(refused(ErrorKind::Invalid, message));
        }
        let version = fields.be_u32(24)?;
        if version != VERSION {
            let message = format!("dynamic header version {version:#010x}; 0x00010000 is known");
            return Err(refused(ErrorKind::Unsupported, message));
        }
        let header =
            Self { bat_offset: fields.be_u64(16)?, bat_entries: fields.be_u32(28)?, block_bytes: fields.be_u32(32)? };
        check_block_size(header.block_bytes)?;
        let reach = u64::from(header.bat_entries).saturating_mul(u64::from(header.block_bytes));
        if reach > BAT_REACH_MAX {
            let message = format!("a table of {} blocks; 2 TiB of blocks are the limit", header.bat_entries);
            return Err(refused(ErrorKind::TooLarge, message));
        }
        Ok(header)
    }

    /// The header of a file that is laid out so.
    #[must_use]
    pub fn of(layout: &Layout) -> Self {
        Self { bat_offset: layout.bat_offset, bat_entries: layout.bat_entries, block_bytes: layout.block_bytes }
    }

    /// The bytes of the header, with its checksum and without a parent.
    #[must_use]
    pub fn encode(&self) -> [u8; DYNAMIC_HEADER_BYTES] {
        let mut bytes = [0; DYNAMIC_HEADER_BYTES];
        put(&mut bytes, 0, COOKIE);
        put(&mut bytes, 8, &u64::MAX.to_be_bytes());
        put(&mut bytes, 16, &self.bat_offset.to_be_bytes());
        put(&mut bytes, 24, &VERSION.to_be_bytes());
        put(&mut bytes, 28, &self.bat_entries.to_be_bytes());
        put(&mut bytes, 32, &self.block_bytes.to_be_bytes());
        let sum = checksum(&bytes, CHECKSUM_AT);
        put(&mut bytes, CHECKSUM_AT, &sum.to_be_bytes());
        bytes
    }

    /// Checks that the table has an entry for each block of a disk of `size` bytes and that
    /// these entries lie in the file. Entries after them mean nothing and may be missing.
    pub(crate) fn check_table(&self, size: u64, file_len: u64) -> Result<()> {
        let blocks = size.div_ceil(u64::from(self.block_bytes).max(1));
        if blocks > u64::from(self.bat_entries) {
            let message = format!("a table of {} blocks for a disk of {blocks}", self.bat_entries);
            return Err(refused(ErrorKind::Invalid, message));
        }
        let end = self.bat_offset.checked_add(blocks.saturating_mul(BAT_ENTRY_BYTES));
        if end.is_none_or(|end| end > file_len) {
            let message = "the block allocation table ends after the end of the file; is the file complete?";
            return Err(refused(ErrorKind::Truncated, message).at(self.bat_offset));
        }
        Ok(())
    }
}

/// Bytes of the sector bitmap before the data of a block: a bit for each sector, in whole sectors.
pub(crate) fn bitmap_bytes(block_bytes: u32) -> u64 {
    u64::from(block_bytes).div_ceil(SECTOR_BYTES * 8).next_multiple_of(SECTOR_BYTES)
}

pub(crate) fn check_block_size(block_bytes: u32) -> Result<()> {
    if !block_bytes.is_power_of_two() {
        return Err(refused(ErrorKind::Invalid, format!("a block size of {block_bytes} bytes is no power of two")));
    }
    if !(BLOCK_BYTES_MIN..=BLOCK_BYTES_MAX).contains(&block_bytes) {
        let message = format!("a block size of {block_bytes} bytes; 512 KiB to 256 MiB are read");
        return Err(refused(ErrorKind::TooLarge, message));
    }
    Ok(())
}

fn refused(kind: ErrorKind, message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: DynamicHeader = DynamicHeader { bat_offset: 1536, bat_entries: 10, block_bytes: 2 << 20 };

    /// What is written is read back; damage and a cut are noticed.
    #[test]
    fn a_dynamic_header_comes_back_or_is_refused() {
        let bytes = HEADER.encode();
        assert_eq!(DynamicHeader::decode(&bytes), Ok(HEADER));
        assert_eq!(DynamicHeader::decode(&bytes[..1023]).unwrap_err().kind, ErrorKind::Truncated);
        for at in 0..DYNAMIC_HEADER_BYTES {
            let mut bytes = bytes;
            bytes[at] ^= 1;
            assert_eq!(DynamicHeader::decode(&bytes).unwrap_err().kind, ErrorKind::Invalid, "byte {at}");
        }
    }

    /// Sizes and counts beyond the limits, with a right checksum.
    #[test]
    fn sizes_beyond_the_limits_are_refused() {
        let cases = [
            (DynamicHeader { block_bytes: 0, ..HEADER }, ErrorKind::Invalid),
            (DynamicHeader { block_bytes: 3 << 20, ..HEADER }, ErrorKind::Invalid),
            (DynamicHeader { block_bytes: 256 << 10, ..HEADER }, ErrorKind::TooLarge),
            (DynamicHeader { block_bytes: 512 << 20, ..HEADER }, ErrorKind::TooLarge),
            (DynamicHeader { bat_entries: u32::MAX, ..HEADER }, ErrorKind::TooLarge),
            (DynamicHeader { bat_entries: (1 << 20) + 1, ..HEADER }, ErrorKind::TooLarge),
        ];
        for (header, kind) in cases {
            assert_eq!(DynamicHeader::decode(&header.encode()).unwrap_err().kind, kind, "{header:?}");
        }
        let most = DynamicHeader { bat_entries: 1 << 20, ..HEADER };
        assert_eq!(DynamicHeader::decode(&most.encode()), Ok(most), "Xen keeps room for 2 TiB");
    }

    /// The entries that the disk needs must be there, others need not.
    #[test]
    fn a_table_must_cover_the_disk_and_lie_in_the_file() {
        let size = 20 << 20;
        assert_eq!(HEADER.check_table(size, 1576), Ok(()));
        assert_eq!(HEADER.check_table(size, 1575).unwrap_err().kind, ErrorKind::Truncated);
        assert_eq!(HEADER.check_table(size + 512, 4096).unwrap_err().kind, ErrorKind::Invalid);
        let far = DynamicHeader { bat_offset: u64::MAX - 3, ..HEADER };
        assert_eq!(far.check_table(size, u64::MAX).unwrap_err().kind, ErrorKind::Truncated);
    }

    /// One bit for each sector, in whole sectors.
    #[test]
    fn bitmaps_are_whole_sectors() {
        for (block, bytes) in [(512 << 10, 512), (2 << 20, 512), (4 << 20, 1024), (256 << 20, 65_536)] {
            assert_eq!(bitmap_bytes(block), bytes, "blocks of {block} bytes");
        }
    }
}
