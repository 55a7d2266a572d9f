//! AES-256-XTS of many data units at once, with AVX-512, VAES and VPCLMULQDQ.
//!
//! ```text
//!   32 IVs ──AES, tweak key──▶ 32 first tweaks, four a register
//!   unit     first tweak · (1, x, x², x³) and · (x⁴ … x⁷), then · x⁸ for each 128 bytes more
//!   chunk    512 bytes in eight registers, which go through the rounds side by side
//! ```
//!
//! One 64-byte register goes through 14 rounds in 14 cycles at best, on the one port that has AES. So
//! nothing else may wait for that port: tweaks are multiplied by byte shifts and carry-less products,
//! which run elsewhere, and the last whitening is part of the last round key. AWS-LC encrypts one unit
//! a call and there each unit waits for its own tweak; with 512-byte units that costs a third of the time.
//!
//! Invariants that the unsafe code rests on:
//! 1. A [`VaesXts`] exists only on a processor that has every feature of [`available`]; functions that
//!    need them are called from its methods alone.
//! 2. Loads and stores take arrays of the exact size by reference, and the instructions used need no alignment.
#![expect(unsafe_code, reason = "the call into code for one processor, and its loads and stores")]

mod round_keys;

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::{
    __m512i, _mm_loadu_si128, _mm512_aesdec_epi128, _mm512_aesdeclast_epi128, _mm512_aesenc_epi128,
    _mm512_aesenclast_epi128, _mm512_broadcast_i32x4, _mm512_bslli_epi128, _mm512_bsrli_epi128,
    _mm512_clmulepi64_epi128, _mm512_loadu_si512, _mm512_set_epi64, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512,
};

use crate::secret::Secret;

use super::ffi::{BLOCK_BYTES, Direction};
use super::{BATCH_UNITS, Ivs};
use round_keys::RoundKeys;

/// Bytes that go through the rounds together. Units are whole chunks.
const CHUNK_BYTES: usize = REGISTER_BYTES * STREAMS;

/// Registers that go through the rounds together: enough to hide the latency of a round, few enough
/// that they, their tweaks and the keys fit the 32 registers.
const STREAMS: usize = 8;

const REGISTER_BYTES: usize = 64;

/// `x^128` in GF(2^128): what a bit turns into that is shifted out at the top.
const REDUCTION: i64 = 0x87;

/// Truth table of `a ^ b ^ c`.
const XOR3: i32 = 0x96;

/// One XTS key for one direction. The round keys lie in locked memory and are wiped on drop.
pub(crate) struct VaesXts {
    /// Round keys of the data key, then those of the tweak key.
    keys: Secret,
    direction: Direction,
}

fn available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("vaes")
        && is_x86_feature_detected!("vpclmulqdq")
        && is_x86_feature_detected!("aes")
        && is_x86_feature_detected!("sse4.1")
}

impl VaesXts {
    /// Expands `key`, 64 bytes with unequal halves. `None` when this processor lacks the instructions.
    pub(crate) fn new(direction: Direction, key: &Secret) -> Option<Self> {
        let (data, tweak) = key.expose().split_first_chunk()?;
        let tweak = tweak.first_chunk()?;
        if !available() {
            return None;
        }
        let keys = Secret::from_fn(size_of::<[RoundKeys; 2]>(), |out| {
            let (blocks, _) = out.as_chunks_mut::<BLOCK_BYTES>();
            let (data_keys, tweak_keys) = blocks.split_first_chunk_mut().expect("room for two schedules");
            let tweak_keys = tweak_keys.first_chunk_mut().expect("room for two schedules");
            // SAFETY: the features are there, as was just checked.
            unsafe {
                round_keys::expand(data, data_keys);
                round_keys::expand(tweak, tweak_keys);
                if let Direction::Decrypt = direction {
                    round_keys::invert(data_keys);
                }
            }
        });
        Some(Self { keys, direction })
    }

    /// Encrypts or decrypts in place the units of `data`, at most [`BATCH_UNITS`].
    ///
    /// `unit_bytes`: a multiple of 512.
    pub(crate) fn apply(&self, ivs: &Ivs, unit_bytes: usize, data: &mut [u8]) {
        // Anything else would leave plaintext where ciphertext is expected.
        assert!(unit_bytes.is_multiple_of(CHUNK_BYTES) && data.len().is_multiple_of(unit_bytes), "whole units");
        assert!(data.len() <= unit_bytes.saturating_mul(BATCH_UNITS), "an IV for each unit");
        let (keys, _) = self.keys.expose().as_chunks();
        let data_keys = keys.first_chunk().expect("two schedules");
        let tweak_keys = keys.last_chunk().expect("two schedules");
        // SAFETY: invariant 1.
        unsafe {
            let tweaks = encrypt_ivs(tweak_keys, ivs);
            match self.direction {
                Direction::Encrypt => apply_units::<true>(data_keys, &tweaks, unit_bytes, data),
                Direction::Decrypt => apply_units::<false>(data_keys, &tweaks, unit_bytes, data),
            }
        }
    }
}

