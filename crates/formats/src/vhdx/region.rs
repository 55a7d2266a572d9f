use uuid::Uuid;

use super::guid::{BAT_REGION, METADATA_REGION, guid};
use super::{ALIGN_BYTES, FORMAT, checksum};
use crate::fields::Fields;
use crate::{ErrorKind, FormatError, Result};

/// Bytes of a region table.
pub(crate) const REGION_TABLE_BYTES: usize = 64 << 10;
/// Entries that fit into a table. Source: MS-VHDX.
const ENTRIES_MAX: u32 = 2047;
const ENTRIES_AT: usize = 16;
const ENTRY_BYTES: usize = 32;

/// A part of the file. Both numbers are multiples of 1 MiB, and it lies inside the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Byte offset in the file.
    pub offset: u64,
    /// Length in bytes.
    pub len: u64,
}

impl Region {
    fn end(self) -> u64 {
        self.offset.saturating_add(self.len)
    }
}

/// The regions that every image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Regions {
    pub(crate) bat: Region,
    pub(crate) metadata: Region,
}

impl Regions {
    /// Decodes a region table of 64 KiB.
    ///
    /// Errors: `Invalid` for a wrong signature or checksum, regions that are missing, there twice, not
    /// on whole MiB, or overlap; `Unsupported` for an unknown region that a reader must know;
    /// `Truncated` for one outside of the file.
    pub(crate) fn decode(table: &[u8], file_len: u64) -> Result<Self> {
        let fields = Fields::new(table, FORMAT, "region table");
        if fields.array::<4>(0)? != *b"regi" || fields.le_u32(4)? != checksum(table) {
            return Err(invalid("the region table is damaged"));
        }
        let count = fields.le_u32(8)?;
        if count > ENTRIES_MAX {
            let message = format!("a region table of {count} entries; 2047 are the limit");
            return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message));
        }
        let (mut bat, mut metadata) = (None, None);
        for index in 0..count as usize {
            let at = ENTRIES_AT.saturating_add(index.saturating_mul(ENTRY_BYTES));
            let id = guid(&fields, at)?;
            let region = Region {
                offset: fields.le_u64(at.saturating_add(16))?,
                len: u64::from(fields.le_u32(at.saturating_add(24))?),
            };
            let is_required = fields.le_u32(at.saturating_add(28))? & 1 == 1;
            match id {
                BAT_REGION => place(&mut bat, region, "BAT", file_len)?,
                METADATA_REGION => place(&mut metadata, region, "metadata", file_len)?,
                _ if is_required => return Err(unknown(id)),
                _ => {}
            }
        }
        let (Some(bat), Some(metadata)) = (bat, metadata) else {
            return Err(invalid("the region table lacks the BAT or the metadata"));
        };
        if bat.offset < metadata.end() && metadata.offset < bat.end() {
            return Err(invalid("the BAT and the metadata overlap"));
        }
        Ok(Self { bat, metadata })
    }
}

fn place(place: &mut Option<Region>, region: Region, name: &str, file_len: u64) -> Result<()> {
    let is_aligned = region.offset.is_multiple_of(ALIGN_BYTES) && region.len.is_multiple_of(ALIGN_BYTES);
    if !is_aligned || region.offset < ALIGN_BYTES || region.len == 0 {
        let message = format!("the {name} region, {} bytes, is not on whole MiB", region.len);
        return Err(invalid(message).at(region.offset));
    }
    if region.offset.checked_add(region.len).is_none_or(|end| end > file_len) {
        let message = format!("the {name} region ends after the end of the file; is the file complete?");
        return Err(FormatError::new(FORMAT, ErrorKind::Truncated, message).at(region.offset));
    }
    if place.replace(region).is_some() {
        return Err(invalid(format!("two {name} regions")));
    }
    Ok(())
}

fn unknown(id: Uuid) -> FormatError {
    let message = format!("the file needs a reader that knows the region {id}");
    FormatError::new(FORMAT, ErrorKind::Unsupported, message)
}

fn invalid(message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::Invalid, message)
}
