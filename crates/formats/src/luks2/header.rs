use sha2::{Digest as _, Sha256};

use super::{FORMAT, Metadata};
use crate::fields::{Fields, put};
use crate::{ErrorKind, FormatError, Result, luks1};

/// Bytes of the binary part.
pub const BINARY_HEADER_BYTES: usize = 4096;
/// Bytes from the start of the file that [`decode_headers`] may need: both copies at their largest.
pub const HEADER_READ_MAX: u64 = 2 * 0x40_0000;

const SECONDARY_MAGIC: [u8; 6] = *b"SKUL\xba\xbe";
/// Sizes of header and JSON area that the specification allows.
const HEADER_SIZES: [u64; 9] =
    [0x4000, 0x8000, 0x1_0000, 0x2_0000, 0x4_0000, 0x8_0000, 0x10_0000, 0x20_0000, 0x40_0000];
const CHECKSUM_AT: usize = 448;
const CHECKSUM_BYTES: usize = 64;
const LABEL_BYTES: usize = 48;
const UUID_BYTES: usize = 40;

/// The binary part of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryHeader {
    /// Bytes of binary header and JSON area.
    pub header_size: u64,
    /// Counts updates; the same in both copies.
    pub sequence: u64,
    /// Label, text. Nothing depends on it: in a decoded one, what cannot be shown is replaced.
    pub label: String,
    /// UUID, text.
    pub uuid: String,
    /// Differs in both copies.
    pub salt: [u8; 64],
    /// Where this copy says that it stands.
    pub offset: u64,
}

/// What both copies came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// The copy that counts: whole, and with the higher sequence number.
    pub binary: BinaryHeader,
    /// Its JSON.
    pub metadata: Metadata,
    /// The JSON area's text as it stands in the file.
    pub json: Vec<u8>,
    /// What is wrong with the other copy, if something is.
    pub damage: Option<String>,
}

/// Where a secondary header stands in `head`, whose primary is gone.
#[must_use]
pub fn secondary_header_offset(head: &[u8]) -> Option<u64> {
    HEADER_SIZES.into_iter().find(|&at| {
        usize::try_from(at).ok().and_then(|at| head.get(at..)).is_some_and(|h| h.starts_with(&SECONDARY_MAGIC))
    })
}

/// Decodes both copies. `head`: the start of the file, up to [`HEADER_READ_MAX`] bytes of it.
///
/// Errors: neither copy is whole, or the metadata is not acceptable.
pub fn decode_headers(head: &[u8], file_len: u64) -> Result<Headers> {
    let primary = decode_copy(head, 0, &luks1::MAGIC);
    let secondary_at = match &primary {
        Ok((binary, _)) => Some(binary.header_size),
        Err(_) => secondary_header_offset(head),
    };
    let secondary = match secondary_at {
        Some(at) => decode_copy(head, at, &SECONDARY_MAGIC),
        None => Err(FormatError::new(FORMAT, ErrorKind::Invalid, "no secondary header")),
    };
    let (binary, json, damage) = match (primary, secondary) {
        (Ok(first), Ok(second)) if second.0.sequence > first.0.sequence => {
            (second.0, second.1, Some("the primary header is older than the secondary one".to_owned()))
        }
        (Ok(first), Ok(second)) => {
            let same = first.0.sequence == second.0.sequence && first.1 == second.1;
            (first.0, first.1, (!same).then(|| "the secondary header differs from the primary one".to_owned()))
        }
        (Ok(first), Err(error)) => (first.0, first.1, Some(format!("secondary header: {}", error.message))),
        (Err(error), Ok(second)) => (second.0, second.1, Some(format!("primary header: {}", error.message))),
        (Err(error), Err(_)) => return Err(error),
    };
    let metadata = Metadata::decode(&json, binary.header_size, file_len)?;
    Ok(Headers { binary, metadata, json, damage })
}

