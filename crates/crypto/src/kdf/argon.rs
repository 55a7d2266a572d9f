//! Argon2: opens foreign LUKS2 images, protects a root key under a human passphrase.

use argon2::{Algorithm, Argon2, Block, Error, Params, Version};
use zeroize::Zeroize;

use crate::error::CryptoError;
use crate::secret::Secret;

use super::{DERIVED_BYTES_MAX, within};

/// Most memory of one derivation: 1 GiB, what `cryptsetup` takes by default on a large machine.
pub const MEMORY_KIB_MAX: u32 = 1 << 20;

/// Most lanes: the limit of `cryptsetup`. They run one after the other here.
const LANES_MAX: u32 = 4;

/// Most passes × KiB: 16 passes over 1 GiB, or more over less. `cryptsetup` takes about 4 for 2 s of work.
const WORK_KIB_MAX: u64 = 16 << 20;

/// Kind of Argon2 (RFC 9106), version 1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argon2Kind {
    /// Independent of the data. For old images.
    Argon2i,
    /// The one to write.
    Argon2id,
}

impl Argon2Kind {
    /// The kind that a LUKS2 header names.
    ///
    /// Errors: `UnsupportedKdf`.
    pub fn from_name(name: &str) -> Result<Self, CryptoError> {
        match name {
            "argon2i" => Ok(Self::Argon2i),
            "argon2id" => Ok(Self::Argon2id),
            _ => Err(CryptoError::UnsupportedKdf { name: name.to_owned() }),
        }
    }
}

/// What a derivation costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory, in KiB: 8 per lane or more.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes, 1..=4.
    pub lanes: u32,
}

/// Argon2: `len` key bytes from a passphrase. Its memory is wiped.
///
/// Errors: `KdfCost` for costs or lengths outside the limits, before any memory is taken;
/// `KdfMemory` when there is not enough.
pub fn argon2(
    kind: Argon2Kind,
    cost: Argon2Cost,
    password: &[u8],
    salt: &[u8],
    len: usize,
) -> Result<Secret, CryptoError> {
    within("parallel lanes", cost.lanes.into(), 1, LANES_MAX.into())?;
    within("memory (KiB)", cost.memory_kib.into(), u64::from(cost.lanes).saturating_mul(8), MEMORY_KIB_MAX.into())?;
    within("iterations", cost.iterations.into(), 1, WORK_KIB_MAX.checked_div(cost.memory_kib.into()).unwrap_or(0))?;
    within("output bytes", len as u64, Params::MIN_OUTPUT_LEN as u64, DERIVED_BYTES_MAX as u64)?;
    within("salt bytes", salt.len() as u64, 8, 64)?;
    let params =
        Params::new(cost.memory_kib, cost.iterations, cost.lanes, Some(len)).map_err(|error| refused(error, cost))?;
    let algorithm = match kind {
        Argon2Kind::Argon2i => Algorithm::Argon2i,
        Argon2Kind::Argon2id => Algorithm::Argon2id,
    };
    let mut memory =
        Memory::zeroed(params.block_count()).ok_or(CryptoError::KdfMemory { memory_kib: cost.memory_kib })?;
    Secret::try_from_fn(len, |out| {
        Argon2::new(algorithm, Version::V0x13, params)
            .hash_password_into_with_memory(password, salt, out, &mut memory.0)
            .map_err(|error| refused(error, cost))
    })
}

fn refused(error: Error, cost: Argon2Cost) -> CryptoError {
    match error {
        Error::PwdTooLong => {
            CryptoError::KdfCost { what: "password bytes", found: u64::MAX, min: 0, max: u32::MAX.into() }
        }
        _ => CryptoError::KdfMemory { memory_kib: cost.memory_kib },
    }
}

/// Working memory, wiped on drop: its last blocks lead to the key.
struct Memory(Vec<Block>);

impl Memory {
    fn zeroed(blocks: usize) -> Option<Self> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(blocks).ok()?;
        memory.resize(blocks, Block::default());
        Some(Self(memory))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Costs beyond the limits are refused at once: no memory is taken, no time spent.
    #[test]
    fn argon2_refuses_absurd_costs() {
        let cost = |memory_kib, iterations, lanes| Argon2Cost { memory_kib, iterations, lanes };
        for bad in [
            cost(MEMORY_KIB_MAX + 1, 1, 1),
            cost(u32::MAX, u32::MAX, 4),
            cost(MEMORY_KIB_MAX, 17, 1),
            cost(64, u32::MAX, 1),
            cost(64, 0, 1),
            cost(64, 1, 0),
            cost(64, 1, 5),
            cost(7, 1, 1),
            cost(0, 1, 1),
        ] {
            let result = argon2(Argon2Kind::Argon2id, bad, b"password", &[0; 32], 32);
            assert!(matches!(result.err(), Some(CryptoError::KdfCost { .. })), "{bad:?}");
        }
        for (salt, len) in [(7, 32), (65, 32), (32, 0), (32, 257)] {
            let result = argon2(Argon2Kind::Argon2i, cost(64, 1, 1), b"password", &vec![0; salt], len);
            assert!(matches!(result.err(), Some(CryptoError::KdfCost { .. })), "salt {salt}, len {len}");
        }
    }
}
