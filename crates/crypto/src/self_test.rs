//! One known answer for each algorithm, checked when the program starts.
//!
//! Where the answers come from: RFC 2202, 4231, 5869, 6070, 7914; otherwise Python's `hashlib`, `hmac`,
//! `cryptography` and `blake3`. None was computed by this crate.

use crate::context::Context;
use crate::digest::{LeafHasher, TreeBuilder, TreeKey, TreeKind, sha256};
use crate::ed25519::Ed25519Key;
use crate::error::CryptoError;
use crate::kdf::{Argon2Cost, Argon2Kind, Hash, argon2, hkdf, pbkdf2};
use crate::keyslot::af;
use crate::mac::{hmac_sha1, hmac_sha256};
use crate::random::SeededRandom;
#[cfg(feature = "sm")]
use crate::seal::Aead;
use crate::seal::{open, seal};
use crate::secret::Secret;
use crate::sector::{CipherKind, SectorCipher};

/// An algorithm gave a wrong answer: the program, its libraries or the processor are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("self test of {algorithm} failed: do not trust this program or this machine with data")]
pub struct SelfTestFailed {
    /// The first algorithm that failed.
    pub algorithm: &'static str,
}

/// Answers "right", "wrong", or with a refusal, which is as bad as wrong.
type Check = fn() -> Result<bool, CryptoError>;

