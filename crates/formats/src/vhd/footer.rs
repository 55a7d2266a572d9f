use uuid::Uuid;

use super::{FOOTER_BYTES, FORMAT, Geometry, SECTOR_BYTES, VIRTUAL_SIZE_MAX, checksum};
use crate::fields::{Fields, put};
use crate::{ErrorKind, FormatError, Result};

/// `conectix`, at the start of each footer.
pub(crate) const COOKIE: &[u8; 8] = b"conectix";
/// The creator that we write: unknown to others, so that nobody applies another program's habits.
pub const CREATOR: [u8; 4] = *b"rsl ";
/// 2000-01-01 00:00 UTC in Unix time: footers count seconds from there.
pub const TIME_ZERO_UNIX_SECS: u64 = 946_684_800;
/// Footers of early Virtual PC versions lack the last byte.
pub(crate) const OLD_FOOTER_BYTES: usize = 511;

const VERSION: u32 = 0x0001_0000;
/// Bit 1 is reserved and always set.
const FEATURES: u32 = 2;
/// Windows: what every other writer names, QEMU too.
const HOST_OS: [u8; 4] = *b"Wi2k";
const NO_OFFSET: u64 = u64::MAX;
const CHECKSUM_AT: usize = 64;
/// Programs that wrote the size rounded to a geometry, and read it from there. Seen with qemu-img 10.0.2.
const GEOMETRY_CREATORS: [[u8; 4]; 2] = [*b"vpc ", *b"qemu"];

/// How the disk is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One to one, from byte 0 on.
    Fixed,
    /// In blocks, as far as they were written.
    Dynamic,
    /// In blocks that lie over another file.
    Differencing,
}

/// The last 512 bytes of the file, and its first 512 when it has blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// Byte offset of the dynamic header; none in a fixed disk.
    pub dynamic_offset: Option<u64>,
    /// When it was made, in seconds since 2000 ([`TIME_ZERO_UNIX_SECS`]).
    pub timestamp_secs: u32,
    /// Program that made it, as four ASCII characters.
    pub creator: [u8; 4],
    /// Version of that program.
    pub creator_version: u32,
    /// Size in bytes when it was made.
    pub original_size: u64,
    /// Size in bytes now; see [`Footer::virtual_size`].
    pub current_size: u64,
    /// Its geometry.
    pub geometry: Geometry,
    /// How it is stored.
    pub kind: Kind,
    /// Its name in a chain of files.
    pub uuid: Uuid,
    /// A machine was suspended on this disk: its memory is elsewhere.
    pub saved_state: bool,
}

