//! Encryption of disk sectors, as LUKS defines it.
//!
//! Every unit of 512 to 4096 bytes is encrypted on its own. Its IV comes from a sector number that
//! always counts 512 bytes, also when units are larger: with 4096-byte units the numbers are
//! 0, 8, 16 … (`../shared/formats.md` 3).

use std::array;

use crate::digest::sha256;
use crate::error::CryptoError;
use crate::secret::Secret;
use crate::xts::ffi::{Algorithm, BLOCK_BYTES, BlockCipher, Direction};
use crate::xts::{BATCH_UNITS, Ivs, Xts};

/// Sector numbers count units of this many bytes.
const SECTOR_BYTES: usize = 512;

/// Cipher and IV rule. The key length chooses between AES-128 and AES-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CipherKind {
    /// `aes-xts-plain64`: IV is the 64-bit sector number. The only kind to write.
    AesXtsPlain64,
    /// `aes-xts-plain`: IV is the low 32 bits of the sector number. For old images.
    AesXtsPlain,
    /// `aes-cbc-plain64`. For old images: CBC does not hide where two versions of a sector differ.
    AesCbcPlain64,
    /// `aes-cbc-plain`. For old images.
    AesCbcPlain,
    /// `aes-cbc-essiv:sha256`: IV is the sector number encrypted under the hashed key. For old images.
    AesCbcEssivSha256,
}

impl CipherKind {
    /// The kind that a LUKS header names, for example `aes` and `xts-plain64`.
    ///
    /// Errors: `UnsupportedCipher` with both names.
    pub fn from_names(cipher: &str, mode: &str) -> Result<Self, CryptoError> {
        match (cipher, mode) {
            ("aes", "xts-plain64") => Ok(Self::AesXtsPlain64),
            ("aes", "xts-plain") => Ok(Self::AesXtsPlain),
            ("aes", "cbc-plain64") => Ok(Self::AesCbcPlain64),
            ("aes", "cbc-plain") => Ok(Self::AesCbcPlain),
            ("aes", "cbc-essiv:sha256") => Ok(Self::AesCbcEssivSha256),
            _ => Err(CryptoError::UnsupportedCipher { name: format!("{cipher}-{mode}") }),
        }
    }

    fn unit_cipher(self, backend: Backend, direction: Direction, key: &Secret) -> Result<UnitCipher, CryptoError> {
        let cbc = |algorithm| Ok(UnitCipher::Cbc(BlockCipher::new(algorithm, direction, key.expose())));
        match (self, key.len()) {
            (Self::AesXtsPlain64 | Self::AesXtsPlain, _) => Xts::new(backend, direction, key).map(UnitCipher::Xts),
            (_, 32) => cbc(Algorithm::Aes256Cbc),
            (_, 16) => cbc(Algorithm::Aes128Cbc),
            (_, found) => Err(CryptoError::KeyLength { algorithm: "aes-cbc", expected: "16 or 32", found }),
        }
    }
}

/// Who computes AES-256-XTS. All other ciphers are AWS-LC's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Our own kernel where the processor has AVX-512 and VAES, AWS-LC elsewhere.
    Fastest,
    /// AWS-LC on every processor.
    AwsLc,
}

/// Encrypts and decrypts sectors under one key.
///
/// Holds the expanded key for each direction, so that a sector costs only a new IV. One per
/// thread: `Send`, not `Sync`. Expanded keys are wiped on drop. Those of the kernel lie in locked
/// memory; those of AWS-LC in its own heap, which is not locked.
pub struct SectorCipher {
    encrypt: UnitCipher,
    decrypt: UnitCipher,
    iv: IvRule,
}

enum UnitCipher {
    Xts(Xts),
    Cbc(BlockCipher),
}

impl UnitCipher {
    fn apply(&mut self, ivs: &Ivs, unit_bytes: usize, batch: &mut [u8]) {
        match self {
            Self::Xts(cipher) => cipher.apply(ivs, unit_bytes, batch),
            Self::Cbc(cipher) => {
                for (unit, iv) in batch.chunks_exact_mut(unit_bytes).zip(ivs) {
                    cipher.apply(iv, unit);
                }
            }
        }
    }
}

enum IvRule {
    Plain64,
    Plain,
    Essiv(BlockCipher),
}

impl SectorCipher {
    /// Expands `key` for both directions.
    ///
    /// Errors: `KeyLength`; `EqualKeyHalves` for XTS.
    pub fn new(kind: CipherKind, key: &Secret) -> Result<Self, CryptoError> {
        Self::with_backend(Backend::Fastest, kind, key)
    }

    /// Like [`SectorCipher::new`] with a chosen backend, to compare one with another.
    ///
    /// Errors: as `new`.
    pub fn with_backend(backend: Backend, kind: CipherKind, key: &Secret) -> Result<Self, CryptoError> {
        let iv = match kind {
            CipherKind::AesXtsPlain64 | CipherKind::AesCbcPlain64 => IvRule::Plain64,
            CipherKind::AesXtsPlain | CipherKind::AesCbcPlain => IvRule::Plain,
            CipherKind::AesCbcEssivSha256 => {
                let hashed = Secret::from_fn(32, |out| out.copy_from_slice(&sha256(key.expose())));
                IvRule::Essiv(BlockCipher::new(Algorithm::Aes256Ecb, Direction::Encrypt, hashed.expose()))
            }
        };
        Ok(Self {
            encrypt: kind.unit_cipher(backend, Direction::Encrypt, key)?,
            decrypt: kind.unit_cipher(backend, Direction::Decrypt, key)?,
            iv,
        })
    }

