use uuid::Uuid;

use super::guid::guid;
use super::region::{REGION_TABLE_BYTES, Regions};
use super::{FORMAT, Region, checksum};
use crate::fields::Fields;
use crate::{ErrorKind, FormatError, READ_LEN_MAX, Result};

/// Bytes from the start of the file that [`Head::decode`] wants: up to the end of the second region table.
pub const HEAD_BYTES: usize = 320 << 10;

const SIGNATURE: &[u8; 8] = b"vhdxfile";
const HEADER_BYTES: usize = 4096;
const HEADERS_AT: [usize; 2] = [64 << 10, 128 << 10];
const REGION_TABLES_AT: [usize; 2] = [192 << 10, 256 << 10];
const VERSION: u16 = 1;

/// What stands before the first MiB: where metadata and BAT lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Region of the metadata.
    pub metadata: Region,
    /// Region of the block allocation table.
    pub bat: Region,
    /// Length of the file in bytes.
    pub file_len: u64,
    /// What the operator should know, as sentences.
    pub warnings: Vec<String>,
}

impl Head {
    /// Decodes the first [`HEAD_BYTES`] of a file of `file_len` bytes.
    ///
    /// Errors: `Truncated`; `Invalid` without a signature, or without a sound header and a sound
    /// region table; `Unsupported` for another version, a log that must be replayed, or regions
    /// that a reader must know and we do not.
    pub fn decode(head: &[u8], file_len: u64) -> Result<Self> {
        let fields = Fields::new(head, FORMAT, "file head");
        if fields.array::<8>(0)? != *SIGNATURE {
            return Err(refused(ErrorKind::Invalid, "no VHDX: the signature `vhdxfile` is missing"));
        }
        fields.bytes(0, HEAD_BYTES)?;
        let mut warnings = Vec::new();
        let header = choose_header(&fields, &mut warnings)?;
        if header.version != VERSION {
            let message = format!("version {}; 1 is known", header.version);
            return Err(refused(ErrorKind::Unsupported, message));
        }
        if !header.log.is_nil() {
            let message = "the disk was not closed properly, its log must be replayed first: open and close it in Hyper-V, or run `qemu-img check -r all` on a copy";
            return Err(refused(ErrorKind::Unsupported, message));
        }
        let regions = choose_regions(&fields, file_len, &mut warnings)?;
        Ok(Self { metadata: regions.metadata, bat: regions.bat, file_len, warnings })
    }

    /// Bytes to read from the start of the metadata region: all of it, or as much as is ever used.
    #[must_use]
    pub fn metadata_read_bytes(&self) -> usize {
        usize::try_from(self.metadata.len).unwrap_or(READ_LEN_MAX).min(READ_LEN_MAX)
    }
}

/// What matters of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    sequence: u64,
    log: Uuid,
    version: u16,
}

impl Header {
    /// `None` when it is damaged: the other one may be sound.
    fn decode(head: &Fields<'_>, at: usize) -> Result<Option<Self>> {
        let bytes = head.bytes(at, HEADER_BYTES)?;
        let fields = Fields::new(bytes, FORMAT, "header");
        if fields.array::<4>(0)? != *b"head" || fields.le_u32(4)? != checksum(bytes) {
            return Ok(None);
        }
        Ok(Some(Self { sequence: fields.le_u64(8)?, log: guid(&fields, 48)?, version: fields.le_u16(66)? }))
    }
}

/// The sound header with the higher sequence number. A writer damages one at a time.
fn choose_header(head: &Fields<'_>, warnings: &mut Vec<String>) -> Result<Header> {
    let [first, second] = HEADERS_AT.map(|at| Header::decode(head, at));
    match (first?, second?) {
        (Some(first), Some(second)) if first.sequence == second.sequence && first != second => {
            Err(refused(ErrorKind::Invalid, "both headers claim to be the newest"))
        }
        (Some(first), Some(second)) => Ok(if first.sequence >= second.sequence { first } else { second }),
        (Some(header), None) | (None, Some(header)) => {
            warnings.push("one of the two headers is damaged".to_owned());
            Ok(header)
        }
        (None, None) => Err(refused(ErrorKind::Invalid, "both headers are damaged")),
    }
}

/// The regions of the first sound table; the second one is its copy.
fn choose_regions(head: &Fields<'_>, file_len: u64, warnings: &mut Vec<String>) -> Result<Regions> {
    let [first, second] = REGION_TABLES_AT;
    let first = head.bytes(first, REGION_TABLE_BYTES)?;
    if is_sound_table(first) {
        return Regions::decode(first, file_len);
    }
    let regions = Regions::decode(head.bytes(second, REGION_TABLE_BYTES)?, file_len)?;
    warnings.push("the first region table is damaged; its copy was used".to_owned());
    Ok(regions)
}

fn is_sound_table(table: &[u8]) -> bool {
    table.get(4..8) == Some(&checksum(table).to_le_bytes()) && table.starts_with(b"regi")
}

fn refused(kind: ErrorKind, message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, kind, message)
}
