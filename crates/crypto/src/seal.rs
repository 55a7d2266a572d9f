//! Sealing small secrets: AES-256-GCM with a context as associated data and a committing header.
//!
//! ```text
//!   byte 0        version, 1
//!   byte 1..33    salt: 256 random bits
//!   byte 33..65   commitment to key, salt and context
//!   byte 65..     AES-256-GCM ciphertext, 16-byte tag at the end
//! ```
//!
//! For each message HKDF-SHA-256 derives from the key, the salt and the context a GCM key and the
//! commitment, under different labels. The salt is first because everything else depends on it.
//!
//! - **The nonce is zero**, because the GCM key serves one message: it repeats only if a 256-bit
//!   salt does. A random 96-bit nonce under a long-lived key would have to stop at 2^32 messages.
//! - **Committing**, because GCM alone lets someone make one ciphertext that opens under two keys.
//!   The commitment is a hash of the key; it is compared before anything is decrypted.
//! - **One error** for wrong key, wrong context and tampering: which it was helps only an attacker.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::context::Context;
use crate::digest::sha256;
use crate::kdf::hkdf;
use crate::random::Random;
use crate::secret::Secret;

const VERSION: u8 = 1;
const SALT_BYTES: usize = 32;
const COMMITMENT_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// A sealed value is this much longer than its plaintext.
pub const OVERHEAD_BYTES: usize = 1 + SALT_BYTES + COMMITMENT_BYTES + TAG_BYTES;

/// Wrong key, wrong context, or a changed byte: one case on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value does not belong to this key and context, or it was changed")]
pub struct NotAuthentic;

/// Seals `plaintext` under `key`, bound to `context`.
///
/// Returns [`OVERHEAD_BYTES`] more than the plaintext; layout in the module's text.
#[must_use]
pub fn seal(key: &Secret, context: &Context, plaintext: &[u8], random: &dyn Random) -> Vec<u8> {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    let context = context.canonical();
    let message = MessageKeys::derive(key, &salt, &context);
    let mut sealed = Vec::with_capacity(plaintext.len().saturating_add(OVERHEAD_BYTES));
    sealed.push(VERSION);
    sealed.extend_from_slice(&salt);
    sealed.extend_from_slice(message.commitment.expose());
    // The capacity is exact, so no plaintext is left behind by a growing vector.
    let body = sealed.len();
    sealed.extend_from_slice(plaintext);
    let tag = message
        .gcm
        .seal_in_place_separate_tag(
            zero_nonce(),
            associated_data(&context),
            sealed.get_mut(body..).unwrap_or_default(),
        )
        .expect("a plaintext in memory is below the 64 GiB that GCM takes");
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

/// Opens a value sealed under `key` and `context`.
///
/// Errors: [`NotAuthentic`], for whatever is wrong.
pub fn open(key: &Secret, context: &Context, sealed: &[u8]) -> Result<Secret, NotAuthentic> {
    let (&[VERSION], rest) = sealed.split_first_chunk().ok_or(NotAuthentic)? else {
        return Err(NotAuthentic);
    };
    let (salt, rest) = rest.split_first_chunk::<SALT_BYTES>().ok_or(NotAuthentic)?;
    let (commitment, rest) = rest
        .split_first_chunk::<COMMITMENT_BYTES>()
        .ok_or(NotAuthentic)?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(NotAuthentic)?;
    let context = context.canonical();
    let message = MessageKeys::derive(key, salt, &context);
    verify_slices_are_equal(commitment, message.commitment.expose()).map_err(|_| NotAuthentic)?;
    Secret::try_from_fn(ciphertext.len(), |out| {
        message
            .gcm
            .open_separate_gather(
                zero_nonce(),
                associated_data(&context),
                ciphertext,
                tag,
                out,
            )
            .map_err(|_| NotAuthentic)
    })
}

struct MessageKeys {
    gcm: LessSafeKey,
    commitment: Secret,
}

impl MessageKeys {
    fn derive(key: &Secret, salt: &[u8; SALT_BYTES], context: &[u8]) -> Self {
        let context_hash = sha256(context);
        let derive = |label: &[u8]| {
            hkdf(key.expose(), salt, &[label, &context_hash], 32)
                .expect("32 bytes are within HKDF's limit")
        };
        let gcm_key = derive(b"reseal seal v1 key\0");
        let gcm =
            UnboundKey::new(&AES_256_GCM, gcm_key.expose()).expect("32 bytes are a key of AES-256");
        Self {
            gcm: LessSafeKey::new(gcm),
            commitment: derive(b"reseal seal v1 commitment\0"),
        }
    }
}

fn zero_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// Version and canonical context: bound a second time, by GCM itself.
fn associated_data(context: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([&[VERSION], context].concat())
}
