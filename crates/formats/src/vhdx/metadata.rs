use uuid::Uuid;

use super::guid::{
    FILE_PARAMETERS, LOGICAL_SECTOR_SIZE, PARENT_LOCATOR, PHYSICAL_SECTOR_SIZE, VIRTUAL_DISK_ID, VIRTUAL_DISK_SIZE,
    guid,
};
use super::{FORMAT, Head, Region};
use crate::fields::Fields;
use crate::{ErrorKind, FormatError, Result};

/// Smallest block: 1 MiB. Source: MS-VHDX.
const BLOCK_BYTES_MIN: u32 = 1 << 20;
/// Largest block: 256 MiB. Source: MS-VHDX.
pub const BLOCK_BYTES_MAX: u32 = 256 << 20;
/// Largest disk: 64 TiB. Source: MS-VHDX.
pub const VIRTUAL_SIZE_MAX: u64 = 64 << 40;
/// Sectors that the bitmap of a chunk covers. Source: MS-VHDX.
const CHUNK_SECTORS: u64 = 1 << 23;
const BAT_ENTRY_BYTES: u64 = 8;

/// Bytes of the table before the items.
const TABLE_BYTES: u32 = 64 << 10;
/// Entries that fit into it. Source: MS-VHDX.
const ENTRIES_MAX: u16 = 2047;
const ENTRIES_AT: usize = 32;
const ENTRY_BYTES: usize = 32;
const FLAG_USER: u32 = 1;
const FLAG_REQUIRED: u32 = 1 << 2;
const PARAMETER_HAS_PARENT: u32 = 1 << 1;

/// What a file says about its disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Bytes of the virtual disk, a multiple of its sector size.
    pub virtual_size: u64,
    /// Bytes of a block: a power of two.
    pub block_bytes: u32,
    /// Bytes of a sector as the guest sees it: 512 or 4096.
    pub logical_sector_bytes: u32,
    /// Region of the block allocation table.
    pub bat: Region,
    /// Length of the file in bytes.
    pub file_len: u64,
    /// What the operator should know, as sentences.
    pub warnings: Vec<String>,
}

impl Image {
    /// Decodes the metadata. `metadata`: [`Head::metadata_read_bytes`] from the start of the region.
    ///
    /// Errors: `Invalid` for a damaged table, or values that the specification does not have;
    /// `NeedsOtherFile` for a disk with a parent; `Unsupported` for unknown items that a reader
    /// must know; `TooLarge` beyond a limit; `Truncated` for a BAT that ends before the disk does.
    pub fn decode(head: &Head, metadata: &[u8]) -> Result<Self> {
        let items = Items::decode(metadata)?;
        let (block_bytes, has_parent) = items.file_parameters()?;
        if has_parent {
            let message = "a differencing disk needs its parent; merge the chain into one disk first";
            return Err(refused(ErrorKind::NeedsOtherFile, message));
        }
        let logical_sector_bytes = items.logical_sector_bytes()?;
        let image = Self {
            virtual_size: items.virtual_size(logical_sector_bytes)?,
            block_bytes,
            logical_sector_bytes,
            bat: head.bat,
            file_len: head.file_len,
            warnings: head.warnings.clone(),
        };
        if image.bat_bytes() > image.bat.len {
            let message = format!("the BAT has {} bytes, the disk needs {}", image.bat.len, image.bat_bytes());
            return Err(refused(ErrorKind::Truncated, message).at(image.bat.offset));
        }
        Ok(image)
    }

    /// Blocks of disk before each entry for a sector bitmap, which only differencing disks use.
    pub(crate) fn chunk_blocks(&self) -> u64 {
        let chunk = CHUNK_SECTORS.saturating_mul(u64::from(self.logical_sector_bytes));
        chunk.checked_div(u64::from(self.block_bytes)).unwrap_or(1).max(1)
    }

    /// Bytes of the BAT that say something about this disk.
    pub(crate) fn bat_bytes(&self) -> u64 {
        let blocks = self.virtual_size.div_ceil(u64::from(self.block_bytes).max(1));
        let bitmaps = blocks.saturating_sub(1).checked_div(self.chunk_blocks()).unwrap_or(0);
        blocks.saturating_add(bitmaps).saturating_mul(BAT_ENTRY_BYTES)
    }
}

/// The items that say what the disk is, as they lie in the region.
#[derive(Default)]
struct Items<'a> {
    parameters: Option<Fields<'a>>,
    size: Option<Fields<'a>>,
    sector: Option<Fields<'a>>,
}

impl<'a> Items<'a> {
    fn decode(metadata: &'a [u8]) -> Result<Self> {
        let fields = Fields::new(metadata, FORMAT, "metadata table");
        if fields.array::<8>(0)? != *b"metadata" {
            return Err(refused(ErrorKind::Invalid, "the signature of the metadata table is missing"));
        }
        let count = fields.le_u16(10)?;
        if count > ENTRIES_MAX {
            let message = format!("a metadata table of {count} entries; 2047 are the limit");
            return Err(refused(ErrorKind::TooLarge, message));
        }
        let mut items = Self::default();
        for index in 0..usize::from(count) {
            items.take(&fields, ENTRIES_AT.saturating_add(index.saturating_mul(ENTRY_BYTES)))?;
        }
        Ok(items)
    }

