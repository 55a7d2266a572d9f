//! A LUKS key slot: the master key, split so that erasing any part erases all, encrypted under a
//! key derived from the passphrase (`../shared/formats.md` 2.2).

pub mod af;

use crate::error::CryptoError;
use crate::kdf::Hash;
use crate::random::Random;
use crate::secret::Secret;
use crate::sector::{CipherKind, SectorCipher};

/// Key material is encrypted in these units, numbered from 0 in each slot.
const SECTOR_BYTES: usize = 512;

/// How a slot protects its master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotCipher {
    /// Cipher of the key material.
    pub kind: CipherKind,
    /// Hash of the anti-forensic splitter.
    pub hash: Hash,
    /// Number of stripes: 4000 in every header that tools write.
    pub stripes: u32,
}

/// Splits `master_key` and encrypts it under `slot_key`: the bytes of a slot's key material area.
///
/// Returns key bytes × stripes, rounded up to whole sectors (of zeros before encryption).
/// Errors: `KeyLength`, `EqualKeyHalves` for `slot_key`; `KdfCost` for a bad number of stripes.
pub fn lock(
    slot: SlotCipher,
    slot_key: &Secret,
    master_key: &Secret,
    random: &dyn Random,
) -> Result<Vec<u8>, CryptoError> {
    let mut cipher = SectorCipher::new(slot.kind, slot_key)?;
    let split_bytes = af::split_bytes(master_key.len(), slot.stripes)?;
    // Encrypted in place: the split key, as good as the key itself, is nowhere afterwards.
    let mut material = vec![0; split_bytes.next_multiple_of(SECTOR_BYTES)];
    af::split(slot.hash, master_key, random, material.get_mut(..split_bytes).unwrap_or_default())?;
    cipher.encrypt(0, SECTOR_BYTES, &mut material)?;
    Ok(material)
}

/// Decrypts key material and merges the master key of `key_bytes` from it.
///
/// `material`: the slot's area, at least key bytes × stripes rounded up to sectors; what follows is
/// not looked at. A wrong `slot_key` gives a wrong master key, no error: compare
/// [`crate::kdf::mk_digest`].
/// Errors: `KeyLength`, `EqualKeyHalves` for `slot_key`; `KeyMaterialLength`; `KdfCost` for a bad
/// number of stripes.
pub fn unlock(slot: SlotCipher, slot_key: &Secret, material: &[u8], key_bytes: usize) -> Result<Secret, CryptoError> {
    let mut cipher = SectorCipher::new(slot.kind, slot_key)?;
    let split_bytes = af::split_bytes(key_bytes, slot.stripes)?;
    let short = CryptoError::KeyMaterialLength { expected: split_bytes as u64, found: material.len() };
    let encrypted = material.get(..split_bytes.next_multiple_of(SECTOR_BYTES)).ok_or(short)?;
    let mut split = zeroize::Zeroizing::new(encrypted.to_vec());
    cipher.decrypt(0, SECTOR_BYTES, &mut split)?;
    af::merge(slot.hash, split.get(..split_bytes).unwrap_or_default(), key_bytes)
}
