//! The RSA private operation without padding, from AWS-LC's C interface.
//!
//! `aws-lc-rs` decrypts PKCS#1 v1.5 only together with AWS-LC's own padding check, which branches on the result.
//! [`super::unwrap`] says why that is not good enough.
#![expect(
    unsafe_code,
    reason = "RSA without padding is offered by the C interface only; see the invariants at `RawRsaKey`"
)]

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use aws_lc_sys::{
    CBS_init, EVP_PKEY, EVP_PKEY_free, EVP_PKEY_get0_RSA, EVP_parse_private_key, RSA, RSA_NO_PADDING, RSA_decrypt,
    RSA_size,
};

/// A private RSA key.
///
/// Invariants that the unsafe code rests on:
/// 1. The key comes from `EVP_parse_private_key`, belongs to this value alone, and is freed once, in `drop`.
///    `EVP_PKEY_free` wipes it.
/// 2. It is an RSA key, and it has passed AWS-LC's check of private keys.
pub(super) struct RawRsaKey(NonNull<EVP_PKEY>);

// SAFETY: a key is plain memory without ties to a thread; invariant 1 makes it move with its owner.
unsafe impl Send for RawRsaKey {}

impl RawRsaKey {
    /// Opens a PKCS#8 form; `None` if it is not a consistent RSA key.
    pub(super) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let mut reader = MaybeUninit::uninit();
        // SAFETY: `CBS_init` initialises `reader` with a borrow of `pkcs8`, which outlives it; parsing reads within its
        // length. Null means that the bytes are no key.
        let key = unsafe {
            CBS_init(reader.as_mut_ptr(), pkcs8.as_ptr(), pkcs8.len());
            EVP_parse_private_key(reader.as_mut_ptr())
        };
        Some(Self(NonNull::new(key)?)).filter(|key| !key.rsa().is_null())
    }

    /// Borrowed from the key; null if it is not RSA, which `from_pkcs8` excludes.
    fn rsa(&self) -> *mut RSA {
        // SAFETY: invariant 1.
        unsafe { EVP_PKEY_get0_RSA(self.0.as_ptr()) }
    }

    /// Bytes of modulus, ciphertexts and padded plaintexts.
    pub(super) fn modulus_bytes(&self) -> usize {
        // SAFETY: invariant 2.
        unsafe { RSA_size(self.rsa()) }.try_into().expect("a modulus has some hundred bytes")
    }

    /// Decrypts into `block`, of [`RawRsaKey::modulus_bytes`], padding and all. Constant time and blinded, as
    /// far as AWS-LC is.
    ///
    /// `None` if `ciphertext` is not a number below the modulus in as many bytes: all of it public.
    pub(super) fn decrypt(&self, ciphertext: &[u8], block: &mut [u8]) -> Option<()> {
        if block.len() != self.modulus_bytes() {
            return None;
        }
        let mut written = 0;
        // SAFETY: invariant 2; `RSA_decrypt` reads `ciphertext.len()` bytes and writes at most `block.len()`. It
        // locks what it changes in the key.
        let done = unsafe {
            RSA_decrypt(
                self.rsa(),
                &raw mut written,
                block.as_mut_ptr(),
                block.len(),
                ciphertext.as_ptr(),
                ciphertext.len(),
                RSA_NO_PADDING,
            )
        };
        (done == 1 && written == block.len()).then_some(())
    }
}

impl Drop for RawRsaKey {
    fn drop(&mut self) {
        // SAFETY: invariant 1.
        unsafe { EVP_PKEY_free(self.0.as_ptr()) };
    }
}
