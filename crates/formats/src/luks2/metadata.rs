use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::FORMAT;
use crate::luks::{Cipher, Hash};
use crate::{ErrorKind, FormatError, Result};

/// Type of the token that holds our envelope. (`luks2-` is reserved for cryptsetup's own.)
pub const TOKEN_TYPE: &str = "imgenc-kms";

/// The JSON area. Objects are keyed by decimal numbers as text; unknown tokens are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Keyslots by number.
    pub keyslots: BTreeMap<String, Keyslot>,
    /// Tokens by number.
    pub tokens: BTreeMap<String, Token>,
    /// Segments of the payload; exactly one is read.
    pub segments: BTreeMap<String, Segment>,
    /// Digests of volume keys.
    pub digests: BTreeMap<String, Digest>,
    /// Sizes and requirements.
    pub config: Config,
}

/// A keyslot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyslot {
    /// `luks2`; `reencrypt` is refused.
    #[serde(rename = "type")]
    pub kind: String,
    /// Bytes of the volume key.
    pub key_size: u32,
    /// Anti-forensic splitter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub af: Option<Af>,
    /// Where the key material is.
    pub area: Area,
    /// How the passphrase becomes a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kdf: Option<Kdf>,
    /// 0 ignore, 1 normal, 2 prefer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
}

/// Splitter of a keyslot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Af {
    /// `luks1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// 4000.
    pub stripes: u32,
    /// Hash of the diffusion.
    pub hash: String,
}

/// Key material of a keyslot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// `raw`.
    #[serde(rename = "type")]
    pub kind: String,
    /// First byte in the file.
    #[serde(with = "number_text")]
    pub offset: u64,
    /// Bytes.
    #[serde(with = "number_text")]
    pub size: u64,
    /// Cipher of the material.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub encryption: String,
    /// Bytes of its key.
    #[serde(default)]
    pub key_size: u32,
}

/// Key derivation of a keyslot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Kdf {
    /// PBKDF2.
    Pbkdf2 {
        /// Hash.
        hash: String,
        /// Iterations.
        iterations: u32,
        /// Salt, base64.
        salt: String,
    },
    /// Argon2i.
    Argon2i {
        /// Passes.
        time: u32,
        /// KiB of memory.
        memory: u32,
        /// Lanes.
        cpus: u32,
        /// Salt, base64.
        salt: String,
    },
    /// Argon2id.
    Argon2id {
        /// Passes.
        time: u32,
        /// KiB of memory.
        memory: u32,
        /// Lanes.
        cpus: u32,
        /// Salt, base64.
        salt: String,
    },
}

/// A token: a place for what tools of others need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Keyslots that it is for.
    pub keyslots: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub fields: BTreeMap<String, Value>,
}

/// A part of the payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// `crypt`.
    #[serde(rename = "type")]
    pub kind: String,
    /// First byte in the file.
    #[serde(with = "number_text")]
    pub offset: u64,
    /// Bytes, or `dynamic`: up to the end of the file.
    pub size: String,
    /// Added to the sector number of every tweak.
    #[serde(with = "number_text")]
    pub iv_tweak: u64,
    /// Cipher.
    pub encryption: String,
    /// Bytes per encryption unit: 512, 1024, 2048 or 4096.
    pub sector_size: u32,
    /// Such as `in-reencryption`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// dm-integrity; refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integrity: Option<Value>,
}

/// Digest of a volume key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// `pbkdf2`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Keyslots whose key it checks.
    pub keyslots: Vec<String>,
    /// Segments whose key it checks.
    pub segments: Vec<String>,
    /// Hash.
    pub hash: String,
    /// Iterations.
    pub iterations: u32,
    /// Salt, base64.
    pub salt: String,
    /// Digest, base64.
    pub digest: String,
}

/// Sizes, flags, requirements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Bytes of the JSON area.
    #[serde(with = "number_text")]
    pub json_size: u64,
    /// Bytes of the keyslot areas.
    #[serde(with = "number_text")]
    pub keyslots_size: u64,
    /// Activation flags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// What a reader must know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirements: Option<Requirements>,
}

/// Features that a reader must know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirements {
    /// Their names.
    #[serde(default)]
    pub mandatory: Vec<String>,
}

/// Longest JSON text: ours takes 3 KiB, 32 keyslots with a token each 100 KiB. The format allows 4 MiB,
/// which, as a token full of small objects, took 500 MiB of memory.
const JSON_BYTES_MAX: usize = 256 << 10;

