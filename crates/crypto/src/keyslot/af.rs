//! The anti-forensic splitter of LUKS: a key becomes many stripes, all of which are needed to get
//! it back, so that a disk that keeps a few old sectors does not keep the key.
//!
//! ```text
//!   d = 0;  for each stripe but the last:  s = random;  d = H(d xor s);   last = d xor key
//!   H cuts its input into pieces of the hash's length:  piece i becomes hash(u32be(i) || piece)
//! ```
//! The random stripes come first in the output, in the order they are drawn.

use aws_lc_rs::digest::{MAX_OUTPUT_LEN, digest};
use zeroize::Zeroizing;

use crate::error::CryptoError;
use crate::kdf::Hash;
use crate::random::Random;
use crate::secret::Secret;

/// Longest key that is split: four times the largest LUKS key.
const KEY_BYTES_MAX: usize = 256;

/// Most stripes: the headers of all tools say 4000. Bounds memory and time for hostile headers.
const STRIPES_MAX: u32 = 8192;

/// Length of a split key, in bytes.
///
/// Errors: `KdfCost` for a key length outside 1..=256 or stripes outside 1..=8192.
pub fn split_bytes(key_bytes: usize, stripes: u32) -> Result<usize, CryptoError> {
    let refuse = |what, found, max| Err(CryptoError::KdfCost { what, found, min: 1, max });
    if key_bytes == 0 || key_bytes > KEY_BYTES_MAX {
        return refuse("key bytes", key_bytes as u64, KEY_BYTES_MAX as u64);
    }
    if stripes == 0 || stripes > STRIPES_MAX {
        return refuse("anti-forensic stripes", stripes.into(), STRIPES_MAX.into());
    }
    Ok(key_bytes.saturating_mul(stripes as usize))
}

/// Splits `key` over all of `out`, whose length is key bytes × stripes (see [`split_bytes`]).
///
/// `out` is as secret as the key until it is encrypted.
/// Errors: `KeyMaterialLength` when `out` is not a multiple of the key, or empty.
pub fn split(hash: Hash, key: &Secret, random: &dyn Random, out: &mut [u8]) -> Result<(), CryptoError> {
    let Some(random_bytes) = random_stripes(out.len(), key.len()) else {
        return Err(CryptoError::KeyMaterialLength { expected: key.len() as u64, found: out.len() });
    };
    let (stripes, last) = out.split_at_mut(random_bytes);
    random.fill(stripes);
    let mixed = mix(hash, stripes, key.len());
    last.copy_from_slice(key.expose());
    xor(last, mixed.expose());
    Ok(())
}

/// Gets the key of `key_bytes` back from all of `split`.
///
/// Errors: `KeyMaterialLength` when `split` is not a multiple of the key, or empty.
pub fn merge(hash: Hash, split: &[u8], key_bytes: usize) -> Result<Secret, CryptoError> {
    let Some(random_bytes) = random_stripes(split.len(), key_bytes) else {
        return Err(CryptoError::KeyMaterialLength { expected: key_bytes as u64, found: split.len() });
    };
    let (stripes, last) = split.split_at(random_bytes);
    let mixed = mix(hash, stripes, key_bytes);
    Ok(Secret::from_fn(key_bytes, |key| {
        key.copy_from_slice(last);
        xor(key, mixed.expose());
    }))
}

/// Bytes before the last stripe, if there are whole stripes.
fn random_stripes(split_bytes: usize, key_bytes: usize) -> Option<usize> {
    let whole = key_bytes != 0 && split_bytes.is_multiple_of(key_bytes);
    split_bytes.checked_sub(key_bytes).filter(|_| whole)
}

/// Index and longest piece: what is hashed at once.
type Input = [u8; INDEX_BYTES + MAX_OUTPUT_LEN];

const INDEX_BYTES: usize = size_of::<u32>();

/// `d` after all `stripes`.
fn mix(hash: Hash, stripes: &[u8], key_bytes: usize) -> Secret {
    let mut input = Zeroizing::new([0; INDEX_BYTES + MAX_OUTPUT_LEN]);
    Secret::from_fn(key_bytes, |d| {
        for stripe in stripes.chunks_exact(key_bytes) {
            xor(d, stripe);
            diffuse(hash, d, &mut input);
        }
    })
}

/// `H` of the module's text, in place. A slot takes eight thousand hashes of one block each; a context that takes pieces would need memory
/// for each of them, which costs twice as much as the hash.
fn diffuse(hash: Hash, bytes: &mut [u8], input: &mut Input) {
    let algorithm = hash.algorithm();
    for (index, piece) in (0_u32..).zip(bytes.chunks_mut(algorithm.output_len())) {
        let (head, body) = input.split_at_mut(INDEX_BYTES);
        head.copy_from_slice(&index.to_be_bytes());
        body.iter_mut().zip(&*piece).for_each(|(byte, new)| *byte = *new);
        let digest = digest(algorithm, input.get(..INDEX_BYTES.saturating_add(piece.len())).unwrap_or_default());
        // The last piece may be shorter than the hash.
        piece.iter_mut().zip(digest.as_ref()).for_each(|(byte, new)| *byte = *new);
    }
}

fn xor(target: &mut [u8], other: &[u8]) {
    target.iter_mut().zip(other).for_each(|(byte, mask)| *byte ^= mask);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    /// Known answers from the Python reference of formats.md (5 stripes, key 0, 1, 2 …, seed `af`):
    /// a key longer than the hash, one that is no multiple of it, and one that is shorter.
    #[test]
    fn split_keys_are_those_of_the_reference() {
        for (hash, key_bytes, last_stripe) in [
            (
                Hash::Sha256,
                64,
                "81c53ad11f09a7a5841ee54893a38f5884c88f79e81fc26e5ba59fa4a18f6b1a39199effb5a7c7a1c848d65621c9726c484c145bbe0aed913654e5d2478a34a1",
            ),
            (
                Hash::Sha1,
                64,
                "a164267a3554bbce8fd966abf01b8aa1e463efb7a36dd1ee311a146917bcbbaf717f3e2a607cfeccb6690769fe3dd6241ac49cdbbf16331e936ad5d5cc5e473e",
            ),
            (Hash::Sha512, 32, "3436e36d8aab7a2a5c22d85eaa12c234484779f569ad87f2c8805287a18c9fac"),
        ] {
            let key = Secret::from_fn(key_bytes, |out| {
                out.iter_mut().zip(0..).for_each(|(b, i)| *b = i);
            });
            let mut out = vec![0; key_bytes * 5];
            split(hash, &key, &SeededRandom::new(b"af"), &mut out).expect("5 stripes");
            assert_eq!(hex::encode(&out[key_bytes * 4..]), last_stripe, "{hash:?}");
            assert!(merge(hash, &out, key_bytes).expect("5 stripes").equals(&key));
        }
    }

    /// Key lengths and stripes that no tool writes are refused before memory is taken.
    #[test]
    fn absurd_splits_are_refused() {
        assert_eq!(split_bytes(64, 4000), Ok(256_000));
        for (key_bytes, stripes) in [(0, 4000), (257, 4000), (64, 0), (64, 8193), (usize::MAX, u32::MAX)] {
            assert!(matches!(split_bytes(key_bytes, stripes), Err(CryptoError::KdfCost { .. })));
        }
        for (split_bytes, key_bytes) in [(0, 64), (63, 64), (65, 64), (64, 0), (0, 0)] {
            let merged = merge(Hash::Sha256, &vec![0; split_bytes], key_bytes);
            assert!(matches!(merged.err(), Some(CryptoError::KeyMaterialLength { .. })));
        }
    }
}
