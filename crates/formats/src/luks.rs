//! What LUKS1 and LUKS2 headers have in common: cipher and hash names.

use crate::{ErrorKind, FormatError, Result};

/// How the payload is encrypted. Only what stock QEMU and cryptsetup both open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// `aes-xts-plain64`, `aes-xts-plain`; the only ones that we write are of 512 bits and plain64.
    AesXts {
        /// 256 (AES-128) or 512 (AES-256).
        key_bits: u16,
        /// Rule for the tweak.
        iv: Iv,
    },
    /// `aes-cbc-…`, of old images.
    AesCbc {
        /// 128 or 256.
        key_bits: u16,
        /// Rule for the initialisation vector.
        iv: Iv,
    },
}

/// How a sector's number becomes its initialisation vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Iv {
    /// Low 32 bits, little endian.
    Plain,
    /// 64 bits, little endian.
    Plain64,
    /// Encrypted under the SHA-256 of the key.
    EssivSha256,
}

/// Hash of key derivation, anti-forensic splitter and digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
    /// 48 bytes.
    Sha384,
    /// 64 bytes.
    Sha512,
}

impl Cipher {
    /// AES-256-XTS with 64-bit sector numbers: what we write.
    pub const AES_256_XTS: Self = Self::AesXts { key_bits: 512, iv: Iv::Plain64 };

    /// Bytes of its key.
    #[must_use]
    pub fn key_bytes(self) -> usize {
        let (Self::AesXts { key_bits, .. } | Self::AesCbc { key_bits, .. }) = self;
        usize::from(key_bits).wrapping_div(8)
    }

    /// Its name, as in the mapping `aes-xts-plain64`.
    #[must_use]
    pub fn name(self) -> String {
        let (mode, iv) = match self {
            Self::AesXts { iv, .. } => ("xts", iv),
            Self::AesCbc { iv, .. } => ("cbc", iv),
        };
        let iv = match iv {
            Iv::Plain => "plain",
            Iv::Plain64 => "plain64",
            Iv::EssivSha256 => "essiv:sha256",
        };
        format!("aes-{mode}-{iv}")
    }

    /// Reads `name` (such as `aes`) and `mode` (such as `xts-plain64`).
    ///
    /// Errors: `Unsupported`, by name. A null cipher is refused in plain words: an image
    /// with it is not encrypted at all.
    pub(crate) fn parse(format: &'static str, name: &str, mode: &str, key_bytes: usize) -> Result<Self> {
        let refuse =
            |why: &str| FormatError::new(format, ErrorKind::Unsupported, format!("cipher {name}-{mode}: {why}"));
        if name.contains("null") || mode.contains("null") {
            return Err(refuse("the null cipher does not encrypt; the header may have been replaced"));
        }
        let key_bits = u16::try_from(key_bytes.saturating_mul(8)).unwrap_or(u16::MAX);
        let cipher = match (name, mode) {
            ("aes", "xts-plain64") => Self::AesXts { key_bits, iv: Iv::Plain64 },
            ("aes", "xts-plain") => Self::AesXts { key_bits, iv: Iv::Plain },
            ("aes", "cbc-essiv:sha256") => Self::AesCbc { key_bits, iv: Iv::EssivSha256 },
            ("aes", "cbc-plain64") => Self::AesCbc { key_bits, iv: Iv::Plain64 },
            ("aes", "cbc-plain") => Self::AesCbc { key_bits, iv: Iv::Plain },
            _ => return Err(refuse("not supported; aes in xts or cbc mode is")),
        };
        match cipher {
            Self::AesXts { key_bits: 256 | 512, .. } | Self::AesCbc { key_bits: 128 | 256, .. } => Ok(cipher),
            _ => Err(refuse(&format!("a key of {key_bytes} bytes is not supported"))),
        }
    }
}

impl Hash {
    /// Its name in headers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    pub(crate) fn parse(format: &'static str, name: &str) -> Result<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|hash| hash.name() == name).ok_or_else(
            || {
                let message = format!("hash {name:?} is not supported; sha1, sha256, sha384 and sha512 are");
                FormatError::new(format, ErrorKind::Unsupported, message)
            },
        )
    }
}

/// AF stripes of every keyslot. Source: both LUKS specifications; no tool writes another number.
pub const STRIPES: u32 = 4000;

/// Most PBKDF2 iterations that a foreign header may ask of us: about five seconds of one core.
/// `cryptsetup luksFormat` calibrates to two seconds on the machine that made the image.
pub const ITERATIONS_MAX: u32 = 20_000_000;
