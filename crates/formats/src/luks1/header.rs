use super::{FORMAT, MAGIC};
use crate::fields::{Fields, put};
use crate::luks::{Cipher, Hash, ITERATIONS_MAX, STRIPES};
use crate::{ErrorKind, FormatError, Result};

/// Bytes of the header proper.
pub const HEADER_BYTES: usize = 592;

/// End of the eighth slot's key material for 64-byte keys: 4040 sectors. Source: qemu and cryptsetup.
pub const KEY_MATERIAL_END: u64 = 4040 * 512;

/// Payload offset of the raw LUKS1 files that we write, in sectors: 4 MiB, so that the
/// envelope has a place that every tool leaves alone (../shared/formats.md 2.7).
pub const PAYLOAD_OFFSET_WITH_ENVELOPE: u32 = 8192;

const SLOTS: usize = 8;
const SLOT_BYTES: usize = 48;
const SLOTS_AT: usize = 208;
const ACTIVE: u32 = 0x00ac_71f3;
const INACTIVE: u32 = 0x0000_dead;
const SECTOR_BYTES: u64 = 512;

/// The decoded header. Field names are the specification's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Cipher of payload and key material.
    pub cipher: Cipher,
    /// Hash of key derivation and splitter.
    pub hash: Hash,
    /// First payload sector (512 bytes).
    pub payload_offset: u32,
    /// PBKDF2 of the master key, 20 bytes.
    pub mk_digest: [u8; 20],
    /// Salt of that.
    pub mk_digest_salt: [u8; 32],
    /// Iterations of that.
    pub mk_digest_iterations: u32,
    /// UUID, text.
    pub uuid: String,
    /// The keyslots.
    pub slots: [Keyslot; SLOTS],
}

/// A keyslot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyslot {
    /// Whether it holds a key.
    pub active: bool,
    /// PBKDF2 iterations.
    pub iterations: u32,
    /// PBKDF2 salt.
    pub salt: [u8; 32],
    /// First sector of its key material.
    pub key_material_offset: u32,
}

/// First sector of slot `index` for 64-byte keys: 500 sectors of stripes rounded up to 504.
#[must_use]
pub fn slot_offset_sectors(index: u32) -> u32 {
    index.saturating_mul(504).saturating_add(8)
}

impl Header {
    /// A header for AES-256-XTS with one active slot, the first.
    #[must_use]
    pub fn new_aes_256_xts(
        uuid: &str,
        payload_offset: u32,
        digest_salt: [u8; 32],
        slot_salt: [u8; 32],
        iterations: u32,
    ) -> Self {
        let mut slots = [Keyslot { active: false, iterations: 0, salt: [0; 32], key_material_offset: 0 }; SLOTS];
        for (index, slot) in (0u32..).zip(slots.iter_mut()) {
            slot.key_material_offset = slot_offset_sectors(index);
        }
        slots[0] = Keyslot { active: true, iterations, salt: slot_salt, ..slots[0] };
        Self {
            cipher: Cipher::AES_256_XTS,
            hash: Hash::Sha256,
            payload_offset,
            mk_digest: [0; 20],
            mk_digest_salt: digest_salt,
            mk_digest_iterations: iterations,
            uuid: uuid.to_owned(),
            slots,
        }
    }