    /// Whether our own kernel does the work, and not AWS-LC.
    #[must_use]
    pub fn is_vectorised(&self) -> bool {
        matches!(&self.encrypt, UnitCipher::Xts(xts) if xts.is_vectorised())
    }

    /// Encrypts `data` in place, in units of `sector_bytes`.
    ///
    /// `first_sector`: number of the first unit, counted in 512 bytes.
    /// Errors: `SectorSize`, `PartialSector`, `SectorNumber`; the data is untouched then.
    pub fn encrypt(&mut self, first_sector: u64, sector_bytes: usize, data: &mut [u8]) -> Result<(), CryptoError> {
        each_sector(&mut self.encrypt, &mut self.iv, first_sector, sector_bytes, data)
    }

    /// Decrypts `data` in place. The mirror of [`SectorCipher::encrypt`].
    ///
    /// Errors: `SectorSize`, `PartialSector`, `SectorNumber`; the data is untouched then.
    pub fn decrypt(&mut self, first_sector: u64, sector_bytes: usize, data: &mut [u8]) -> Result<(), CryptoError> {
        each_sector(&mut self.decrypt, &mut self.iv, first_sector, sector_bytes, data)
    }
}

impl IvRule {
    /// IVs of a batch whose sectors are numbered `first`, `first + step` …. Numbers past 64 bits belong
    /// to no unit, and wrap.
    fn ivs(&mut self, first: u64, step: u64) -> Ivs {
        let mask = match self {
            Self::Plain64 | Self::Essiv(_) => u64::MAX,
            Self::Plain => u64::from(u32::MAX),
        };
        let mut ivs: Ivs = array::from_fn(|rank| {
            let number = first.wrapping_add(step.wrapping_mul(rank as u64));
            u128::from(number & mask).to_le_bytes()
        });
        if let Self::Essiv(cipher) = self {
            cipher.apply(&[0; BLOCK_BYTES], ivs.as_flattened_mut());
        }
        ivs
    }
}

fn each_sector(
    cipher: &mut UnitCipher,
    rule: &mut IvRule,
    first_sector: u64,
    sector_bytes: usize,
    data: &mut [u8],
) -> Result<(), CryptoError> {
    if !matches!(sector_bytes, 512 | 1024 | 2048 | 4096) {
        return Err(CryptoError::SectorSize { found: sector_bytes });
    }
    if !data.len().is_multiple_of(sector_bytes) {
        return Err(CryptoError::PartialSector { len_bytes: data.len(), sector_bytes });
    }
    let sectors = (data.len() / SECTOR_BYTES) as u64;
    if first_sector.checked_add(sectors).is_none() {
        return Err(CryptoError::SectorNumber { first_sector });
    }
    let step = sector_bytes / SECTOR_BYTES;
    let batches = data.chunks_mut(sector_bytes.saturating_mul(BATCH_UNITS));
    for (batch, first) in batches.zip((first_sector..).step_by(step.saturating_mul(BATCH_UNITS))) {
        cipher.apply(&rule.ivs(first, step as u64), sector_bytes, batch);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths that fit no AES, equal halves and ciphers of others are refused by name.
    #[test]
    fn unfit_keys_and_ciphers_are_refused() {
        let key = |len: u8| {
            Secret::from_fn(usize::from(len), |out| {
                out.iter_mut().zip(0..).for_each(|(b, i)| *b = i);
            })
        };
        for len in [0, 16, 31, 33, 48, 63, 65] {
            assert!(matches!(
                SectorCipher::new(CipherKind::AesXtsPlain64, &key(len)).err(),
                Some(CryptoError::KeyLength { algorithm: "aes-xts", .. })
            ));
        }
        for len in [0, 24, 64] {
            assert!(matches!(
                SectorCipher::new(CipherKind::AesCbcEssivSha256, &key(len)).err(),
                Some(CryptoError::KeyLength { algorithm: "aes-cbc", .. })
            ));
        }
        let equal = Secret::copy_of(&[7; 64]);
        assert_eq!(SectorCipher::new(CipherKind::AesXtsPlain64, &equal).err(), Some(CryptoError::EqualKeyHalves));
        assert_eq!(
            CipherKind::from_names("sm4", "xts-plain64"),
            Err(CryptoError::UnsupportedCipher { name: "sm4-xts-plain64".into() })
        );
    }

    /// Sizes that would lose bytes or repeat IVs are refused before any byte changes.
    #[test]
    fn odd_sizes_and_numbers_leave_the_data_untouched() {
        let key = Secret::from_fn(64, |out| out.iter_mut().zip(0..).for_each(|(b, i)| *b = i));
        let mut cipher = SectorCipher::new(CipherKind::AesXtsPlain64, &key).expect("a good key");
        let mut data = [3; 1024];
        for sector_bytes in [0, 1, 256, 513, 8192] {
            assert_eq!(
                cipher.encrypt(0, sector_bytes, &mut data),
                Err(CryptoError::SectorSize { found: sector_bytes })
            );
        }
        assert_eq!(
            cipher.encrypt(0, 512, &mut data[..513]),
            Err(CryptoError::PartialSector { len_bytes: 513, sector_bytes: 512 })
        );
        assert_eq!(
            cipher.decrypt(u64::MAX - 1, 512, &mut data),
            Err(CryptoError::SectorNumber { first_sector: u64::MAX - 1 })
        );
        assert_eq!(data, [3; 1024]);
    }
}
