use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto::kdf::{self, Hash};
use crypto::{Random, Secret, keyslot};
use formats::luks::Cipher;
use formats::luks1::{self, KEY_MATERIAL_END, PAYLOAD_OFFSET_WITH_ENVELOPE};
use formats::luks2::{self, BINARY_HEADER_BYTES, BinaryHeader, Kdf, Metadata, TOKEN_TYPE, Token};
use serde::{Deserialize, Serialize};

use super::{ITERATIONS, MASTER_KEY_BYTES, SLOT_SHAPE};
use crate::error::{EngineError, Result};

/// Bytes of a LUKS2 header copy with its JSON area: cryptsetup's default.
const LUKS2_HEADER_BYTES: u64 = 16_384;
/// Bytes of a LUKS2 keyslot area for a 64-byte key: cryptsetup's default.
const LUKS2_AREA_BYTES: u64 = 258_048;
/// First payload byte of a LUKS2 file: cryptsetup's default.
const LUKS2_PAYLOAD: u64 = 16 << 20;
const LUKS2_DIGEST_BYTES: usize = 32;

/// Which header is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LuksKind {
    /// LUKS1 in a qcow2, whose own header finds the payload.
    Luks1InQcow2,
    /// LUKS1 alone, payload at 4 MiB.
    Luks1,
    /// LUKS2, payload at 16 MiB.
    Luks2 { sector_bytes: u32 },
}

/// A header for a new master key, without key material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NewHeader {
    V1(Box<luks1::Header>),
    V2 { uuid: String, metadata: Metadata },
}

/// A header as it is kept in a journal.
#[derive(Serialize, Deserialize)]
enum Saved {
    V1(String),
    V2 { uuid: String, metadata: Metadata },
}

impl NewHeader {
    /// A header for `master_key` with one keyslot, for a passphrase that comes later.
    pub(crate) fn create(kind: LuksKind, uuid: &str, master_key: &Secret, random: &dyn Random) -> Result<Self> {
        let wrap = EngineError::crypto("master key digest");
        let (mut digest_salt, mut slot_salt) = ([0; 32], [0; 32]);
        random.fill(&mut digest_salt);
        random.fill(&mut slot_salt);
        let digest = |len| kdf::mk_digest(Hash::Sha256, master_key, &digest_salt, ITERATIONS, len).map_err(wrap);
        if let LuksKind::Luks2 { sector_bytes } = kind {
            let metadata = metadata(sector_bytes, &digest_salt, &slot_salt, &digest(LUKS2_DIGEST_BYTES)?);
            return Ok(Self::V2 { uuid: uuid.to_owned(), metadata });
        }
        // In qcow2 nothing lies behind the key material; the offset only has to be after it.
        let payload =
            if kind == LuksKind::Luks1 { PAYLOAD_OFFSET_WITH_ENVELOPE } else { (KEY_MATERIAL_END / 512) as u32 };
        let mut header = luks1::Header::new_aes_256_xts(uuid, payload, digest_salt, slot_salt, ITERATIONS);
        let mk_digest = digest(header.mk_digest.len())?;
        header.mk_digest.copy_from_slice(&mk_digest);
        Ok(Self::V1(Box::new(header)))
    }

    /// The same header with a new salt in the keyslot, for another passphrase.
    pub(crate) fn with_new_slot(&self, random: &dyn Random) -> Self {
        let mut salt = [0; 32];
        random.fill(&mut salt);
        let mut header = self.clone();
        match &mut header {
            Self::V1(header) => header.slots[0].salt = salt,
            Self::V2 { metadata, .. } => {
                for slot in metadata.keyslots.values_mut() {
                    slot.kdf = Some(slot_kdf(&salt));
                }
            }
        }
        header
    }

    /// Whether it is of the form that `create` makes: one keyslot, in its usual place, with a 64-byte key.
    pub(crate) fn is_ours(&self) -> bool {
        match self {
            Self::V1(header) => {
                let first = &header.slots[0];
                let others_off = header.slots[1..].iter().all(|slot| !slot.active);
                first.active
                    && others_off
                    && header.cipher == Cipher::AES_256_XTS
                    && header.key_material_end() == KEY_MATERIAL_END
            }
            Self::V2 { metadata, .. } => {
                let mut slots = metadata.keyslots.values();
                let (Some(slot), None) = (slots.next(), slots.next()) else { return false };
                slot.area.offset == 2 * LUKS2_HEADER_BYTES
                    && slot.area.size == LUKS2_AREA_BYTES
                    && slot.key_size == MASTER_KEY_BYTES as u32
            }
        }
    }

    /// Key material of the keyslot: the master key under `passphrase`.
    pub(crate) fn key_material(
        &self,
        passphrase: &Secret,
        master_key: &Secret,
        random: &dyn Random,
    ) -> Result<Vec<u8>> {
        let wrap = EngineError::crypto("keyslot");
        let slot_key = kdf::pbkdf2(Hash::Sha256, passphrase.expose(), &self.slot_salt(), ITERATIONS, MASTER_KEY_BYTES)
            .map_err(&wrap)?;
        keyslot::lock(SLOT_SHAPE, &slot_key, master_key, random).map_err(&wrap)
    }

    /// Where the key material stands, from the start of the header on.
    pub(crate) fn key_material_offset(&self) -> u64 {
        match self {
            Self::V1(header) => u64::from(header.slots[0].key_material_offset) * 512,
            Self::V2 { .. } => 2 * LUKS2_HEADER_BYTES,
        }
    }

    /// End of header and key material.
    pub(crate) fn area_end(&self) -> u64 {
        match self {
            Self::V1(_) => KEY_MATERIAL_END,
            Self::V2 { .. } => 2 * LUKS2_HEADER_BYTES + LUKS2_AREA_BYTES,
        }
    }