const CHECKS: &[(&str, Check)] = &[
    ("AES-256-XTS", || {
        sector(CipherKind::AesXtsPlain64, 64, "b07160bbdadbe9116966948bc103599cba61be6982a7bf41438ce405fa360ecc")
    }),
    ("AES-256-XTS of many sectors", || {
        Ok(sectors(40, 512, "959a5ee20e83e6c49c8dc0c040480177906a4f731919ee35b60af82623f2e3ba")?
            && sectors(5, 4096, "fd2fbb4d471a9fd3903393de69e19b5db36819ac803caa4409f5c65de7927d19")?)
    }),
    ("AES-128-XTS", || {
        sector(CipherKind::AesXtsPlain64, 32, "b81f72972a2b268940f938f5beee5c49561802cd5b6c9a5a4ae5ee6a2df3ff28")
    }),
    ("AES-256-CBC", || {
        sector(CipherKind::AesCbcPlain64, 32, "c355992d47ba7c620ba19e5c559b0415b803492c3215ec99be9828bd6555aa85")
    }),
    ("ESSIV", || {
        sector(CipherKind::AesCbcEssivSha256, 16, "379bf8593743b5a6763fef78945d66230aac02d00d1883f02cd53b7e14d7f201")
    }),
    ("AES-256-GCM", gcm),
    #[cfg(feature = "sm")]
    ("SM4-GCM", sm4_gcm),
    ("SHA-256", || Ok(is(&sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))),
    ("HMAC-SHA-1", || {
        let found = hmac_sha1(b"Jefe", b"what do ya want for nothing?");
        Ok(is(&found, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"))
    }),
    ("HMAC-SHA-256", || {
        let found = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        Ok(is(&found, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"))
    }),
    ("HKDF-SHA-256", hkdf_sha256),
    ("PBKDF2-HMAC-SHA-1", || passphrase(Hash::Sha1, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957")),
    ("PBKDF2-HMAC-SHA-256", || passphrase(Hash::Sha256, "ae4d0c95af6b46d32d0adff928f06dd02a303f8e")),
    ("PBKDF2-HMAC-SHA-384", || passphrase(Hash::Sha384, "54f775c6d790f21930459162fc535dbf04a93918")),
    ("PBKDF2-HMAC-SHA-512", || passphrase(Hash::Sha512, "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e")),
    ("Argon2id", argon2id),
    ("Ed25519", ed25519),
    ("anti-forensic splitter", splitter),
    ("digest tree", tree),
];

/// Checks every algorithm once, but for those of [`crate::asymmetric`], which few commands need and which would start
/// AWS-LC's random generator. Takes about a millisecond.
///
/// Errors: the first algorithm whose answer is wrong. The program must not go on then.
pub fn self_test() -> Result<(), SelfTestFailed> {
    run(CHECKS)
}

fn run(checks: &[(&'static str, Check)]) -> Result<(), SelfTestFailed> {
    match checks.iter().find(|(_, check)| !check().unwrap_or(false)) {
        None => Ok(()),
        Some(&(algorithm, _)) => Err(SelfTestFailed { algorithm }),
    }
}

/// Number of the first sector that is encrypted: above 2^32.
const SECTOR: u64 = 0x1_0000_0005;

/// Both directions; the last 32 bytes of one sector.
fn sector(kind: CipherKind, key_bytes: usize, expected_end: &str) -> Result<bool, CryptoError> {
    let plain: [u8; 512] = pattern();
    let mut cipher = SectorCipher::new(kind, &counting(key_bytes))?;
    let mut unit = plain;
    cipher.encrypt(SECTOR, 512, &mut unit)?;
    let encrypted = unit.last_chunk::<32>().is_some_and(|end| is(end, expected_end));
    cipher.decrypt(SECTOR, 512, &mut unit)?;
    Ok(encrypted && unit == plain)
}

/// Both directions of a run of units, through the batches of the code that this processor runs;
/// SHA-256 of the encrypted bytes.
fn sectors(units: usize, sector_bytes: usize, expected: &str) -> Result<bool, CryptoError> {
    let plain: Vec<u8> = (0..251).cycle().take(units.saturating_mul(sector_bytes)).collect();
    let mut cipher = SectorCipher::new(CipherKind::AesXtsPlain64, &counting(64))?;
    let mut data = plain.clone();
    cipher.encrypt(SECTOR, sector_bytes, &mut data)?;
    let encrypted = is(&sha256(&data), expected);
    cipher.decrypt(SECTOR, sector_bytes, &mut data)?;
    Ok(encrypted && data == plain)
}

fn gcm() -> Result<bool, CryptoError> {
    let key = Secret::copy_of(&[1; 32]);
    let context = Context::from_pairs([("image", "i-1"), ("luks_uuid", "u-1")])?;
    let sealed = seal(&key, &context, b"a data key", &SeededRandom::new(b"seal"));
    let opened = open(&key, &context, &sealed);
    let fits = is(
        &sealed,
        concat!(
            "013b073deb288acc5f03691ad980d426ce4388d654e9596925160a4f57f62d16",
            "2acac7fb3c4dd6321d2329e8402a0234a398dda05a8e6a1f97d6d8b984867fea",
            "d666c190df8bc9ad1b4d26601ed8e1466fe5e7db2195e300383bf5"
        ),
    );
    Ok(fits && opened.is_ok_and(|plain| plain.expose() == b"a data key"))
}

#[cfg(feature = "sm")]
fn sm4_gcm() -> Result<bool, CryptoError> {
    let key = Secret::copy_of(&[1; 16]);
    let context = Context::from_pairs([("image", "i-1"), ("luks_uuid", "u-1")])?;
    let sealed = Aead::Sm4Gcm.seal(&key, &context, b"a data key", &SeededRandom::new(b"seal"));
    let opened = Aead::Sm4Gcm.open(&key, &context, &sealed);
    let fits = is(
        &sealed,
        concat!(
            "023b073deb288acc5f03691ad980d426ce4388d654e9596925160a4f57f62d16",
            "2a6f3d564e9e6520a3ee7de2980c70ca8867d0c5b3bab15a37b742d7887c6e4a",
            "c5353e4a7bf2e3be929a42ed66501c854d0a5094541ea56fae0125"
        ),
    );
    Ok(fits && opened.is_ok_and(|plain| plain.expose() == b"a data key"))
}

fn ed25519() -> Result<bool, CryptoError> {
    let key = Ed25519Key::derive(&Secret::copy_of(&[1; 32]), "audit");
    let signature = key.sign(b"checkpoint 1");
    let fits = is(
        &signature,
        concat!(
            "66e07d0de27dff6961330efc145bb3e20eed52d232e46c4c7ffa26c61b4cddfb",
            "4694760bd65117be91885d5765df9f2580c2f5a93010b603ed3d96404ba3150d"
        ),
    );
    Ok(fits && key.public_key().verify(b"checkpoint 1", &signature))
}

fn hkdf_sha256() -> Result<bool, CryptoError> {
    let salt = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    let info = [0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9];
    let found = hkdf(&[0x0b; 22], &salt, &[&info], 42)?;
    Ok(is(found.expose(), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"))
}

fn passphrase(hash: Hash, expected: &str) -> Result<bool, CryptoError> {
    Ok(is(pbkdf2(hash, b"password", b"salt", 2, 20)?.expose(), expected))
}

fn argon2id() -> Result<bool, CryptoError> {
    let cost = Argon2Cost { memory_kib: 64, iterations: 3, lanes: 4 };
    let found = argon2(Argon2Kind::Argon2id, cost, b"password", counting(32).expose(), 64)?;
    let expected = concat!(
        "782023c07a3c90f1284eab452eed11096a816e5a104e2c7f80afcba9ed3a9ff8",
        "1451fd81c8f6423c6a181ca933976a3c5970d4807a3aec08ef01f9b3025226c6",
    );
    Ok(is(found.expose(), expected))
}

fn splitter() -> Result<bool, CryptoError> {
    let key = counting(64);
    let mut split = [0; 64 * 5];
    af::split(Hash::Sha256, &key, &SeededRandom::new(b"af"), &mut split)?;
    let fits = split.last_chunk::<64>().is_some_and(|last| {
        is(
            last,
            concat!(
                "81c53ad11f09a7a5841ee54893a38f5884c88f79e81fc26e5ba59fa4a18f6b1a",
                "39199effb5a7c7a1c848d65621c9726c484c145bbe0aed913654e5d2478a34a1"
            ),
        )
    });
    Ok(fits && af::merge(Hash::Sha256, &split, 64)?.equals(&key))
}

fn tree() -> Result<bool, CryptoError> {
    let key = TreeKey::derive(&counting(32), TreeKind::File, b"salt");
    let leaf = LeafHasher::new(&key).leaf(&pattern::<4096>());
    let mut builder = TreeBuilder::new(&key);
    builder.push(&leaf);
    builder.push_zeros(129);
    let root = builder.finish(130 * 65_536 - 1);
    Ok(is(&leaf, "ddc8ec2ed76109aa13ffcc4e35762c47660abfbc2b8d8d4fabdb933d0b773976")
        && is(&root, "60bbf1503315efa0618a1c2641a8c5169e51aaa7f0a9027bfb5af15b66c6f32b"))
}

/// Key bytes 0, 1, 2 ….
fn counting(len: usize) -> Secret {
    Secret::from_fn(len, |out| {
        out.iter_mut().zip(0..).for_each(|(byte, i)| *byte = i);
    })
}

/// Data bytes 0, 1, … 250, 0, 1 …: no period of the block or sector size.
fn pattern<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip((0..251).cycle()).for_each(|(byte, i)| *byte = i);
    bytes
}

/// Whether the hex text of `found` is `expected`.
fn is(found: &[u8], expected: &str) -> bool {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16);
    found.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).eq(expected.chars().map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All algorithms give their known answers on this machine.
    #[test]
    fn every_algorithm_gives_its_known_answer() {
        assert_eq!(self_test(), Ok(()));
    }

    /// A wrong answer and a refusal both fail the test, by the name of the algorithm.
    #[test]
    fn a_failure_names_the_algorithm() {
        let good: (&str, Check) = ("good", || Ok(true));
        let wrong: (&str, Check) = ("wrong", || sector(CipherKind::AesXtsPlain64, 64, "00"));
        let refused: (&str, Check) = ("refused", || sector(CipherKind::AesXtsPlain64, 63, "00"));
        assert_eq!(run(&[good, wrong, refused]), Err(SelfTestFailed { algorithm: "wrong" }));
        assert_eq!(run(&[good, refused, good]), Err(SelfTestFailed { algorithm: "refused" }));
    }
}