/// One copy: binary header, JSON text, checksum. `is_secondary` chooses magic and place.
///
/// Errors: `TooLarge` when the JSON does not fit its area, or a text its field.
pub fn encode_header(binary: &BinaryHeader, json: &[u8], is_secondary: bool) -> Result<Vec<u8>> {
    let size = usize::try_from(binary.header_size).map_err(|_| too_large(json.len()))?;
    // The area ends with at least one NUL.
    if json.len().saturating_add(BINARY_HEADER_BYTES) >= size {
        return Err(too_large(json.len()));
    }
    if binary.label.len() >= LABEL_BYTES || binary.uuid.len() >= UUID_BYTES {
        let message = "the label or the UUID is too long for the header";
        return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message));
    }
    let mut bytes = vec![0; size];
    put(&mut bytes, 0, if is_secondary { &SECONDARY_MAGIC } else { &luks1::MAGIC });
    put(&mut bytes, 6, &2u16.to_be_bytes());
    put(&mut bytes, 8, &binary.header_size.to_be_bytes());
    put(&mut bytes, 16, &binary.sequence.to_be_bytes());
    put(&mut bytes, 24, binary.label.as_bytes());
    put(&mut bytes, 72, b"sha256");
    put(&mut bytes, 104, &binary.salt);
    put(&mut bytes, 168, binary.uuid.as_bytes());
    put(&mut bytes, 256, &binary.offset.to_be_bytes());
    put(&mut bytes, BINARY_HEADER_BYTES, json);
    let checksum = Sha256::digest(&bytes);
    put(&mut bytes, CHECKSUM_AT, &checksum);
    Ok(bytes)
}

fn decode_copy(head: &[u8], at: u64, magic: &[u8; 6]) -> Result<(BinaryHeader, Vec<u8>)> {
    let start = usize::try_from(at).unwrap_or(usize::MAX);
    let bytes = head.get(start..).unwrap_or_default();
    let fields = Fields::new(bytes, FORMAT, "header");
    if fields.bytes(0, 6)? != magic || fields.be_u16(6)? != 2 {
        return Err(invalid("no LUKS2 magic", at));
    }
    let binary = BinaryHeader {
        header_size: fields.be_u64(8)?,
        sequence: fields.be_u64(16)?,
        label: shown(fields.bytes(24, LABEL_BYTES)?),
        uuid: fields.text(168, UUID_BYTES, "uuid")?.to_owned(),
        salt: fields.array(104)?,
        offset: fields.be_u64(256)?,
    };
    if !HEADER_SIZES.contains(&binary.header_size) {
        return Err(invalid(format!("a header size of {} bytes is not allowed", binary.header_size), at));
    }
    if binary.offset != at {
        return Err(invalid(format!("the header says that it stands at {:#x}", binary.offset), at));
    }
    let algorithm = fields.text(72, 32, "checksum algorithm")?;
    if algorithm != "sha256" {
        let message = format!("checksum algorithm {algorithm:?} is not supported; sha256 is");
        return Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message).at(at));
    }
    let size = usize::try_from(binary.header_size).unwrap_or(usize::MAX);
    let mut whole = fields.bytes(0, size)?.to_vec();
    let stored: [u8; CHECKSUM_BYTES] = fields.array(CHECKSUM_AT)?;
    put(&mut whole, CHECKSUM_AT, &[0; CHECKSUM_BYTES]);
    // The field is longer than the checksum: the rest is zero, or it was changed.
    let mut wanted = [0; CHECKSUM_BYTES];
    put(&mut wanted, 0, &Sha256::digest(&whole));
    if stored != wanted {
        return Err(invalid("the checksum does not match; its bytes were changed", at));
    }
    let json = whole.get(BINARY_HEADER_BYTES..).unwrap_or_default();
    let end = json.iter().position(|&b| b == 0).unwrap_or(json.len());
    let (json, rest) = json.split_at_checked(end).unwrap_or_default();
    // cryptsetup refuses such a copy too. What is compared as JSON must have no hiding place behind it.
    if rest.iter().any(|&b| b != 0) {
        return Err(invalid("there are trailing bytes after the metadata", at));
    }
    Ok((binary, json.to_vec()))
}

fn shown(label: &[u8]) -> String {
    let text = label.split(|&b| b == 0).next().unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    text.replace(char::is_control, "\u{fffd}")
}

fn too_large(len: usize) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::TooLarge, format!("metadata of {len} bytes does not fit its area"))
}

fn invalid(message: impl Into<String>, offset: u64) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::Invalid, message).at(offset)
}
