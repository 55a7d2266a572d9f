//! LUKS2: two binary headers, a JSON area each, keyslots, the payload. Raw only: QEMU does not read it.
//!
//! ```text
//!   0          binary header, JSON          (primary)
//!   hdr_size   binary header, JSON          (secondary: the same but for salt and checksum)
//!   2*hdr_size keyslot areas
//!   16 MiB     payload
//! ```
//!
//! Source: LUKS2 specification 1.1.4; ../shared/formats.md 3. Key material is not touched here.

mod header;
mod metadata;
mod validate;

pub use header::{
    BINARY_HEADER_BYTES, BinaryHeader, HEADER_READ_MAX, Headers, decode_headers, encode_header, secondary_header_offset,
};
pub use metadata::{Af, Area, Config, Digest, Kdf, Keyslot, Metadata, Segment, TOKEN_TYPE, Token};

pub(crate) const FORMAT: &str = "luks2";
