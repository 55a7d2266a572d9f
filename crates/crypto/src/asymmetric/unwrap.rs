//! Unwrapping of imported key material, without an oracle.
//!
//! **What an attacker has.** A ciphertext that an honest owner made for an import, and the right to import into
//! the same key with the same token (24 hours, one CMK, one RSA key). He sends changed ciphertexts and watches
//! whether the import succeeds, and how long it takes. With PKCS#1 v1.5 "the padding was right" is what
//! Bleichenbacher's attack needs, some thousand times; with OAEP "the first byte was zero" is what Manger's needs.
//!
//! **What he learns.** Failure has one error and, as far as AWS-LC and this code go, one duration:
//!
//! - The length is known beforehand (16 or 32 bytes), so PKCS#1 v1.5 has one form of block: `00 02`, non-zero
//!   bytes, `00`, material. Nothing is searched for; all bytes are looked at; one mask says whether all fit. A
//!   random block fits with a probability of about 2^-25, where the bare check for `00 02` takes one in 2^16.
//! - The bytes at the material's place go on as a candidate whether the block fits or not, and
//!   [`Unwrapped::accept`] compares them with the material that the key had before. Only after that one bit leaves:
//!   block fits *and* material belongs.
//! - The KMS lets a CMK have one material for its whole life. So the first "yes" is the last one: from then on
//!   only ciphertexts of that very material succeed. Bleichenbacher's attack gets one answer of the thousands it
//!   needs. On a key that has its material already it gets none.
//! - OAEP blocks cannot be changed into other valid ones; AWS-LC checks them in constant time with one result.
//!
//! **Why not implicit rejection** (on bad padding go on with pseudo-random material, and answer "imported")? The
//! attacker would learn nothing at all, but the honest owner whose tool used the wrong algorithm would be told
//! that his key was imported, encrypt under bytes that nobody knows, and find out when he needs his copy.

use std::hint::black_box;

use super::encryption::{DecryptionKey, Oaep, PKCS1_OVERHEAD_BYTES, WrappingAlgorithm};
use super::raw_rsa::RawRsaKey;
use super::{Family, KeySpec};
use crate::error::CryptoError;
use crate::secret::Secret;

/// Wrong wrapping key, algorithm, length or material, or changed bytes: one case on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key material does not fit: wrapping key, algorithm, length or the material itself is another one")]
pub struct InvalidKeyMaterial;

/// The private half of the wrapping key of an import, for the algorithm that was asked for.
pub struct UnwrappingKey(Way);

enum Way {
    Pkcs1V15(RawRsaKey),
    Oaep(DecryptionKey, Oaep),
}

impl UnwrappingKey {
    /// Opens the PKCS#8 form of a wrapping key.
    ///
    /// Errors: `PrivateKey` if it is not a key of `spec`, or if that is not RSA.
    pub fn from_pkcs8(spec: KeySpec, algorithm: WrappingAlgorithm, private: &Secret) -> Result<Self, CryptoError> {
        let way = match algorithm {
            WrappingAlgorithm::Oaep(oaep) => Way::Oaep(DecryptionKey::from_pkcs8(spec, private)?, oaep),
            WrappingAlgorithm::Pkcs1V15 => {
                Way::Pkcs1V15(raw_key(spec, private).ok_or(CryptoError::PrivateKey { spec: spec.name() })?)
            }
        };
        Ok(Self(way))
    }

    /// Decrypts wrapped material of exactly `len` bytes. Whether that worked is told by [`Unwrapped::accept`].
    #[must_use]
    pub fn unwrap(&self, wrapped: &[u8], len: usize) -> Unwrapped {
        match &self.0 {
            Way::Pkcs1V15(key) => unwrap_pkcs1(key, wrapped, len),
            Way::Oaep(key, oaep) => match key.decrypt(*oaep, wrapped) {
                Ok(candidate) if candidate.len() == len => Unwrapped { candidate, misfit: 0 },
                _ => Unwrapped { candidate: Secret::from_fn(len, |_| ()), misfit: u8::MAX },
            },
        }
    }
}

/// What came out of a ciphertext, before anyone may know whether it is key material.
pub struct Unwrapped {
    candidate: Secret,
    /// Zero if the padding fits; never looked at alone.
    misfit: u8,
}

