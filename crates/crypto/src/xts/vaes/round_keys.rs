//! Key schedule of AES-256 (FIPS 197, 5.2) with the processor's instructions: no table lookups, whose
//! timing would depend on the key.

use std::arch::x86_64::{
    __m128i, _mm_aesimc_si128, _mm_aeskeygenassist_si128, _mm_cvtsi128_si64, _mm_extract_epi64, _mm_set_epi64x,
    _mm_shuffle_epi32, _mm_slli_si128, _mm_xor_si128,
};

use crate::xts::ffi::BLOCK_BYTES;

/// One for each of the 14 rounds and one before them.
pub(super) const ROUND_KEYS: usize = 15;

pub(super) type RoundKeys = [[u8; BLOCK_BYTES]; ROUND_KEYS];

/// Writes the round keys for encryption.
#[target_feature(enable = "aes,sse4.1")]
pub(super) fn expand(key: &[u8; 2 * BLOCK_BYTES], out: &mut RoundKeys) {
    let [even, odd] = key.as_chunks().0 else { unreachable!("32 bytes are two blocks") };
    let pair = [load(even), load(odd)];
    let [first, second, rest @ ..] = out;
    (*first, *second) = (*even, *odd);
    let (pairs, single) = rest.as_chunks_mut::<2>();
    let [one, two, three, four, five, six] = pairs else { unreachable!("13 blocks are six pairs and one") };
    let pair = next_pair::<0x01>(pair, one);
    let pair = next_pair::<0x02>(pair, two);
    let pair = next_pair::<0x04>(pair, three);
    let pair = next_pair::<0x08>(pair, four);
    let pair = next_pair::<0x10>(pair, five);
    let pair = next_pair::<0x20>(pair, six);
    for last in single {
        *last = store(next_even::<0x40>(pair));
    }
}

/// Turns round keys for encryption into those of the equivalent inverse cipher (FIPS 197, 5.3.5).
#[target_feature(enable = "aes,sse4.1")]
pub(super) fn invert(keys: &mut RoundKeys) {
    keys.reverse();
    let [_, middle @ .., _] = keys;
    for key in middle {
        *key = store(_mm_aesimc_si128(load(key)));
    }
}

#[target_feature(enable = "aes,sse4.1")]
fn next_pair<const ROUND_CONSTANT: i32>(pair: [__m128i; 2], out: &mut [[u8; BLOCK_BYTES]; 2]) -> [__m128i; 2] {
    let even = next_even::<ROUND_CONSTANT>(pair);
    // Lane 2 of the instruction's result: SubWord of the last word, without rotation and constant.
    let word = _mm_shuffle_epi32::<0xaa>(_mm_aeskeygenassist_si128::<0>(even));
    let odd = _mm_xor_si128(running_xor(pair[1]), word);
    *out = [store(even), store(odd)];
    [even, odd]
}

#[target_feature(enable = "aes,sse4.1")]
fn next_even<const ROUND_CONSTANT: i32>([even, odd]: [__m128i; 2]) -> __m128i {
    // Lane 3: RotWord(SubWord) of the last word, with the constant.
    let word = _mm_shuffle_epi32::<0xff>(_mm_aeskeygenassist_si128::<ROUND_CONSTANT>(odd));
    _mm_xor_si128(running_xor(even), word)
}

/// Word i becomes the sum of words 0 to i.
#[target_feature(enable = "sse4.1")]
fn running_xor(words: __m128i) -> __m128i {
    let words = _mm_xor_si128(words, _mm_slli_si128::<4>(words));
    _mm_xor_si128(words, _mm_slli_si128::<8>(words))
}

#[target_feature(enable = "sse4.1")]
fn load(block: &[u8; BLOCK_BYTES]) -> __m128i {
    let number = u128::from_le_bytes(*block);
    _mm_set_epi64x((number >> 64) as i64, number as i64)
}

#[target_feature(enable = "sse4.1")]
fn store(block: __m128i) -> [u8; BLOCK_BYTES] {
    let halves = [_mm_cvtsi128_si64(block), _mm_extract_epi64::<1>(block)];
    let number = u128::from(halves[0] as u64) | u128::from(halves[1] as u64) << 64;
    number.to_le_bytes()
}
