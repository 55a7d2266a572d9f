//! Key derivation: from passphrases (PBKDF2, Argon2) and from keys (HKDF).

mod argon;

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hkdf as aws_hkdf, pbkdf2 as aws_pbkdf2};

use crate::error::CryptoError;
use crate::secret::Secret;

pub use argon::{Argon2Cost, Argon2Kind, MEMORY_KIB_MAX, argon2};

/// Most PBKDF2 iterations that a header can make us run. `cryptsetup` measures 2 s by default, about
/// 8 million here; this is eight times that, and ends.
pub const PBKDF2_ITERATIONS_MAX: u32 = 1 << 26;

/// Longest key that is derived from a passphrase: four times the largest LUKS key.
pub const DERIVED_BYTES_MAX: usize = 256;

/// Hash of a LUKS header: in the AF splitter, in PBKDF2, and in the digest of the master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1. For old images; no collision matters where LUKS uses it.
    Sha1,
    /// SHA-256. The one to write.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// The hash that a LUKS header names.
    ///
    /// Errors: `UnsupportedHash` for all others, sha224, ripemd160 and whirlpool among them.
    pub fn from_name(name: &str) -> Result<Self, CryptoError> {
        match name {
            "sha1" => Ok(Self::Sha1),
            "sha256" => Ok(Self::Sha256),
            "sha384" => Ok(Self::Sha384),
            "sha512" => Ok(Self::Sha512),
            _ => Err(CryptoError::UnsupportedHash { name: name.to_owned() }),
        }
    }

    /// The name in LUKS headers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    pub(crate) fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn pbkdf2(self) -> aws_pbkdf2::Algorithm {
        match self {
            Self::Sha1 => aws_pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => aws_pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha384 => aws_pbkdf2::PBKDF2_HMAC_SHA384,
            Self::Sha512 => aws_pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

/// PBKDF2-HMAC (RFC 8018): `len` key bytes from a passphrase.
///
/// Errors: `KdfCost` for iterations outside 1..=[`PBKDF2_ITERATIONS_MAX`] or a length outside
/// 1..=[`DERIVED_BYTES_MAX`].
pub fn pbkdf2(hash: Hash, password: &[u8], salt: &[u8], iterations: u32, len: usize) -> Result<Secret, CryptoError> {
    within("iterations", iterations.into(), 1, PBKDF2_ITERATIONS_MAX.into())?;
    within("output bytes", len as u64, 1, DERIVED_BYTES_MAX as u64)?;
    let iterations = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
    Ok(Secret::from_fn(len, |out| {
        aws_pbkdf2::derive(hash.pbkdf2(), iterations, salt, password, out);
    }))
}

/// The digest by which a LUKS header recognises its master key: PBKDF2 over the key.
///
/// `len`: 20 in LUKS1, 32 in LUKS2 with sha256. Public: it stands in the header.
/// Errors: as [`pbkdf2`].
pub fn mk_digest(
    hash: Hash,
    master_key: &Secret,
    salt: &[u8],
    iterations: u32,
    len: usize,
) -> Result<Vec<u8>, CryptoError> {
    Ok(pbkdf2(hash, master_key.expose(), salt, iterations, len)?.expose().to_vec())
}

/// HKDF-SHA-256 (RFC 5869): `len` key bytes from key bytes. `info` parts are joined as they are.
///
/// Errors: `KdfCost` for more than 8,160 bytes, the limit of HKDF with SHA-256.
pub fn hkdf(key: &[u8], salt: &[u8], info: &[&[u8]], len: usize) -> Result<Secret, CryptoError> {
    struct Length(usize);
    impl aws_hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let pseudorandom = aws_hkdf::Salt::new(aws_hkdf::HKDF_SHA256, salt).extract(key);
    Secret::try_from_fn(len, |out| pseudorandom.expand(info, Length(len)).and_then(|okm| okm.fill(out)))
        .map_err(|_| CryptoError::KdfCost { what: "output bytes", found: len as u64, min: 0, max: 255 * 32 })
}

fn within(what: &'static str, found: u64, min: u64, max: u64) -> Result<(), CryptoError> {
    if (min..=max).contains(&found) {
        return Ok(());
    }
    Err(CryptoError::KdfCost { what, found, min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header cannot ask for no work, endless work, or a key of absurd length.
    #[test]
    fn pbkdf2_refuses_absurd_costs() {
        for (iterations, len) in [(0, 32), (u32::MAX, 32), (1000, 0), (1000, 257)] {
            let result = pbkdf2(Hash::Sha256, b"p", b"s", iterations, len);
            assert!(matches!(result.err(), Some(CryptoError::KdfCost { .. })));
        }
    }

    /// Hashes without PBKDF2 here are named in the error; names go there and back.
    #[test]
    fn unsupported_hashes_are_named() {
        for name in ["sha224", "ripemd160", "whirlpool", "md5", "SHA256", ""] {
            assert_eq!(Hash::from_name(name), Err(CryptoError::UnsupportedHash { name: name.into() }));
        }
        for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            assert_eq!(Hash::from_name(hash.name()), Ok(hash));
        }
    }

    /// HKDF ends at 255 blocks.
    #[test]
    fn hkdf_refuses_more_than_its_limit() {
        assert!(hkdf(b"key", b"", &[], 8160).is_ok());
        assert!(matches!(hkdf(b"key", b"", &[], 8161).err(), Some(CryptoError::KdfCost { max: 8160, .. })));
    }
}