/// What is read before the rest: with an unknown requirement (such as a reencryption in progress)
/// the rest may have any shape.
#[derive(Deserialize)]
struct Preview {
    config: PreviewConfig,
}

#[derive(Deserialize)]
struct PreviewConfig {
    #[serde(default)]
    requirements: Requirements,
}

impl Metadata {
    /// Decodes and checks a JSON area.
    ///
    /// Errors: not JSON of this shape, or anything of `validate`: limits, overlaps, null
    /// ciphers, unknown requirements, a reencryption in progress.
    pub fn decode(json: &[u8], header_size: u64, file_len: u64) -> Result<Self> {
        if json.len() > JSON_BYTES_MAX {
            let message = format!("metadata of {} bytes; the limit is {JSON_BYTES_MAX}", json.len());
            return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message));
        }
        let unreadable = |e| FormatError::unreadable(FORMAT, "metadata is not readable", &e);
        let preview: Preview = serde_json::from_slice(json).map_err(unreadable)?;
        super::validate::validate_requirements(&preview.config.requirements)?;
        let metadata: Self = serde_json::from_slice(json).map_err(unreadable)?;
        super::validate::validate(&metadata, header_size, file_len)?;
        Ok(metadata)
    }

    /// Its JSON text.
    pub fn encode(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| FormatError::new(FORMAT, ErrorKind::Invalid, e.to_string()))
    }

    /// The payload: the one segment, checked to be there by `decode`.
    #[must_use]
    pub fn payload(&self) -> Option<&Segment> {
        self.segments.values().next()
    }

    /// The digest that covers the payload.
    #[must_use]
    pub fn payload_digest(&self) -> Option<&Digest> {
        let name = self.segments.keys().next()?;
        self.digests.values().find(|digest| digest.segments.contains(name))
    }

    /// What is pinned when an image is sealed: everything but the tokens, which carry the pin itself.
    pub fn pinned(&self) -> Result<Vec<u8>> {
        Self { tokens: BTreeMap::new(), ..self.clone() }.encode()
    }
}

impl Segment {
    /// The cipher. `key_bytes`: length of the volume key.
    pub fn cipher(&self, key_bytes: u32) -> Result<Cipher> {
        parse_encryption(&self.encryption, key_bytes)
    }

    /// Bytes of payload in a file of `file_len` bytes.
    #[must_use]
    pub fn len(&self, file_len: u64) -> u64 {
        parse_number(&self.size).unwrap_or_else(|| file_len.saturating_sub(self.offset))
    }
}

impl Area {
    /// The cipher of the key material.
    pub fn cipher(&self) -> Result<Cipher> {
        parse_encryption(&self.encryption, self.key_size)
    }
}

impl Digest {
    /// The hash of its PBKDF2.
    pub fn hash(&self) -> Result<Hash> {
        Hash::parse(FORMAT, &self.hash)
    }
}

impl Af {
    /// The hash of its diffusion.
    pub fn hash(&self) -> Result<Hash> {
        Hash::parse(FORMAT, &self.hash)
    }
}

/// Reads a hash name of a PBKDF2 keyslot.
pub(super) fn parse_hash(name: &str) -> Result<Hash> {
    Hash::parse(FORMAT, name)
}

impl Kdf {
    /// The hash, for PBKDF2.
    pub fn hash(&self) -> Result<Option<Hash>> {
        match self {
            Self::Pbkdf2 { hash, .. } => parse_hash(hash).map(Some),
            Self::Argon2i { .. } | Self::Argon2id { .. } => Ok(None),
        }
    }

    /// The salt, base64.
    #[must_use]
    pub fn salt(&self) -> &str {
        match self {
            Self::Pbkdf2 { salt, .. } | Self::Argon2i { salt, .. } | Self::Argon2id { salt, .. } => salt,
        }
    }
}

/// Reads a cipher as in `aes-xts-plain64`.
pub(super) fn parse_encryption(encryption: &str, key_bytes: u32) -> Result<Cipher> {
    let (name, mode) = encryption.split_once('-').unwrap_or((encryption, ""));
    Cipher::parse(FORMAT, name, mode, key_bytes as usize)
}

/// A number in its one spelling: what is pinned must not depend on signs and leading zeros.
pub(super) fn parse_number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// 64-bit numbers are decimal text in LUKS2 JSON.
mod number_text {
    use super::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        super::parse_number(&text).ok_or_else(|| serde::de::Error::custom("a number as decimal text was expected"))
    }
}