/// First tweaks of all units: independent of each other, so they fill the pipeline, which one would not.
#[target_feature(enable = "avx512f,vaes")]
fn encrypt_ivs(keys: &RoundKeys, ivs: &Ivs) -> Ivs {
    const QUADS: usize = BATCH_UNITS * BLOCK_BYTES / REGISTER_BYTES;
    let [first, middle @ .., last] = keys;
    let mut states = [_mm512_setzero_si512(); QUADS];
    for (state, quad) in states.iter_mut().zip(ivs.as_flattened().as_chunks().0) {
        *state = _mm512_xor_si512(load(quad), broadcast(first));
    }
    for key in middle.iter().map(|key| broadcast(key)) {
        states = states.map(|state| _mm512_aesenc_epi128(state, key));
    }
    let mut tweaks = [[0; BLOCK_BYTES]; BATCH_UNITS];
    for (quad, state) in tweaks.as_flattened_mut().as_chunks_mut().0.iter_mut().zip(states) {
        store(_mm512_aesenclast_epi128(state, broadcast(last)), quad);
    }
    tweaks
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,vaes,vpclmulqdq")]
fn apply_units<const ENCRYPT: bool>(keys: &RoundKeys, tweaks: &Ivs, unit_bytes: usize, data: &mut [u8]) {
    let low = _mm512_set_epi64(1 << 3, 1 << 3, 1 << 2, 1 << 2, 1 << 1, 1 << 1, 1, 1);
    let high = _mm512_set_epi64(1 << 7, 1 << 7, 1 << 6, 1 << 6, 1 << 5, 1 << 5, 1 << 4, 1 << 4);
    for (unit, tweak) in data.chunks_exact_mut(unit_bytes).zip(tweaks) {
        let tweak = broadcast(tweak);
        let mut pair = [times(tweak, low), times(tweak, high)];
        for chunk in unit.as_chunks_mut().0 {
            pair = apply_chunk::<ENCRYPT>(keys, pair, chunk);
        }
    }
}

/// `pair`: tweaks of the chunk's first eight blocks; returns those of the next chunk.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,vaes,vpclmulqdq")]
#[inline]
fn apply_chunk<const ENCRYPT: bool>(
    keys: &RoundKeys,
    pair: [__m512i; 2],
    chunk: &mut [u8; CHUNK_BYTES],
) -> [__m512i; 2] {
    let [first, middle @ .., last] = keys;
    let second = pair.map(|tweak| times_x8(tweak));
    let third = second.map(|tweak| times_x8(tweak));
    let fourth = third.map(|tweak| times_x8(tweak));
    let tweaks: [__m512i; STREAMS] = [pair[0], pair[1], second[0], second[1], third[0], third[1], fourth[0], fourth[1]];
    let (registers, _) = chunk.as_chunks_mut();

    let first = broadcast(first);
    let mut states = tweaks;
    for (state, bytes) in states.iter_mut().zip(&*registers) {
        *state = _mm512_ternarylogic_epi64::<XOR3>(load(bytes), *state, first);
    }
    for key in middle.iter().map(|key| broadcast(key)) {
        states = states.map(
            |state| {
                if ENCRYPT { _mm512_aesenc_epi128(state, key) } else { _mm512_aesdec_epi128(state, key) }
            },
        );
    }
    let last = broadcast(last);
    for ((bytes, state), tweak) in registers.iter_mut().zip(states).zip(tweaks) {
        // A round ends by adding its key, so the tweak can be added to the key.
        let key = _mm512_xor_si512(last, tweak);
        let done = if ENCRYPT { _mm512_aesenclast_epi128(state, key) } else { _mm512_aesdeclast_epi128(state, key) };
        store(done, bytes);
    }
    fourth.map(|tweak| times_x8(tweak))
}

/// Products in GF(2^128), lane by lane. `factor`: in both halves of a lane, a polynomial of degree below 8.
#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq")]
fn times(tweak: __m512i, factor: __m512i) -> __m512i {
    let low = _mm512_clmulepi64_epi128::<0x00>(tweak, factor);
    let high = _mm512_clmulepi64_epi128::<0x01>(tweak, factor);
    let carry = _mm512_clmulepi64_epi128::<0x01>(high, _mm512_set1_epi64(REDUCTION));
    _mm512_ternarylogic_epi64::<XOR3>(low, _mm512_bslli_epi128::<8>(high), carry)
}

/// `times` for `x^8`: a byte is shifted out and comes back reduced.
#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq")]
#[inline]
fn times_x8(tweak: __m512i) -> __m512i {
    let carry = _mm512_clmulepi64_epi128::<0x00>(_mm512_bsrli_epi128::<15>(tweak), _mm512_set1_epi64(REDUCTION));
    _mm512_xor_si512(_mm512_bslli_epi128::<1>(tweak), carry)
}

#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; REGISTER_BYTES]) -> __m512i {
    // SAFETY: invariant 2.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
fn store(register: __m512i, bytes: &mut [u8; REGISTER_BYTES]) {
    // SAFETY: invariant 2.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), register) }
}

/// `block` in all four lanes.
#[target_feature(enable = "avx512f")]
fn broadcast(block: &[u8; BLOCK_BYTES]) -> __m512i {
    // SAFETY: invariant 2.
    _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(block.as_ptr().cast()) })
}
