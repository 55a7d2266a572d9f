//! SM4-GCM (RFC 8998) with an explicit nonce, from RustCrypto: AWS-LC has no SM4.
//!
//! Two things are weaker than with AES: the code was never audited, and its S-box is a table, so that a process on
//! the same core may see in the cache which parts of it were used. Who must have SM4 takes it knowingly.

use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::U12;
use aes_gcm::{AesGcm, KeyInit};
use sm4::Sm4;

use crate::gcm::{NONCE_BYTES, TAG_BYTES};
use crate::secret::Secret;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 16;

/// An expanded key: on the heap, so that moves leave no copies; wiped on drop, not locked.
pub(crate) struct Sm4Gcm(Box<AesGcm<Sm4, U12>>);

impl Sm4Gcm {
    /// `key` has 16 bytes.
    pub(crate) fn new(key: &Secret) -> Self {
        Self(Box::new(AesGcm::new_from_slice(key.expose()).expect("keys of SM4 have 16 bytes")))
    }

    /// Encrypts `in_out` in place and returns the tag over it and `associated`.
    pub(crate) fn seal(&self, nonce: [u8; NONCE_BYTES], associated: &[u8], in_out: &mut [u8]) -> [u8; TAG_BYTES] {
        self.0
            .encrypt_inout_detached(&nonce.into(), associated, in_out.into())
            .expect("what is in memory is below the 64 GiB that GCM takes")
            .into()
    }

    /// Decrypts `ciphertext` into `out` of the same length; `None`, and nothing of use in `out`, when
    /// the tag does not fit.
    pub(crate) fn open(
        &self,
        nonce: [u8; NONCE_BYTES],
        associated: &[u8],
        ciphertext: &[u8],
        tag: &[u8; TAG_BYTES],
        out: &mut [u8],
    ) -> Option<()> {
        out.copy_from_slice(ciphertext);
        self.0.decrypt_inout_detached(&nonce.into(), associated, out.into(), tag.into()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        hex::decode(text).expect("hex in a test")
    }

    /// RFC 8998, appendix A.1, both directions; a changed bit anywhere does not open.
    #[test]
    fn sm4_gcm_is_that_of_rfc_8998() {
        let gcm = Sm4Gcm::new(&Secret::copy_of(&bytes("0123456789abcdeffedcba9876543210")));
        let nonce = <[u8; NONCE_BYTES]>::try_from(bytes("00001234567800000000abcd")).expect("12 bytes");
        let associated = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let plain = bytes(concat!(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd",
            "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
        ));
        let mut text = plain.clone();
        let tag = gcm.seal(nonce, &associated, &mut text);
        assert_eq!(
            hex::encode(&text),
            concat!(
                "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735",
                "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
            )
        );
        assert_eq!(hex::encode(tag), "83de3541e4c2b58177e065a9bf7b62ec");
        let mut out = vec![0; plain.len()];
        assert_eq!(gcm.open(nonce, &associated, &text, &tag, &mut out), Some(()));
        assert_eq!(out, plain);
        for bit in 0..text.len() * 8 {
            let mut changed = text.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(gcm.open(nonce, &associated, &changed, &tag, &mut out), None, "bit {bit}");
        }
        assert_eq!(gcm.open(nonce, b"other", &text, &tag, &mut out), None);
    }
}
