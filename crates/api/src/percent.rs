//! Percent-encoding, both ways: form data as it arrives, and the one spelling that signatures are made over.

/// Text that is not form data: a `%` without two hex digits, or bytes that are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Decodes one name or value of form data: `+` is a space, `%XX` a byte, the bytes are UTF-8.
pub(crate) fn decode(text: &[u8]) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, after) = rest.split_at_checked(2).ok_or(Malformed)?;
                bytes.push(hex_byte(digits)?);
                rest = after;
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| Malformed)
}

fn hex_byte(digits: &[u8]) -> Result<u8, Malformed> {
    let mut byte = [0];
    hex::decode_to_slice(digits, &mut byte).map_err(|_| Malformed)?;
    Ok(byte[0])
}

/// Appends `text` as signatures spell it: `A-Z a-z 0-9 - _ . ~` as they are, every other byte `%XX` in upper case.
/// Source: wire.md 4 step 3; v3 uses the same.
pub(crate) fn encode_into(out: &mut String, text: &str) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(DIGITS[usize::from(byte >> 4)]);
            out.push(DIGITS[usize::from(byte & 15)]);
        }
    }
}

/// `enc(name)=enc(value)` of all pairs, joined by `&`, in the order given.
pub(crate) fn encode_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        encode_into(&mut out, name);
        out.push('=');
        encode_into(&mut out, value);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Spellings of the clients (wire.md 1) and text that is none.
    #[test]
    fn form_data_is_decoded_or_refused() {
        for (text, decoded) in [
            ("a+b%2Bc", Some("a b+c")),
            ("enc%20copy*~%2F%C3%A9", Some("enc copy*~/é")),
            ("%c3%a9", Some("é")),
            ("", Some("")),
            ("%", None),
            ("%4", None),
            ("%4g", None),
            ("%+1", None),
            ("%FF", None),
            ("%ED%A0%80", None),
        ] {
            assert_eq!(decode(text.as_bytes()).ok().as_deref(), decoded, "{text}");
        }
    }

    proptest! {
        /// What we spell, we read back; and no bytes at all can stop the decoder.
        #[test]
        fn encoding_roundtrips(text: String, noise: Vec<u8>) {
            let mut encoded = String::new();
            encode_into(&mut encoded, &text);
            prop_assert!(encoded.is_ascii());
            prop_assert_eq!(decode(encoded.as_bytes()), Ok(text));
            let _ = decode(&noise);
        }
    }
}
