//! The only code that touches key bytes: XTS, key derivation, sealing, digests, signatures, `Secret`.
//!
//! ```text
//!   DataKey ──base64──▶ passphrase ──kdf──▶ slot key ──keyslot──▶ master key ──sector──▶ disk bytes
//!      │                                                                                     │
//!      ├──seal (under a key of the KMS, bound to a Context)                                  │
//!      └──digest::TreeKey ──▶ leaf digests ──▶ root ◀───────────────────────────────────────-┘
//! ```
//!
//! Key bytes live in [`Secret`]: memory that is locked, left out of dumps and wiped.
//! Randomness is an argument ([`Random`]); a deterministic source serves tests.
//!
//! Deliberately absent: files, clocks, parsing of formats, and AWS-LC's own random
//! generator, whose first use costs 23 ms; only [`asymmetric`] starts it.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::unwrap_used))]

pub mod asymmetric;
pub mod digest;
pub mod ed25519;
pub mod kdf;
pub mod keyslot;
pub mod mac;
pub mod password;
pub mod seal;
pub mod sector;

mod context;
mod data_key;
mod error;
mod gcm;
mod locked;
mod random;
mod secret;
mod self_test;
#[cfg(feature = "sm")]
mod sm4_gcm;
mod stack;
mod xts;

pub use context::Context;
pub use data_key::{DATA_KEY_BYTES, DataKey, PASSPHRASE_BYTES};
pub use error::CryptoError;
pub use locked::{LockStatus, lock_status};
pub use random::{OsRandom, Random, SeededRandom};
pub use seal::NotAuthentic;
pub use secret::Secret;
pub use self_test::{SelfTestFailed, self_test};
pub use stack::leaving_no_trace;
