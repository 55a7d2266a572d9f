//! The data key of an image, and its text form that every LUKS tool takes.

use crate::error::CryptoError;
use crate::random::Random;
use crate::secret::Secret;

/// Bytes of a data key.
pub const DATA_KEY_BYTES: usize = 32;

/// Bytes of the passphrase: base64 of 32 bytes.
pub const PASSPHRASE_BYTES: usize = 44;

/// 32 random bytes that a key management service wraps and unwraps.
pub struct DataKey(Secret);

impl DataKey {
    /// A new data key.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self(Secret::random(DATA_KEY_BYTES, random))
    }

    /// The bytes, as they are wrapped.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// The LUKS passphrase: standard base64 with padding, 44 ASCII bytes, no newline.
    ///
    /// Text, because QEMU refuses passphrases that are not UTF-8 or contain NUL
    /// (`../shared/formats.md` 2.5).
    #[must_use]
    pub fn passphrase(&self) -> Secret {
        Secret::from_fn(PASSPHRASE_BYTES, |text| {
            encode_base64(self.0.expose(), text);
        })
    }
}

impl TryFrom<Secret> for DataKey {
    type Error = CryptoError;

    fn try_from(secret: Secret) -> Result<Self, CryptoError> {
        match secret.len() {
            DATA_KEY_BYTES => Ok(Self(secret)),
            found => Err(CryptoError::KeyLength { algorithm: "data key", expected: "32", found }),
        }
    }
}

/// Writes the base64 text of `bytes` into `text`, which has 4 bytes for each 3 begun.
///
/// Own code, because a library's `String` would leave key text on the heap, and a table lookup
/// would leave its trace in the cache.
fn encode_base64(bytes: &[u8], text: &mut [u8]) {
    let (quads, _) = text.as_chunks_mut::<4>();
    for (triple, quad) in bytes.chunks(3).zip(quads) {
        let byte = |i| u32::from(triple.get(i).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        *quad = [18, 12, 6, 0].map(|shift: u32| symbol((bits >> shift & 63) as u8));
        let [.., third, fourth] = quad;
        if triple.len() < 3 {
            *fourth = b'=';
        }
        if triple.len() < 2 {
            *third = b'=';
        }
    }
}

/// The base64 character of a 6-bit value, by arithmetic alone: each range that the value has
/// reached adds the distance from the alphabet's previous range.
fn symbol(value: u8) -> u8 {
    let reached = |first: u8| u8::from(value >= first).wrapping_neg();
    value
        .wrapping_add(b'A')
        .wrapping_add(reached(26) & b'a'.wrapping_sub(b'Z').wrapping_sub(1))
        .wrapping_add(reached(52) & b'0'.wrapping_sub(b'z').wrapping_sub(1))
        .wrapping_add(reached(62) & b'+'.wrapping_sub(b'9').wrapping_sub(1))
        .wrapping_add(reached(63) & b'/'.wrapping_sub(b'+').wrapping_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All 64 values give the standard alphabet.
    #[test]
    fn symbols_are_the_standard_alphabet() {
        let all: Vec<u8> = (0..64).map(symbol).collect();
        assert_eq!(all, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    }

    /// Texts of RFC 4648 section 10, all three padding cases.
    #[test]
    fn base64_follows_rfc_4648() {
        for (bytes, expected) in
            [("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            let mut text = vec![0; expected.len()];
            encode_base64(bytes.as_bytes(), &mut text);
            assert_eq!(text, expected.as_bytes());
        }
    }

    /// The passphrase of the worked example in formats.md 1.10.
    #[test]
    fn passphrase_is_that_of_the_worked_example() {
        let key = DataKey::try_from(Secret::copy_of(b"0123456789abcdef0123456789abcdef")).expect("32 bytes");
        assert_eq!(key.passphrase().expose(), b"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    }

    /// A data key of another length is refused.
    #[test]
    fn data_keys_have_32_bytes() {
        assert!(DataKey::try_from(Secret::copy_of(&[1; 31])).is_err());
        assert!(DataKey::try_from(Secret::copy_of(&[1; 33])).is_err());
    }
}
