//! AES-XTS (IEEE 1619, NIST SP 800-38E), one data unit a call.
//!
//! AWS-LC has XTS for AES-256 only. For AES-128, which old images use, it is built here from the
//! library's AES; that is about a third as fast.

pub(crate) mod ffi;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::error::CryptoError;
use crate::secret::Secret;

use ffi::{Algorithm, BLOCK_BYTES, BlockCipher, Direction};

/// One XTS key for one direction.
pub(crate) enum Xts {
    Aes256(BlockCipher),
    /// Block j of a unit is `E(data key, block xor t) xor t`, `t = E(tweak key, IV) · x^j` in GF(2^128).
    Aes128 {
        data: BlockCipher,
        tweak: BlockCipher,
    },
}

impl Xts {
    /// `key`: 64 bytes (AES-256) or 32 (AES-128), data key first.
    ///
    /// Errors: `KeyLength`, `EqualKeyHalves`.
    pub(crate) fn new(direction: Direction, key: &Secret) -> Result<Self, CryptoError> {
        let (data, tweak) = key.expose().split_at(key.len() / 2);
        match key.len() {
            32 | 64 if verify_slices_are_equal(data, tweak).is_ok() => {
                Err(CryptoError::EqualKeyHalves)
            }
            64 => Ok(Self::Aes256(BlockCipher::new(
                Algorithm::Aes256Xts,
                direction,
                key.expose(),
            ))),
            32 => Ok(Self::Aes128 {
                data: BlockCipher::new(Algorithm::Aes128Ecb, direction, data),
                tweak: BlockCipher::new(Algorithm::Aes128Ecb, Direction::Encrypt, tweak),
            }),
            found => Err(CryptoError::KeyLength {
                algorithm: "aes-xts",
                expected: "32 or 64",
                found,
            }),
        }
    }

    /// Encrypts or decrypts a unit of whole blocks in place.
    pub(crate) fn apply(&mut self, iv: &[u8; BLOCK_BYTES], unit: &mut [u8]) {
        match self {
            Self::Aes256(cipher) => cipher.apply(iv, unit),
            Self::Aes128 { data, tweak } => {
                let mut first = *iv;
                tweak.apply(&[0; BLOCK_BYTES], &mut first);
                let first = u128::from_le_bytes(first);
                // Two passes around one call, so that the library works on many blocks at once.
                xor_tweaks(first, unit);
                data.apply(&[0; BLOCK_BYTES], unit);
                xor_tweaks(first, unit);
            }
        }
    }
}

fn xor_tweaks(mut tweak: u128, unit: &mut [u8]) {
    let (blocks, _) = unit.as_chunks_mut::<BLOCK_BYTES>();
    for block in blocks {
        *block = (u128::from_le_bytes(*block) ^ tweak).to_le_bytes();
        // Times x, modulo x^128 + x^7 + x^2 + x + 1, without a branch.
        tweak = (tweak << 1) ^ (0x87 & (tweak >> 127).wrapping_neg());
    }
}
