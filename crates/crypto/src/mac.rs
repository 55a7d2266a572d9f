//! HMAC-SHA-256.

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

fn digest_of(tag: hmac::Tag) -> Digest {
    Digest::try_from(tag.as_ref()).expect("HMAC-SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Label and data cannot be traded against each other.
    #[test]
    fn labels_separate_purposes() {
        let key = Secret::copy_of(b"key");
        assert_eq!(mac(&key, "audit", b"x"), mac(&key, "audit", b"x"));
        assert_ne!(mac(&key, "audit", b"x"), mac(&key, "audi", b"tx"));
        assert_ne!(mac(&key, "audit", b"x"), mac(&Secret::copy_of(b"yek"), "audit", b"x"));
    }
}
