//! Where random bytes come from. Always an argument, so that tests and vectors repeat.

use std::sync::{Mutex, PoisonError};

use crate::digest::{Digest, sha256};

/// A source of random bytes.
pub trait Random: Send + Sync {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The kernel's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    /// Panics when the kernel has no random source: there is no safe way to go on without one.
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the kernel has a random source");
    }
}

/// Predictable bytes for tests and vectors. **Never for real keys.**
///
/// `SHA-256(seed || u64be(i))`, i = 0, 1, 2 …, used in order: the source of the worked example in
/// `../shared/formats.md` 1.10.
#[derive(Debug)]
pub struct SeededRandom {
    seed: Vec<u8>,
    state: Mutex<Seeded>,
}

#[derive(Debug)]
struct Seeded {
    next: u64,
    block: Digest,
    used: usize,
}

impl SeededRandom {
    /// A source that gives the same bytes for the same seed.
    #[must_use]
    pub fn new(seed: &[u8]) -> Self {
        let block = Digest::default();
        Self { seed: seed.to_vec(), state: Mutex::new(Seeded { next: 0, used: block.len(), block }) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            if state.used == state.block.len() {
                state.block = sha256(&[self.seed.as_slice(), &state.next.to_be_bytes()].concat());
                state.next = state.next.wrapping_add(1);
                state.used = 0;
            }
            *byte = state.block.get(state.used).copied().unwrap_or_default();
            state.used = state.used.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stream is the one of the worked example, and does not depend on how it is cut.
    #[test]
    fn seeded_bytes_are_those_of_the_worked_example() {
        let random = SeededRandom::new(b"formats.md");
        let (mut a, mut b, mut rest) = ([0; 5], [0; 27], [0; 32]);
        random.fill(&mut a);
        random.fill(&mut b);
        random.fill(&mut rest);
        assert_eq!(
            hex::encode([a.as_slice(), &b].concat()),
            "df06855ee59a48be506509d0565cce180a3731c5717ef803d39086991e7d3ac0"
        );
        assert_eq!(hex::encode(rest), "547ba5cffe6a65dffdfb1b1020627ffd97963884f7bbece2f5a7b152d04c96e1");
    }

    /// Two draws from the kernel differ: the buffer is written.
    #[test]
    fn os_random_fills_the_buffer() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        OsRandom.fill(&mut a);
        OsRandom.fill(&mut b);
        assert_ne!(a, b);
    }
}
