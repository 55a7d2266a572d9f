//! Whole headers to start from.

use formats::luks1;
use formats::luks2::{BinaryHeader, encode_header};
use serde_json::{Value, json};

/// Bytes of the files that the headers belong to.
pub(crate) const FILE_BYTES: u64 = 24 << 20;
pub(crate) const HEADER_BYTES: u64 = 0x4000;
const UUID: &str = "00000000-0000-4000-8000-000000000001";

/// A LUKS1 header with one key.
pub(crate) fn luks1_header() -> luks1::Header {
    let mut header = luks1::Header::new_aes_256_xts(UUID, 8192, [0xa1; 32], [0xb2; 32], 1000);
    header.mk_digest = [0xc3; 20];
    header
}

/// LUKS2 metadata with one key and an envelope.
pub(crate) fn luks2_metadata() -> Value {
    let salt = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    json!({
        "keyslots": {"0": {
            "type": "luks2", "key_size": 64,
            "af": {"type": "luks1", "stripes": 4000, "hash": "sha256"},
            "area": {"type": "raw", "offset": "32768", "size": "258048", "encryption": "aes-xts-plain64", "key_size": 64},
            "kdf": {"type": "pbkdf2", "hash": "sha256", "iterations": 1000, "salt": salt},
        }},
        "tokens": {"0": {"type": "imgenc-kms", "keyslots": ["0"], "envelope": {"v": 1, "kms": "example", "key_id": "k-1", "wrapped": "QUJD"}}},
        "segments": {"0": {
            "type": "crypt", "offset": "16777216", "size": "4194304", "iv_tweak": "0",
            "encryption": "aes-xts-plain64", "sector_size": 512,
        }},
        "digests": {"0": {
            "type": "pbkdf2", "keyslots": ["0"], "segments": ["0"],
            "hash": "sha256", "iterations": 1000, "salt": salt, "digest": salt,
        }},
        "config": {"json_size": "12288", "keyslots_size": "16744448"},
    })
}

/// The same for headers of 64 KiB, which hold more.
pub(crate) fn luks2_metadata_in_64k() -> Value {
    let mut metadata = luks2_metadata();
    metadata["keyslots"]["0"]["area"]["offset"] = json!("131072");
    metadata["config"] = json!({"json_size": "61440", "keyslots_size": "16646144"});
    metadata
}

/// Both copies of a header with this JSON, checksums right. `header_bytes`: of each.
pub(crate) fn luks2_file(json: &[u8], header_bytes: u64) -> Vec<u8> {
    let mut file = Vec::new();
    for offset in [0, header_bytes] {
        let binary = BinaryHeader {
            header_size: header_bytes,
            sequence: 1,
            label: String::new(),
            uuid: UUID.to_owned(),
            salt: [7; 64],
            offset,
        };
        file.extend(encode_header(&binary, json, offset > 0).expect("a header"));
    }
    file
}