impl Footer {
    /// Decodes a footer of 512 bytes, or of 511 as early versions wrote it.
    ///
    /// Errors: `Truncated`; `Invalid` for another cookie, a wrong checksum, a kind that does not
    /// exist, or a size that is not whole sectors; `Unsupported` for another version;
    /// `TooLarge` above [`VIRTUAL_SIZE_MAX`].
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let fields = Fields::new(bytes, FORMAT, "footer");
        // The byte that old footers lack is zero and counts nothing.
        let counted = bytes.get(..bytes.len().min(FOOTER_BYTES)).unwrap_or_default();
        fields.bytes(0, OLD_FOOTER_BYTES)?;
        if fields.array::<8>(0)? != *COOKIE {
            return Err(invalid("no footer: its cookie `conectix` is missing; is the file complete?"));
        }
        if fields.be_u32(CHECKSUM_AT)? != checksum(counted, CHECKSUM_AT) {
            return Err(invalid("the checksum of the footer is wrong: the file is damaged"));
        }
        let version = fields.be_u32(12)?;
        if version != VERSION {
            let message = format!("format version {version:#010x}; 0x00010000 is known");
            return Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message));
        }
        let offset = fields.be_u64(16)?;
        let footer = Self {
            dynamic_offset: (offset != NO_OFFSET).then_some(offset),
            timestamp_secs: fields.be_u32(24)?,
            creator: fields.array(28)?,
            creator_version: fields.be_u32(32)?,
            original_size: fields.be_u64(40)?,
            current_size: fields.be_u64(48)?,
            geometry: Geometry { cylinders: fields.be_u16(56)?, heads: fields.u8(58)?, sectors: fields.u8(59)? },
            kind: decode_kind(fields.be_u32(60)?)?,
            uuid: Uuid::from_bytes(fields.array(68)?),
            saved_state: fields.u8(84)? != 0,
        };
        footer.check_size()?;
        Ok(footer)
    }

    /// A footer for a new fixed disk of `size` bytes, made `timestamp_secs` after 2000.
    ///
    /// Errors: `Invalid` for a size that is not whole sectors; `TooLarge` above [`VIRTUAL_SIZE_MAX`].
    pub fn fixed(size: u64, uuid: Uuid, timestamp_secs: u32) -> Result<Self> {
        let footer = Self {
            dynamic_offset: None,
            timestamp_secs,
            creator: CREATOR,
            creator_version: VERSION,
            original_size: size,
            current_size: size,
            geometry: Geometry::exact(size),
            kind: Kind::Fixed,
            uuid,
            saved_state: false,
        };
        footer.check_size()?;
        Ok(footer)
    }

    /// A footer for a new dynamic disk; as [`Footer::fixed`].
    ///
    /// Errors: those of [`Footer::fixed`].
    pub fn dynamic(size: u64, uuid: Uuid, timestamp_secs: u32) -> Result<Self> {
        let fixed = Self::fixed(size, uuid, timestamp_secs)?;
        Ok(Self { dynamic_offset: Some(FOOTER_BYTES as u64), kind: Kind::Dynamic, ..fixed })
    }

    /// Bytes of the virtual disk.
    ///
    /// Virtual PC and old QEMU versions meant the geometry, everybody else the size field; the
    /// largest geometry is too small for its disk and says nothing. As QEMU 10 reads it.
    #[must_use]
    pub fn virtual_size(&self) -> u64 {
        let by_geometry = GEOMETRY_CREATORS.contains(&self.creator) && self.geometry != Geometry::MAX;
        if by_geometry { self.geometry.bytes() } else { self.current_size }
    }

    /// The bytes of the footer, with its checksum.
    #[must_use]
    pub fn encode(&self) -> [u8; FOOTER_BYTES] {
        let mut bytes = [0; FOOTER_BYTES];
        let kind: u32 = match self.kind {
            Kind::Fixed => 2,
            Kind::Dynamic => 3,
            Kind::Differencing => 4,
        };
        put(&mut bytes, 0, COOKIE);
        put(&mut bytes, 8, &FEATURES.to_be_bytes());
        put(&mut bytes, 12, &VERSION.to_be_bytes());
        put(&mut bytes, 16, &self.dynamic_offset.unwrap_or(NO_OFFSET).to_be_bytes());
        put(&mut bytes, 24, &self.timestamp_secs.to_be_bytes());
        put(&mut bytes, 28, &self.creator);
        put(&mut bytes, 32, &self.creator_version.to_be_bytes());
        put(&mut bytes, 36, &HOST_OS);
        put(&mut bytes, 40, &self.original_size.to_be_bytes());
        put(&mut bytes, 48, &self.current_size.to_be_bytes());
        put(&mut bytes, 56, &self.geometry.cylinders.to_be_bytes());
        put(&mut bytes, 58, &[self.geometry.heads, self.geometry.sectors]);
        put(&mut bytes, 60, &kind.to_be_bytes());
        put(&mut bytes, 68, self.uuid.as_bytes());
        put(&mut bytes, 84, &[u8::from(self.saved_state)]);
        let sum = checksum(&bytes, CHECKSUM_AT);
        put(&mut bytes, CHECKSUM_AT, &sum.to_be_bytes());
        bytes
    }

    fn check_size(&self) -> Result<()> {
        let size = self.virtual_size();
        if size > VIRTUAL_SIZE_MAX {
            let message = format!("a disk of {size} bytes; VHD holds 2040 GiB at most");
            return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message));
        }
        if !size.is_multiple_of(SECTOR_BYTES) {
            return Err(invalid(format!("a disk of {size} bytes is not a multiple of 512")));
        }
        Ok(())
    }
}

