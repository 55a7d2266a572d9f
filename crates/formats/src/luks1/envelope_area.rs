use sha2::{Digest, Sha256};

use super::FORMAT;
use crate::envelope::ENVELOPE_BYTES_MAX;
use crate::fields::Fields;
use crate::{ErrorKind, FormatError, Result};

/// Where the envelope stands in a raw LUKS1 file whose payload begins at 4 MiB. The only place
/// that qemu, cryptsetup, a header restore, a conversion to LUKS2 and `erase` all leave alone.
pub const ENVELOPE_AREA_OFFSET: u64 = 3 << 20;

/// Magic and length, before the envelope.
pub const ENVELOPE_AREA_HEAD_BYTES: usize = 12;

const MAGIC: [u8; 8] = *b"KENV1\0\0\0";
const CHECKSUM_BYTES: usize = 32;

/// The area: magic, length, envelope, SHA-256 of the envelope.
#[must_use]
pub fn encode_envelope_area(envelope: &[u8]) -> Vec<u8> {
    let mut area = MAGIC.to_vec();
    area.extend_from_slice(&(envelope.len() as u32).to_be_bytes());
    area.extend_from_slice(envelope);
    area.extend_from_slice(&Sha256::digest(envelope));
    area
}

/// The envelope in `bytes`, which begin at [`ENVELOPE_AREA_OFFSET`]; `None` without magic.
///
/// Errors: a length beyond the limit, or a checksum that does not match.
pub fn decode_envelope_area(bytes: &[u8]) -> Result<Option<&[u8]>> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(None);
    }
    let fields = Fields::new(bytes, FORMAT, "envelope area");
    let len = fields.be_u32(8)? as usize;
    if len > ENVELOPE_BYTES_MAX {
        let message = format!("envelope of {len} bytes; the limit is {ENVELOPE_BYTES_MAX}");
        return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message).at(ENVELOPE_AREA_OFFSET));
    }
    let envelope = fields.bytes(ENVELOPE_AREA_HEAD_BYTES, len)?;
    let checksum = fields.bytes(ENVELOPE_AREA_HEAD_BYTES.saturating_add(len), CHECKSUM_BYTES)?;
    if Sha256::digest(envelope).as_slice() != checksum {
        let message = "the checksum of the envelope does not match; its bytes were changed";
        return Err(FormatError::new(FORMAT, ErrorKind::Invalid, message).at(ENVELOPE_AREA_OFFSET));
    }
    Ok(Some(envelope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_comes_back_and_a_changed_byte_is_noticed() {
        let area = encode_envelope_area(b"{\"v\":1}");
        assert_eq!(decode_envelope_area(&area), Ok(Some(&b"{\"v\":1}"[..])));
        for at in 8..area.len() {
            let mut changed = area.clone();
            changed[at] ^= 1;
            assert!(decode_envelope_area(&changed).is_err(), "byte {at}");
        }
        assert_eq!(decode_envelope_area(&[0; 64]), Ok(None));
    }
}
