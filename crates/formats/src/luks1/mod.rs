//! LUKS1: a 592-byte header, eight keyslots, their key material, the payload.
//!
//! Alone in a file (raw LUKS) or inside a qcow2. Source: LUKS1 specification 1.2.3;
//! ../shared/formats.md 2. Key material is not touched here.

mod envelope_area;
mod header;

pub use envelope_area::{ENVELOPE_AREA_HEAD_BYTES, ENVELOPE_AREA_OFFSET, decode_envelope_area, encode_envelope_area};
pub use header::{HEADER_BYTES, Header, KEY_MATERIAL_END, Keyslot, PAYLOAD_OFFSET_WITH_ENVELOPE, slot_offset_sectors};

pub(crate) const FORMAT: &str = "luks1";

/// `LUKS\xba\xbe`, followed by the version.
pub const MAGIC: [u8; 6] = *b"LUKS\xba\xbe";