fn decode_kind(kind: u32) -> Result<Kind> {
    match kind {
        2 => Ok(Kind::Fixed),
        3 => Ok(Kind::Dynamic),
        4 => Ok(Kind::Differencing),
        _ => Err(invalid(format!("disk type {kind}; 2 (fixed), 3 (dynamic) and 4 (differencing) exist"))),
    }
}

fn invalid(message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footer() -> Footer {
        Footer::dynamic(20 << 20, Uuid::from_u128(7), 800_000_000).unwrap()
    }

    /// What is written is read back, also without the byte that old footers lack.
    #[test]
    fn a_footer_comes_back() {
        let fixed = Footer::fixed(512, Uuid::from_u128(1), 0).unwrap();
        for footer in [footer(), fixed, Footer { saved_state: true, ..footer() }] {
            let bytes = footer.encode();
            assert_eq!(Footer::decode(&bytes), Ok(footer.clone()));
            assert_eq!(Footer::decode(&bytes[..511]), Ok(footer));
        }
    }

    /// One wrong bit anywhere, or one missing byte more, is noticed.
    #[test]
    fn a_damaged_footer_is_refused() {
        let bytes = footer().encode();
        for at in 0..FOOTER_BYTES {
            let mut bytes = bytes;
            bytes[at] ^= 0x10;
            assert_eq!(Footer::decode(&bytes).unwrap_err().kind, ErrorKind::Invalid, "byte {at}");
        }
        for len in [0, 8, 84, 510] {
            assert_eq!(Footer::decode(&bytes[..len]).unwrap_err().kind, ErrorKind::Truncated, "{len} bytes");
        }
    }

    /// The rule of ../shared/formats.md 4, as qemu-img 10.0.2 applies it.
    #[test]
    fn the_creator_decides_which_size_counts() {
        let small = Geometry { cylinders: 100, heads: 4, sectors: 17 };
        for creator in [b"vpc ", b"qemu", b"qem2", b"win ", b"d2v ", b"tap\0", b"CTXS", b"wa\0\0", b"vbox", b"rsl "] {
            let by_geometry = creator == b"vpc " || creator == b"qemu";
            let footer = Footer { creator: *creator, geometry: small, ..footer() };
            assert_eq!(footer.virtual_size(), if by_geometry { 3_481_600 } else { 20 << 20 }, "{creator:?}");
            let footer = Footer { geometry: Geometry::MAX, ..footer };
            assert_eq!(footer.virtual_size(), 20 << 20, "{creator:?}");
        }
    }

    /// Values that the specification does not have.
    #[test]
    fn fields_out_of_range_are_refused() {
        let cases = [
            (12, 0x0002_0000u32, ErrorKind::Unsupported, "version"),
            (60, 0, ErrorKind::Invalid, "disk type 0"),
            (60, 5, ErrorKind::Invalid, "disk type 5"),
            (48, 0x8000_0000, ErrorKind::TooLarge, "2040 GiB"),
            (52, 513, ErrorKind::Invalid, "multiple of 512"),
        ];
        for (at, value, kind, word) in cases {
            let mut bytes = footer().encode();
            put(&mut bytes, at, &value.to_be_bytes());
            let sum = checksum(&bytes, CHECKSUM_AT);
            put(&mut bytes, CHECKSUM_AT, &sum.to_be_bytes());
            let error = Footer::decode(&bytes).unwrap_err();
            assert_eq!(error.kind, kind, "{error}");
            assert!(error.message.contains(word), "{error}");
        }
    }

    /// A size that VHD cannot have is refused before anything is written.
    #[test]
    fn impossible_sizes_are_not_written() {
        assert!(Footer::fixed(VIRTUAL_SIZE_MAX, Uuid::nil(), 0).is_ok());
        assert_eq!(Footer::fixed(VIRTUAL_SIZE_MAX + 512, Uuid::nil(), 0).unwrap_err().kind, ErrorKind::TooLarge);
        assert_eq!(Footer::fixed(1_000_001, Uuid::nil(), 0).unwrap_err().kind, ErrorKind::Invalid);
    }
}