impl Unwrapped {
    /// The material, if the ciphertext was right and `belongs` agrees.
    ///
    /// `belongs`: whether these bytes are the material that the key had before, in constant time; `true` for a key
    /// that never had any. It runs on rubbish too, so that its duration tells nothing.
    ///
    /// Errors: [`InvalidKeyMaterial`], for whatever is wrong.
    pub fn accept(self, belongs: impl FnOnce(&Secret) -> bool) -> Result<Secret, InvalidKeyMaterial> {
        let stranger = u8::from(!belongs(&self.candidate));
        match black_box(self.misfit | stranger) {
            0 => Ok(self.candidate),
            _ => Err(InvalidKeyMaterial),
        }
    }
}

fn raw_key(spec: KeySpec, private: &Secret) -> Option<RawRsaKey> {
    let Family::Rsa { size } = spec.family() else { return None };
    RawRsaKey::from_pkcs8(private.expose()).filter(|key| key.modulus_bytes() == size.len())
}

fn unwrap_pkcs1(key: &RawRsaKey, wrapped: &[u8], len: usize) -> Unwrapped {
    let mut refused = 0;
    let block = Secret::from_fn(key.modulus_bytes(), |block| {
        refused = if key.decrypt(wrapped, block).is_some() { 0 } else { u8::MAX };
    });
    let (padding, material) = block.expose().split_at(block.len().saturating_sub(len));
    Unwrapped { candidate: Secret::copy_of(material), misfit: refused | padding_misfit(padding) }
}

/// Zero if `padding`, all that stands before the material, is `00 02`, at least eight non-zero bytes, `00`. Looks at
/// every byte and branches on none.
fn padding_misfit(padding: &[u8]) -> u8 {
    let [first, second, random @ .., last] = padding else { return u8::MAX };
    let too_short = u8::from(padding.len() < PKCS1_OVERHEAD_BYTES);
    // `black_box` keeps the compiler from leaving the loop at the first zero.
    let zeros = random.iter().fold(0, |zeros, &byte| black_box(zeros | is_zero(byte)));
    first | (second ^ 2) | zeros | last | too_short
}

/// 1 for zero, 0 for all others: a byte or its negative has the top bit set unless it is zero.
fn is_zero(byte: u8) -> u8 {
    ((byte | byte.wrapping_neg()) >> 7) ^ 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zero_is_zero() {
        for byte in 0..=u8::MAX {
            assert_eq!(is_zero(byte), u8::from(byte == 0));
        }
    }

    /// Every single byte of the padding is checked, at every place.
    #[test]
    fn one_wrong_byte_of_padding_is_a_misfit() {
        let good = [&[0, 2][..], &[0x55; 221], &[0]].concat();
        assert_eq!(padding_misfit(&good), 0);
        for at in 0..good.len() {
            for byte in 0..=u8::MAX {
                let mut padding = good.clone();
                padding[at] = byte;
                let fits = match at {
                    0 | 223 => byte == 0,
                    1 => byte == 2,
                    _ => byte != 0,
                };
                assert_eq!(padding_misfit(&padding) == 0, fits, "byte {at} is {byte}");
            }
        }
    }

    /// Padding of fewer than eight random bytes is a misfit, down to nothing.
    #[test]
    fn short_padding_is_a_misfit() {
        assert_eq!(padding_misfit(b"\0\x02rrrrrrrr\0"), 0);
        for short in [&b"\0\x02rrrrrrr\0"[..], b"\0\x02\0", b"\0\x02", b"\0", b""] {
            assert_ne!(padding_misfit(short), 0, "{short:?}");
        }
    }

    /// The comparison with earlier material runs for rubbish too, and neither check can stand in for the other.
    #[test]
    fn accept_asks_both_questions_always() {
        for (misfit, belongs, accepted) in
            [(0, true, true), (0, false, false), (1, true, false), (0x80, true, false), (u8::MAX, false, false)]
        {
            let mut asked = false;
            let result = Unwrapped { candidate: Secret::copy_of(&[7; 32]), misfit }.accept(|_| {
                asked = true;
                belongs
            });
            assert_eq!((asked, result.is_ok()), (true, accepted), "misfit {misfit}, belongs {belongs}");
        }
    }
}