    /// Decodes a header. `bytes`: its first 592 bytes. `area_len`: bytes of the file, or of the LUKS
    /// area in a qcow2, from the header's start on.
    ///
    /// Errors: whatever qemu or cryptsetup would refuse too, and iteration counts that are an attack.
    pub fn decode(bytes: &[u8], area_len: u64) -> Result<Self> {
        let fields = Fields::new(bytes, FORMAT, "header");
        if fields.bytes(0, 6)? != MAGIC {
            return Err(invalid("no LUKS magic", 0));
        }
        let version = fields.be_u16(6)?;
        if version != 1 {
            let message = format!("version {version} where version 1 is needed (LUKS2 inside qcow2 does not exist)");
            return Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message).at(6));
        }
        let key_bytes = fields.be_u32(108)?;
        let cipher_name = fields.text(8, 32, "cipher-name")?;
        let cipher_mode = fields.text(40, 32, "cipher-mode")?;
        let mut slots = [Keyslot { active: false, iterations: 0, salt: [0; 32], key_material_offset: 0 }; SLOTS];
        for (index, slot) in slots.iter_mut().enumerate() {
            *slot = decode_slot(&fields, index)?;
        }
        let header = Self {
            cipher: Cipher::parse(FORMAT, cipher_name, cipher_mode, key_bytes as usize)?,
            hash: Hash::parse(FORMAT, fields.text(72, 32, "hash-spec")?)?,
            payload_offset: fields.be_u32(104)?,
            mk_digest: fields.array(112)?,
            mk_digest_salt: fields.array(132)?,
            mk_digest_iterations: fields.be_u32(164)?,
            uuid: fields.text(168, 40, "uuid")?.to_owned(),
            slots,
        };
        header.check(area_len)?;
        Ok(header)
    }

    /// The 592 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let name = self.cipher.name();
        let (cipher, mode) = name.split_once('-').unwrap_or((&name, ""));
        put(&mut bytes, 0, &MAGIC);
        put(&mut bytes, 6, &1u16.to_be_bytes());
        put(&mut bytes, 8, cipher.as_bytes());
        put(&mut bytes, 40, mode.as_bytes());
        put(&mut bytes, 72, self.hash.name().as_bytes());
        put(&mut bytes, 104, &self.payload_offset.to_be_bytes());
        put(&mut bytes, 108, &(self.cipher.key_bytes() as u32).to_be_bytes());
        put(&mut bytes, 112, &self.mk_digest);
        put(&mut bytes, 132, &self.mk_digest_salt);
        put(&mut bytes, 164, &self.mk_digest_iterations.to_be_bytes());
        put(&mut bytes, 168, self.uuid.as_bytes());
        for (index, slot) in self.slots.iter().enumerate() {
            let at = slot_at(index);
            let state = if slot.active { ACTIVE } else { INACTIVE };
            put(&mut bytes, at, &state.to_be_bytes());
            put(&mut bytes, at.saturating_add(4), &slot.iterations.to_be_bytes());
            put(&mut bytes, at.saturating_add(8), &slot.salt);
            put(&mut bytes, at.saturating_add(40), &slot.key_material_offset.to_be_bytes());
            put(&mut bytes, at.saturating_add(44), &STRIPES.to_be_bytes());
        }
        bytes
    }

    /// Bytes of a slot's key material.
    #[must_use]
    pub fn key_material_bytes(&self) -> u64 {
        (self.cipher.key_bytes() as u64).saturating_mul(u64::from(STRIPES))
    }

    /// End of the last slot's key material, rounded up to whole 4 KiB: 2,068,480 for 64-byte keys.
    #[must_use]
    pub fn key_material_end(&self) -> u64 {
        let ends = self.slots.iter().map(|slot| {
            let start = u64::from(slot.key_material_offset).saturating_mul(SECTOR_BYTES);
            start.saturating_add(self.key_material_bytes())
        });
        ends.max().unwrap_or(0).next_multiple_of(4096)
    }

    fn check(&self, area_len: u64) -> Result<()> {
        check_iterations("mk-digest", self.mk_digest_iterations, 164)?;
        let payload = u64::from(self.payload_offset).saturating_mul(SECTOR_BYTES);
        if payload > area_len {
            let message = format!("the payload begins at byte {payload}, after the end of the file");
            return Err(FormatError::new(FORMAT, ErrorKind::Truncated, message).at(104));
        }
        let len = self.key_material_bytes();
        let mut ranges = Vec::with_capacity(SLOTS);
        for (index, slot) in self.slots.iter().enumerate() {
            let at = slot_at(index) as u64;
            let start = u64::from(slot.key_material_offset).saturating_mul(SECTOR_BYTES);
            let end = start.saturating_add(len);
            if slot.active {
                check_iterations(&format!("keyslot {index}"), slot.iterations, at)?;
            }
            if start < HEADER_BYTES as u64 {
                return Err(invalid(format!("key material of keyslot {index} lies in the header"), at));
            }
            // With the payload inside the file, so is the key material before it.
            if payload < end {
                return Err(invalid(format!("key material of keyslot {index} reaches into the payload"), at));
            }
            ranges.push((start, end, index));
        }
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            if let [(_, end, first), (start, _, second)] = pair
                && start < end
            {
                return Err(invalid(
                    format!("key material of keyslots {first} and {second} overlaps"),
                    slot_at(*second) as u64,
                ));
            }
        }
        Ok(())
    }
}

