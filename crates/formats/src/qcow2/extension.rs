use super::FORMAT;
use crate::fields::Fields;
use crate::{ErrorKind, FormatError, Result};

/// Our own header extension: the KMS envelope ("KENV"). QEMU keeps extensions that it
/// does not know on every rewrite of the header, and may change their order.
pub const ENVELOPE_EXTENSION: u32 = 0x4b45_4e56;

pub(super) const END: u32 = 0;
pub(super) const BACKING_FORMAT: u32 = 0xe279_2aca;
pub(super) const FEATURE_NAMES: u32 = 0x6803_f857;
pub(super) const BITMAPS: u32 = 0x2385_2875;
pub(super) const DATA_FILE: u32 = 0x4441_5441;
pub(super) const LUKS: u32 = 0x0537_be77;

/// Most extensions in one header. Ours: QEMU writes at most six kinds.
const EXTENSIONS_MAX: usize = 64;
const FEATURE_NAME_BYTES: usize = 48;

/// Where the LUKS header lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LuksPointer {
    /// First byte, cluster aligned.
    pub offset: u64,
    /// Bytes of header and key material.
    pub len: u64,
}

/// An extension of the header, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its type.
    pub id: u32,
    /// Byte offset of its data in the file.
    pub offset: u64,
    /// Its data, without padding.
    pub data: Vec<u8>,
}

/// An entry of the feature name table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureName {
    /// 0 incompatible, 1 compatible, 2 autoclear.
    pub kind: u8,
    /// Bit number.
    pub bit: u8,
    /// Text for people.
    pub name: String,
}

/// Reads the extensions between the header proper and `end`.
pub(super) fn decode_extensions(cluster: &[u8], start: u64, end: u64) -> Result<Vec<Extension>> {
    let mut extensions = Vec::new();
    let mut at = start;
    // QEMU stops at the end of the area as well as at the end marker.
    while at.saturating_add(8) <= end {
        let (Ok(offset), fields) = (usize::try_from(at), Fields::new(cluster, FORMAT, "header extensions")) else {
            break;
        };
        let id = fields.be_u32(offset)?;
        let len = fields.be_u32(offset.saturating_add(4))?;
        if id == END {
            break;
        }
        let data_offset = at.saturating_add(8);
        let invalid = |what: &str| {
            FormatError::new(FORMAT, ErrorKind::Invalid, format!("header extension {id:#010x} {what}")).at(at)
        };
        if data_offset.saturating_add(u64::from(len)) > end {
            return Err(invalid("is longer than the header's cluster"));
        }
        if extensions.len() >= EXTENSIONS_MAX {
            return Err(invalid("is one more than the 64 that are read"));
        }
        let data = fields.bytes(offset.saturating_add(8), len as usize)?.to_vec();
        extensions.push(Extension { id, offset: data_offset, data });
        at = data_offset.saturating_add(u64::from(len).next_multiple_of(8));
    }
    Ok(extensions)
}

pub(super) fn decode_luks_pointer(extension: &Extension) -> Result<LuksPointer> {
    let fields = Fields::new(&extension.data, FORMAT, "encryption header extension");
    Ok(LuksPointer { offset: fields.be_u64(0)?, len: fields.be_u64(8)? })
}

pub(super) fn decode_feature_names(extension: &Extension) -> Vec<FeatureName> {
    let (entries, _) = extension.data.as_chunks::<FEATURE_NAME_BYTES>();
    entries
        .iter()
        .filter_map(|entry| {
            let [kind, bit, name @ ..] = entry;
            let name = name.split(|&b| b == 0).next()?;
            Some(FeatureName { kind: *kind, bit: *bit, name: safe_text(name) })
        })
        .collect()
}

/// Text from an image that may be printed: control characters are replaced.
pub(super) fn safe_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
