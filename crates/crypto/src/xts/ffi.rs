//! AES of AWS-LC through its C interface: XTS, and CBC and ECB for old images.
//!
//! `aws-lc-rs` has no XTS and sets a key for each message; here the key is expanded once and
//! each sector only sets its IV, which is twice as fast (`../shared/perf.md` A2).
#![expect(unsafe_code, reason = "XTS is offered by the C interface only; see the invariants at `BlockCipher`")]

use std::ptr::{self, NonNull};

use aws_lc_sys::{
    EVP_CIPHER, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free, EVP_CIPHER_CTX_new, EVP_Cipher, EVP_CipherInit_ex,
    EVP_aes_128_cbc, EVP_aes_128_ecb, EVP_aes_256_cbc, EVP_aes_256_ecb, EVP_aes_256_xts,
};

/// Bytes of an AES block and of an IV.
pub(crate) const BLOCK_BYTES: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Aes256Xts,
    Aes128Cbc,
    Aes256Cbc,
    /// Ignores the IV.
    Aes128Ecb,
    /// Ignores the IV.
    Aes256Ecb,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Direction {
    Decrypt = 0,
    Encrypt = 1,
}

impl Algorithm {
    fn key_bytes(self) -> usize {
        match self {
            Self::Aes128Cbc | Self::Aes128Ecb => 16,
            Self::Aes256Cbc | Self::Aes256Ecb => 32,
            Self::Aes256Xts => 64,
        }
    }

    fn table(self) -> *const EVP_CIPHER {
        // SAFETY: these functions take nothing and return constant tables.
        unsafe {
            match self {
                Self::Aes256Xts => EVP_aes_256_xts(),
                Self::Aes128Cbc => EVP_aes_128_cbc(),
                Self::Aes256Cbc => EVP_aes_256_cbc(),
                Self::Aes128Ecb => EVP_aes_128_ecb(),
                Self::Aes256Ecb => EVP_aes_256_ecb(),
            }
        }
    }
}

/// One expanded key for one direction.
///
/// Invariants that the unsafe code rests on:
/// 1. `context` comes from `EVP_CIPHER_CTX_new`, belongs to this value alone, and is freed once, in
///    `drop`. `EVP_CIPHER_CTX_free` wipes the expanded key.
/// 2. After `new`, `context` has a cipher and a key; later calls change its IV only.
/// 3. All calls on `context` take `&mut self`, so no two run at once.
/// 4. Key and IV have the lengths that the cipher reads: checked in `new`, fixed by type in `apply`.
pub(crate) struct BlockCipher {
    context: NonNull<EVP_CIPHER_CTX>,
}

// SAFETY: a context is plain memory without ties to a thread; invariant 1 makes it move with its owner.
unsafe impl Send for BlockCipher {}

impl BlockCipher {
    /// Expands `key`, whose length and (for XTS) halves the caller has checked.
    pub(crate) fn new(algorithm: Algorithm, direction: Direction, key: &[u8]) -> Self {
        assert_eq!(key.len(), algorithm.key_bytes(), "the caller chose the algorithm by the length of the key");
        // SAFETY: no arguments; null means that there is no memory.
        let context = unsafe { EVP_CIPHER_CTX_new() };
        let context = NonNull::new(context).expect("memory for a cipher context of 200 bytes");
        let cipher = Self { context };
        // SAFETY: invariants 1 and 4; a null engine is the default, and a null IV is set later.
        let done = unsafe {
            EVP_CipherInit_ex(
                cipher.context.as_ptr(),
                algorithm.table(),
                ptr::null_mut(),
                key.as_ptr(),
                ptr::null(),
                direction as i32,
            )
        };
        assert_eq!(done, 1, "AWS-LC takes every key of the right length with unequal halves");
        cipher
    }

    /// Encrypts or decrypts `unit` in place as one data unit. Its length is a positive multiple of 16
    /// and, for XTS, at most 16 MiB.
    pub(crate) fn apply(&mut self, iv: &[u8; BLOCK_BYTES], unit: &mut [u8]) {
        const KEEP_DIRECTION: i32 = -1;
        debug_assert!(unit.len().is_multiple_of(BLOCK_BYTES));
        // SAFETY: invariants 1 to 4; null cipher and key keep those that are set. `EVP_Cipher` reads and
        // writes exactly `unit.len()` bytes, and input and output may be the same buffer.
        let done = unsafe {
            EVP_CipherInit_ex(
                self.context.as_ptr(),
                ptr::null(),
                ptr::null_mut(),
                ptr::null(),
                iv.as_ptr(),
                KEEP_DIRECTION,
            ) & EVP_Cipher(self.context.as_ptr(), unit.as_mut_ptr(), unit.as_ptr(), unit.len())
        };
        // Anything else would leave plaintext where ciphertext is expected: stop at once.
        assert_eq!(done, 1, "AWS-LC encrypts whole blocks");
    }
}

impl Drop for BlockCipher {
    fn drop(&mut self) {
        // SAFETY: invariant 1.
        unsafe { EVP_CIPHER_CTX_free(self.context.as_ptr()) };
    }
}
