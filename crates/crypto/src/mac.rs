//! HMAC: SHA-256 for what is ours, SHA-1 for a protocol that prescribes it.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use crate::digest::Digest;
use crate::secret::Secret;

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

/// Plain HMAC-SHA-256 (RFC 2104), for protocols that prescribe it.
#[must_use]
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> Digest {
    digest_of(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data))
}

/// Plain HMAC-SHA-1 (RFC 2104), only for signature version 1 of the API. The weakness of SHA-1 is its collisions; a MAC needs none.
#[must_use]
pub fn hmac_sha1(key: &[u8], data: &[u8]) -> [u8; 20] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key), data);
    tag.as_ref().try_into().expect("HMAC-SHA-1 has 20 bytes")
}

/// Compares a tag with the one that was sent, in time that depends on the lengths only.
#[must_use]
pub fn tags_equal(ours: &[u8], sent: &[u8]) -> bool {
    verify_slices_are_equal(ours, sent).is_ok()
}

fn digest_of(tag: hmac::Tag) -> Digest {
    Digest::try_from(tag.as_ref()).expect("HMAC-SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202, test case 2, and RFC 4231, test case 2; a tag equals itself and nothing shorter.
    #[test]
    fn known_answers() {
        let (key, data) = (b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex::encode(hmac_sha1(key, data)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        let tag = hmac_sha256(key, data);
        assert_eq!(hex::encode(tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(tags_equal(&tag, &tag) && !tags_equal(&tag, &tag[..31]) && !tags_equal(&tag, &[0; 32]));
    }

    /// Label and data cannot be traded against each other.
    #[test]
    fn labels_separate_purposes() {
        let key = Secret::copy_of(b"key");
        assert_eq!(mac(&key, "audit", b"x"), mac(&key, "audit", b"x"));
        assert_ne!(mac(&key, "audit", b"x"), mac(&key, "audi", b"tx"));
        assert_ne!(mac(&key, "audit", b"x"), mac(&Secret::copy_of(b"yek"), "audit", b"x"));
    }
}