fn slot_at(index: usize) -> usize {
    SLOTS_AT.saturating_add(index.saturating_mul(SLOT_BYTES))
}

fn decode_slot(fields: &Fields<'_>, index: usize) -> Result<Keyslot> {
    let at = slot_at(index);
    let active = match fields.be_u32(at)? {
        ACTIVE => true,
        INACTIVE => false,
        state => {
            return Err(invalid(format!("keyslot {index} is neither active nor inactive ({state:#x})"), at as u64));
        }
    };
    let stripes = fields.be_u32(at.saturating_add(44))?;
    if stripes != STRIPES {
        return Err(invalid(format!("keyslot {index} has {stripes} stripes; 4000 are allowed"), at as u64));
    }
    Ok(Keyslot {
        active,
        iterations: fields.be_u32(at.saturating_add(4))?,
        salt: fields.array(at.saturating_add(8))?,
        key_material_offset: fields.be_u32(at.saturating_add(40))?,
    })
}

fn check_iterations(what: &str, iterations: u32, at: u64) -> Result<()> {
    if iterations == 0 {
        return Err(invalid(format!("{what} has 0 iterations"), at));
    }
    if iterations > ITERATIONS_MAX {
        let message = format!("{what} asks for {iterations} iterations; the limit is {ITERATIONS_MAX}");
        return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message).at(at));
    }
    Ok(())
}

fn invalid(message: impl Into<String>, offset: u64) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::Invalid, message).at(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let mut header = Header::new_aes_256_xts("00000000-0000-4000-8000-000000000001", 4040, [1; 32], [2; 32], 1000);
        header.mk_digest = [3; 20];
        header
    }

    #[test]
    fn a_header_comes_back() {
        let bytes = header().encode();
        assert_eq!(Header::decode(&bytes, KEY_MATERIAL_END), Ok(header()));
        assert_eq!(header().key_material_end(), KEY_MATERIAL_END);
    }

    #[test]
    fn hostile_headers_are_refused_with_a_reason() {
        let cases: &[(usize, &[u8], &str)] = &[
            (0, b"XUKS", "magic"),
            (7, &[2], "version 2"),
            (8, b"cipher_null\0", "does not encrypt"),
            (8, b"serpent\0", "not supported"),
            (40, b"xts-plain64be\0", "not supported"),
            (72, b"whirlpool\0", "hash"),
            (104, &[0, 0, 0, 1], "reaches into the payload"),
            (108, &[0, 0, 0, 48], "48 bytes"),
            (108, &[0xff, 0xff, 0xff, 0xff], "bytes is not supported"),
            (164, &[0, 0, 0, 0], "0 iterations"),
            (164, &[0xff, 0, 0, 0], "the limit"),
            (208, &[0, 0, 0, 0], "neither active"),
            (212, &[0, 0, 0, 0], "0 iterations"),
            (212, &[0xff, 0, 0, 0], "the limit"),
            (248, &[0, 0, 0, 0], "lies in the header"),
            (252, &[0, 0, 0, 1], "stripes"),
            (296, &[0, 0, 0, 9], "overlaps"),
            (168, b"\x01", "uuid"),
        ];
        for (at, patch, wanted) in cases {
            let mut bytes = header().encode();
            bytes[*at..at + patch.len()].copy_from_slice(patch);
            let error = Header::decode(&bytes, KEY_MATERIAL_END).unwrap_err().to_string();
            assert!(error.contains(wanted), "patch at {at}: {error}");
        }
        assert_eq!(Header::decode(&header().encode(), 4096).unwrap_err().kind, ErrorKind::Truncated);
        assert_eq!(Header::decode(&header().encode()[..500], KEY_MATERIAL_END).unwrap_err().kind, ErrorKind::Truncated);
    }
}
