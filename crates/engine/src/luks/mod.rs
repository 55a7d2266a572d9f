//! LUKS: joins the headers of `formats` with the cryptography of `crypto`.

mod create;
mod unlock;

pub(crate) use create::{LuksKind, NewHeader};
pub(crate) use unlock::{SLOT_SHAPE, payload_cipher, unlock};

use crypto::kdf::Hash;
use crypto::sector::CipherKind;
use formats::luks::{self, Cipher, Iv};

/// Iterations that we write, for slot and digest: the passphrase is a random 256-bit key, so
/// stretching it adds nothing; 1000 is the least that qemu and cryptsetup write (../shared/formats.md 2.3).
pub(crate) const ITERATIONS: u32 = 1000;

/// Bytes of an AES-256-XTS key.
pub(crate) const MASTER_KEY_BYTES: usize = 64;

pub(crate) fn cipher_kind(cipher: Cipher) -> CipherKind {
    match cipher {
        Cipher::AesXts { iv: Iv::Plain, .. } => CipherKind::AesXtsPlain,
        Cipher::AesXts { .. } => CipherKind::AesXtsPlain64,
        Cipher::AesCbc { iv: Iv::Plain, .. } => CipherKind::AesCbcPlain,
        Cipher::AesCbc { iv: Iv::Plain64, .. } => CipherKind::AesCbcPlain64,
        Cipher::AesCbc { iv: Iv::EssivSha256, .. } => CipherKind::AesCbcEssivSha256,
    }
}

pub(crate) fn hash(hash: luks::Hash) -> Hash {
    match hash {
        luks::Hash::Sha1 => Hash::Sha1,
        luks::Hash::Sha256 => Hash::Sha256,
        luks::Hash::Sha384 => Hash::Sha384,
        luks::Hash::Sha512 => Hash::Sha512,
    }
}
