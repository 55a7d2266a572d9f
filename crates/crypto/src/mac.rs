//! HMAC, and the comparison of what must not be guessed.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use crate::digest::Digest;
use crate::secret::Secret;

/// Bytes of an HMAC-SHA-1.
pub const HMAC_SHA1_BYTES: usize = 20;

/// Authenticates `data` for the purpose `label` under `key`.
///
/// HMAC over `u32be label length, label, data`: values made for one purpose are worthless for another.
#[must_use]
pub fn mac(key: &Secret, label: &str, data: &[u8]) -> Digest {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.expose()));
    context.update(&u32::try_from(label.len()).unwrap_or(u32::MAX).to_be_bytes());
    context.update(label.as_bytes());
    context.update(data);
    digest_of(context.sign())
}

/// Whether `tag` is [`mac`] of `data` for this purpose. Its duration depends on the length of `data` only.
///
/// A tag of any length may be given: it comes from outside.
#[must_use]
pub fn verify(key: &Secret, label: &str, data: &[u8], tag: &[u8]) -> bool {
    equal(&mac(key, label, data), tag)
}

/// Whether two values are equal, in time that depends on their lengths only. For signatures and tokens of requests.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    verify_slices_are_equal(a, b).is_ok()
}

/// Plain HMAC-SHA-1 (RFC 2104), for the request signatures that prescribe it. No collision of SHA-1 matters to HMAC.
#[must_use]
pub fn hmac_sha1(key: &[u8], data: &[u8]) -> [u8; HMAC_SHA1_BYTES] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key), data);
    tag.as_ref().try_into().expect("HMAC-SHA-1 has 20 bytes")
}

/// Plain HMAC-SHA-256 (RFC 2104), for protocols that prescribe it.
#[must_use]
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> Digest {
    digest_of(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data))
}

fn digest_of(tag: hmac::Tag) -> Digest {
    Digest::try_from(tag.as_ref()).expect("HMAC-SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn hmac_sha256_is_that_of_rfc_4231() {
        let tag = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex::encode(tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    /// Label and data cannot be traded against each other.
    #[test]
    fn labels_separate_purposes() {
        let key = Secret::copy_of(b"key");
        assert_eq!(mac(&key, "audit", b"x"), mac(&key, "audit", b"x"));
        assert_ne!(mac(&key, "audit", b"x"), mac(&key, "audi", b"tx"));
        assert_ne!(mac(&key, "audit", b"x"), mac(&Secret::copy_of(b"yek"), "audit", b"x"));
    }

    /// RFC 2202, test cases 1, 2 and 6.
    #[test]
    fn hmac_sha1_is_that_of_rfc_2202() {
        for (key, data, expected) in [
            (&[0x0b; 20][..], &b"Hi There"[..], "b617318655057264e28bc0b6fb378c8ef146be00"),
            (b"Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (
                &[0xaa; 80],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "aa4ae5e15272d00e95705637ce8a3b55ed402112",
            ),
        ] {
            assert_eq!(hex::encode(hmac_sha1(key, data)), expected);
        }
    }

    /// Only the whole tag of the same purpose and key verifies.
    #[test]
    fn verify_takes_the_right_tag_only() {
        let key = Secret::copy_of(b"key");
        let tag = mac(&key, "token", b"x");
        assert!(verify(&key, "token", b"x", &tag));
        for wrong in [&mac(&key, "audit", b"x")[..], &mac(&key, "token", b"y"), &tag[..31], &[], &[0; 32]] {
            assert!(!verify(&key, "token", b"x", wrong));
        }
        assert!(!verify(&key, "token", b"x", &[&tag[..], &[0]].concat()));
        assert!(!verify(&Secret::copy_of(b"yek"), "token", b"x", &tag));
    }

    /// Equal means every byte and the length.
    #[test]
    fn equal_looks_at_everything() {
        assert!(equal(b"", b"") && equal(b"abc", b"abc"));
        assert!(!equal(b"abc", b"abd") && !equal(b"abc", b"ab") && !equal(b"", b"a"));
    }
}