    fn take(&mut self, table: &Fields<'a>, at: usize) -> Result<()> {
        let id = guid(table, at)?;
        let flags = table.le_u32(at.saturating_add(24))?;
        let place = match id {
            // User items may have any id, a known one too, and mean something else.
            _ if flags & FLAG_USER != 0 => return require_known(id, flags),
            FILE_PARAMETERS => &mut self.parameters,
            VIRTUAL_DISK_SIZE => &mut self.size,
            LOGICAL_SECTOR_SIZE => &mut self.sector,
            VIRTUAL_DISK_ID | PHYSICAL_SECTOR_SIZE | PARENT_LOCATOR => return Ok(()),
            _ => return require_known(id, flags),
        };
        let (offset, len) = (table.le_u32(at.saturating_add(16))?, table.le_u32(at.saturating_add(20))?);
        if offset < TABLE_BYTES {
            return Err(refused(ErrorKind::Invalid, format!("the metadata item {id} lies in the table")));
        }
        let item = Fields::new(table.bytes(offset as usize, len as usize)?, FORMAT, "metadata item");
        if place.replace(item).is_some() {
            return Err(refused(ErrorKind::Invalid, format!("two metadata items {id}")));
        }
        Ok(())
    }

    /// Block size, and whether there is a parent.
    fn file_parameters(&self) -> Result<(u32, bool)> {
        let item = self.parameters.ok_or_else(|| missing("file parameters"))?;
        let block_bytes = item.le_u32(0)?;
        if !block_bytes.is_power_of_two() || !(BLOCK_BYTES_MIN..=BLOCK_BYTES_MAX).contains(&block_bytes) {
            let message = format!("a block size of {block_bytes} bytes; powers of two from 1 to 256 MiB are allowed");
            return Err(refused(ErrorKind::Invalid, message));
        }
        Ok((block_bytes, item.le_u32(4)? & PARAMETER_HAS_PARENT != 0))
    }

    fn logical_sector_bytes(&self) -> Result<u32> {
        let sector = self.sector.ok_or_else(|| missing("logical sector size"))?.le_u32(0)?;
        if ![512, 4096].contains(&sector) {
            return Err(refused(ErrorKind::Invalid, format!("sectors of {sector} bytes; 512 and 4096 are allowed")));
        }
        Ok(sector)
    }

    fn virtual_size(&self, sector: u32) -> Result<u64> {
        let size = self.size.ok_or_else(|| missing("virtual disk size"))?.le_u64(0)?;
        if size > VIRTUAL_SIZE_MAX {
            let message = format!("a disk of {size} bytes; VHDX holds 64 TiB at most");
            return Err(refused(ErrorKind::TooLarge, message));
        }
        if !size.is_multiple_of(u64::from(sector)) {
            return Err(refused(ErrorKind::Invalid, format!("a disk of {size} bytes in sectors of {sector}")));
        }
        Ok(size)
    }
}

fn require_known(id: Uuid, flags: u32) -> Result<()> {
    if flags & FLAG_REQUIRED == 0 {
        return Ok(());
    }
    Err(refused(ErrorKind::Unsupported, format!("the file needs a reader that knows the metadata item {id}")))
}

fn missing(name: &str) -> FormatError {
    refused(ErrorKind::Invalid, format!("the metadata item `{name}` is missing"))
}

fn refused(kind: ErrorKind, message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One entry for each block, and one for a bitmap between two chunks; none behind the last one.
    #[test]
    fn bitmap_entries_stand_between_chunks() {
        const MIB: u64 = 1 << 20;
        const GIB: u64 = 1 << 30;
        let cases = [
            (0, MIB, 512, 0),
            (512, MIB, 512, 1),
            (4 * GIB, MIB, 512, 4096),
            (4 * GIB + 512, MIB, 512, 4096 + 1 + 1),
            (4 * GIB, 256 * MIB, 512, 16),
            (9 * GIB, 256 * MIB, 512, 36 + 2),
            (32 * GIB, MIB, 4096, 32_768),
            (32 * GIB + 4096, MIB, 4096, 32_768 + 1 + 1),
            (VIRTUAL_SIZE_MAX, MIB, 512, (64 << 20) + (16 << 10) - 1),
        ];
        for (virtual_size, block, sector, entries) in cases {
            let image = Image {
                virtual_size,
                block_bytes: u32::try_from(block).unwrap(),
                logical_sector_bytes: sector,
                bat: Region { offset: 0, len: 0 },
                file_len: 0,
                warnings: Vec::new(),
            };
            assert_eq!(image.bat_bytes(), 8 * entries, "{virtual_size} bytes in {block}, sectors of {sector}");
        }
    }
}
