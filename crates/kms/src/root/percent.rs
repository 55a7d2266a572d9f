//! Percent-encoding, as in RFC 3986.

use std::fmt::Write;

/// The bytes as text: letters, digits and `-._~/` for themselves, the others as `%` and two hex digits.
pub(super) fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes all that is written");
        }
    }
    text
}

/// The bytes that a text stands for; `None` when a `%` is not followed by two hex digits.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.push(hex::decode(digits).ok()?.first().copied()?);
            rest = after;
        } else {
            bytes.push(first);
        }
    }
    Some(bytes)
}