    /// First byte of the payload of a raw file.
    pub(crate) fn payload_start(&self) -> u64 {
        match self {
            Self::V1(header) => u64::from(header.payload_offset) * 512,
            Self::V2 { .. } => LUKS2_PAYLOAD,
        }
    }

    /// UUID, text.
    pub(crate) fn uuid(&self) -> &str {
        match self {
            Self::V1(header) => &header.uuid,
            Self::V2 { uuid, .. } => uuid,
        }
    }

    /// The header proper. `envelope`: goes into the token of a LUKS2 header.
    pub(crate) fn encode(&self, envelope: &[u8], random: &dyn Random) -> Result<Vec<u8>> {
        let (uuid, metadata) = match self {
            Self::V1(header) => return Ok(header.encode().to_vec()),
            Self::V2 { uuid, metadata } => (uuid, metadata),
        };
        let unsuitable = |e: formats::FormatError| EngineError::Unsuitable(e.to_string());
        let value = serde_json::from_slice(envelope).map_err(|e| EngineError::Unsuitable(e.to_string()))?;
        let fields = [("envelope".to_owned(), value)].into();
        let token = Token { kind: TOKEN_TYPE.to_owned(), keyslots: vec!["0".to_owned()], fields };
        let json =
            Metadata { tokens: [("0".to_owned(), token)].into(), ..metadata.clone() }.encode().map_err(unsuitable)?;
        let mut bytes = Vec::with_capacity(2 * LUKS2_HEADER_BYTES as usize);
        for is_secondary in [false, true] {
            let mut salt = [0; 64];
            random.fill(&mut salt);
            let binary = BinaryHeader {
                header_size: LUKS2_HEADER_BYTES,
                sequence: 1,
                label: String::new(),
                uuid: uuid.clone(),
                salt,
                offset: if is_secondary { LUKS2_HEADER_BYTES } else { 0 },
            };
            bytes.extend(luks2::encode_header(&binary, &json, is_secondary).map_err(unsuitable)?);
        }
        Ok(bytes)
    }

    /// For the journal: nothing secret is in a header.
    pub(crate) fn save(&self) -> Result<String> {
        let saved = match self {
            Self::V1(header) => Saved::V1(hex::encode(header.encode())),
            Self::V2 { uuid, metadata } => Saved::V2 { uuid: uuid.clone(), metadata: metadata.clone() },
        };
        serde_json::to_string(&saved).map_err(|e| EngineError::Unsuitable(e.to_string()))
    }

    /// From the journal; `None` when it is not readable.
    pub(crate) fn load(text: &str) -> Option<Self> {
        match serde_json::from_str(text).ok()? {
            Saved::V1(text) => {
                luks1::Header::decode(&hex::decode(text).ok()?, u64::MAX).ok().map(Box::new).map(Self::V1)
            }
            Saved::V2 { uuid, metadata } => Some(Self::V2 { uuid, metadata }),
        }
    }

    fn slot_salt(&self) -> Vec<u8> {
        match self {
            Self::V1(header) => header.slots[0].salt.to_vec(),
            Self::V2 { metadata, .. } => {
                let kdf = metadata.keyslots.values().find_map(|slot| slot.kdf.as_ref());
                kdf.and_then(|kdf| BASE64.decode(kdf.salt()).ok()).unwrap_or_default()
            }
        }
    }
}

fn slot_kdf(salt: &[u8]) -> Kdf {
    Kdf::Pbkdf2 { hash: "sha256".to_owned(), iterations: ITERATIONS, salt: BASE64.encode(salt) }
}

/// The metadata of ../shared/formats.md 3, without token.
fn metadata(sector_bytes: u32, digest_salt: &[u8], slot_salt: &[u8], digest: &[u8]) -> Metadata {
    let zero = || "0".to_owned();
    let encryption = || "aes-xts-plain64".to_owned();
    let keyslot = luks2::Keyslot {
        kind: "luks2".to_owned(),
        key_size: MASTER_KEY_BYTES as u32,
        af: Some(luks2::Af { kind: "luks1".to_owned(), stripes: SLOT_SHAPE.stripes, hash: "sha256".to_owned() }),
        area: luks2::Area {
            kind: "raw".to_owned(),
            offset: 2 * LUKS2_HEADER_BYTES,
            size: LUKS2_AREA_BYTES,
            encryption: encryption(),
            key_size: MASTER_KEY_BYTES as u32,
        },
        kdf: Some(slot_kdf(slot_salt)),
        priority: None,
    };
    let segment = luks2::Segment {
        kind: "crypt".to_owned(),
        offset: LUKS2_PAYLOAD,
        size: "dynamic".to_owned(),
        iv_tweak: 0,
        encryption: encryption(),
        sector_size: sector_bytes,
        flags: Vec::new(),
        integrity: None,
    };
    let digest = luks2::Digest {
        kind: "pbkdf2".to_owned(),
        keyslots: vec![zero()],
        segments: vec![zero()],
        hash: "sha256".to_owned(),
        iterations: ITERATIONS,
        salt: BASE64.encode(digest_salt),
        digest: BASE64.encode(digest),
    };
    let config = luks2::Config {
        json_size: LUKS2_HEADER_BYTES - BINARY_HEADER_BYTES as u64,
        keyslots_size: LUKS2_PAYLOAD - 2 * LUKS2_HEADER_BYTES,
        flags: Vec::new(),
        requirements: None,
    };
    Metadata {
        keyslots: [(zero(), keyslot)].into(),
        tokens: BTreeMap::new(),
        segments: [(zero(), segment)].into(),
        digests: [(zero(), digest)].into(),
        config,
    }
}
