use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto::kdf::{self, Argon2Cost, Argon2Kind, Hash};
use crypto::keyslot::{self, SlotCipher};
use crypto::sector::CipherKind;
use crypto::{CryptoError, Secret};
use formats::luks::STRIPES;
use formats::luks1;
use formats::luks2::{self, Kdf};

use super::{cipher_kind, hash};
use crate::error::{EngineError, Result};
use crate::image::{Image, LuksHeader};
use crate::stack::LayerCipher;

const LUKS1_DIGEST_BYTES: usize = 20;

/// How the slots that we write protect the master key.
pub(crate) const SLOT_SHAPE: SlotCipher =
    SlotCipher { kind: CipherKind::AesXtsPlain64, hash: Hash::Sha256, stripes: STRIPES };

/// Finds the master key of an image with a passphrase. `None`: no slot takes it.
pub(crate) fn unlock(image: &Image, passphrase: &Secret) -> Result<Option<Secret>> {
    let Some(luks) = &image.luks else { return Ok(None) };
    let wrap = EngineError::crypto("opening a keyslot");
    match &luks.header {
        LuksHeader::V1(header) => {
            for slot in header.slots.iter().filter(|slot| slot.active) {
                let at = luks.offset + u64::from(slot.key_material_offset) * 512;
                let material = image.read_at(at, header.key_material_bytes().next_multiple_of(512) as usize)?;
                if let Some(key) = try_luks1(header, slot, &material, passphrase).map_err(&wrap)? {
                    return Ok(Some(key));
                }
            }
        }
        LuksHeader::V2(headers) => {
            for slot in headers.metadata.keyslots.values() {
                let len = u64::from(slot.key_size) * u64::from(STRIPES);
                let material =
                    image.read_at(slot.area.offset, len.next_multiple_of(512).min(slot.area.size) as usize)?;
                if let Some(key) = try_luks2(headers, slot, &material, passphrase)? {
                    return Ok(Some(key));
                }
            }
        }
    }
    Ok(None)
}

fn try_luks1(
    header: &luks1::Header,
    slot: &luks1::Keyslot,
    material: &[u8],
    passphrase: &Secret,
) -> std::result::Result<Option<Secret>, CryptoError> {
    let key_bytes = header.cipher.key_bytes();
    let hash = hash(header.hash);
    let slot_key = kdf::pbkdf2(hash, passphrase.expose(), &slot.salt, slot.iterations, key_bytes)?;
    let shape = SlotCipher { kind: cipher_kind(header.cipher), hash, stripes: STRIPES };
    let key = keyslot::unlock(shape, &slot_key, material, key_bytes)?;
    let digest = kdf::mk_digest(hash, &key, &header.mk_digest_salt, header.mk_digest_iterations, LUKS1_DIGEST_BYTES)?;
    Ok((digest == header.mk_digest).then_some(key))
}

fn try_luks2(
    headers: &luks2::Headers,
    slot: &luks2::Keyslot,
    material: &[u8],
    passphrase: &Secret,
) -> Result<Option<Secret>> {
    let damaged = |what: &str| EngineError::Unsuitable(format!("luks2: {what} of a keyslot or digest is not readable"));
    let format = |e: formats::FormatError| EngineError::Unsuitable(e.to_string());
    let wrap = EngineError::crypto("opening a keyslot");
    let (Some(digest), Some(af), Some(kdf)) = (headers.metadata.payload_digest(), &slot.af, &slot.kdf) else {
        return Ok(None);
    };
    let salt = BASE64.decode(kdf.salt()).map_err(|_| damaged("the salt"))?;
    let area_key_bytes = slot.area.key_size as usize;
    let slot_key = derive(kdf, passphrase, &salt, area_key_bytes)?;
    let shape = SlotCipher {
        kind: cipher_kind(slot.area.cipher().map_err(format)?),
        hash: hash(af.hash().map_err(format)?),
        stripes: af.stripes,
    };
    let key = keyslot::unlock(shape, &slot_key, material, slot.key_size as usize).map_err(&wrap)?;
    let wanted = BASE64.decode(&digest.digest).map_err(|_| damaged("the digest"))?;
    let digest_salt = BASE64.decode(&digest.salt).map_err(|_| damaged("the salt"))?;
    let digest_hash = hash(digest.hash().map_err(format)?);
    let found = kdf::mk_digest(digest_hash, &key, &digest_salt, digest.iterations, wanted.len()).map_err(&wrap)?;
    Ok((found == wanted).then_some(key))
}

fn derive(kdf: &Kdf, passphrase: &Secret, salt: &[u8], len: usize) -> Result<Secret> {
    let wrap = EngineError::crypto("key derivation");
    let (kind, time, memory, cpus) = match kdf {
        Kdf::Pbkdf2 { iterations, .. } => {
            let kdf_hash = kdf.hash().map_err(|e| EngineError::Unsuitable(e.to_string()))?;
            let kdf_hash = kdf_hash.map_or(Hash::Sha256, hash);
            return kdf::pbkdf2(kdf_hash, passphrase.expose(), salt, *iterations, len).map_err(wrap);
        }
        Kdf::Argon2i { time, memory, cpus, .. } => (Argon2Kind::Argon2i, time, memory, cpus),
        Kdf::Argon2id { time, memory, cpus, .. } => (Argon2Kind::Argon2id, time, memory, cpus),
    };
    let cost = Argon2Cost { memory_kib: *memory, iterations: *time, lanes: *cpus };
    kdf::argon2(kind, cost, passphrase.expose(), salt, len).map_err(wrap)
}

/// How the payload of an image is encrypted under its master key.
pub(crate) fn payload_cipher(image: &Image, master_key: Secret) -> Result<Option<LayerCipher>> {
    let Some(luks) = &image.luks else { return Ok(None) };
    let in_qcow2 = luks.offset != 0;
    let (cipher, sector_bytes, iv_tweak) = match &luks.header {
        LuksHeader::V1(header) => (header.cipher, 512, 0),
        LuksHeader::V2(headers) => {
            let Some(segment) = headers.metadata.payload() else { return Ok(None) };
            let cipher = segment.cipher(master_key.len() as u32).map_err(EngineError::format(image.path()))?;
            (cipher, segment.sector_size as usize, segment.iv_tweak)
        }
    };
    let start = if in_qcow2 { 0 } else { image.payload_start() / 512 };
    Ok(Some(LayerCipher {
        kind: cipher_kind(cipher),
        key: Arc::new(master_key),
        sector_bytes,
        sector_delta: iv_tweak.wrapping_sub(start),
    }))
}
