use super::{FORMAT, SECTOR_BYTES};
use crate::fields::Fields;
use crate::{ErrorKind, FormatError, Result};

/// `KDMV`, at the start of a sparse file and of its footer.
pub(crate) const MAGIC: &[u8; 4] = b"KDMV";
/// Bytes of the header, and of the one in the footer.
pub(crate) const HEADER_BYTES: usize = 512;
/// Smallest grain: 8 sectors. Source: the specification.
const GRAIN_SECTORS_MIN: u64 = 8;
/// Largest grain that is read: 1 MiB. Ours; writers use 64 KiB.
pub const GRAIN_BYTES_MAX: u64 = 1 << 20;
/// Largest virtual disk that is read: 64 TiB, a little more than VMware makes. Ours.
pub const VIRTUAL_SIZE_MAX: u64 = 64 << 40;
/// Entries of a grain table: 512 by the specification, and at most that in QEMU.
const TABLE_ENTRIES_MAX: u32 = 512;

const FLAG_NEWLINES: u32 = 1;
const FLAG_ZEROED_GRAINS: u32 = 1 << 2;
const FLAG_COMPRESSED: u32 = 1 << 16;
const FLAG_MARKERS: u32 = 1 << 17;
const DEFLATE: u16 = 1;
/// Instead of a place: the grain directory is named by the footer.
const DIRECTORY_AT_END: u64 = u64::MAX;
/// What a transfer in text mode would change.
const NEWLINES: &[u8; 4] = b"\n \r\n";

/// The first 512 bytes of a sparse file, or those of its footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// 1 to 3; they differ in nothing that is read here.
    pub version: u32,
    /// Bytes of the virtual disk.
    pub virtual_size: u64,
    /// Bytes of a grain, the unit of allocation: a power of two.
    pub grain_bytes: u64,
    /// Entries of a grain table: a power of two.
    pub table_entries: u32,
    /// Byte offset of the descriptor; 0 when it is in another file.
    pub descriptor_offset: u64,
    /// Bytes kept for the descriptor.
    pub descriptor_len: u64,
    /// Byte offset of the grain directory; none when the footer says it.
    pub directory_offset: Option<u64>,
    /// Grains are zlib streams behind a marker.
    pub is_compressed: bool,
    /// Entry 1 in a grain table is a grain of zeros.
    pub has_zeroed_grains: bool,
    /// The file was not closed properly.
    pub is_unclean: bool,
}

impl Header {
    /// Decodes a header of 512 bytes.
    ///
    /// Errors: `Truncated`; `Invalid` for another magic, newlines that a transfer changed, or sizes
    /// that are no powers of two; `Unsupported` for other versions and compressions; `TooLarge`
    /// beyond [`VIRTUAL_SIZE_MAX`], [`GRAIN_BYTES_MAX`], or 512 entries in a table.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let fields = Fields::new(bytes, FORMAT, "header");
        fields.bytes(0, HEADER_BYTES)?;
        if fields.array::<4>(0)? != *MAGIC {
            return Err(refused(ErrorKind::Invalid, "no sparse disk: the magic `KDMV` is missing"));
        }
        let flags = fields.le_u32(8)?;
        if flags & FLAG_NEWLINES != 0 && fields.array::<4>(73)? != *NEWLINES {
            let message = "a transfer in text mode changed the file; transfer it again in binary mode";
            return Err(refused(ErrorKind::Invalid, message));
        }
        let version = fields.le_u32(4)?;
        if !(1..=3).contains(&version) {
            return Err(refused(ErrorKind::Unsupported, format!("version {version}; 1 to 3 are known")));
        }
        let directory = fields.le_u64(56)?;
        Ok(Self {
            version,
            virtual_size: virtual_size(fields.le_u64(12)?)?,
            grain_bytes: grain_bytes(fields.le_u64(20)?)?,
            table_entries: table_entries(fields.le_u32(44)?)?,
            descriptor_offset: fields.le_u64(28)?.saturating_mul(SECTOR_BYTES),
            descriptor_len: fields.le_u64(36)?.saturating_mul(SECTOR_BYTES),
            directory_offset: (directory != DIRECTORY_AT_END).then(|| directory.saturating_mul(SECTOR_BYTES)),
            is_compressed: is_compressed(flags, fields.le_u16(77)?)?,
            has_zeroed_grains: flags & FLAG_ZEROED_GRAINS != 0,
            is_unclean: fields.u8(72)? != 0,
        })
    }

    /// Bytes of disk that one grain table covers.
    pub(crate) fn table_reach(&self) -> u64 {
        self.grain_bytes.saturating_mul(u64::from(self.table_entries))
    }
}

fn virtual_size(sectors: u64) -> Result<u64> {
    if sectors == 0 {
        let message = "a header without a size: the disk is in other files";
        return Err(refused(ErrorKind::NeedsOtherFile, message));
    }
    let size = sectors.saturating_mul(SECTOR_BYTES);
    if size > VIRTUAL_SIZE_MAX {
        return Err(refused(ErrorKind::TooLarge, format!("a disk of {sectors} sectors; 64 TiB are the limit")));
    }
    Ok(size)
}

fn grain_bytes(sectors: u64) -> Result<u64> {
    if !sectors.is_power_of_two() || sectors < GRAIN_SECTORS_MIN {
        let message = format!("grains of {sectors} sectors; powers of two from 8 on are allowed");
        return Err(refused(ErrorKind::Invalid, message));
    }
    let bytes = sectors.saturating_mul(SECTOR_BYTES);
    if bytes > GRAIN_BYTES_MAX {
        return Err(refused(ErrorKind::TooLarge, format!("grains of {sectors} sectors; 1 MiB is the limit")));
    }
    Ok(bytes)
}

fn table_entries(entries: u32) -> Result<u32> {
    if entries > TABLE_ENTRIES_MAX {
        return Err(refused(ErrorKind::TooLarge, format!("grain tables of {entries} entries; 512 are the limit")));
    }
    if !entries.is_power_of_two() {
        return Err(refused(ErrorKind::Invalid, format!("grain tables of {entries} entries, no power of two")));
    }
    Ok(entries)
}

/// Without markers nobody could tell where a compressed grain ends.
fn is_compressed(flags: u32, algorithm: u16) -> Result<bool> {
    match (flags & FLAG_COMPRESSED != 0, flags & FLAG_MARKERS != 0, algorithm) {
        (false, false, 0) => Ok(false),
        (true, true, DEFLATE) => Ok(true),
        (is_compressed, has_markers, algorithm) => {
            let message = format!(
                "compression {algorithm} with flags {flags:#x} (compressed: {is_compressed}, markers: {has_markers})"
            );
            Err(refused(ErrorKind::Unsupported, message))
        }
    }
}

fn refused(kind: ErrorKind, message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, kind, message)
}
