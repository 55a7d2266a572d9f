//! The text form of keys (RFC 7468): base64 of the DER between two lines.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Label of a `SubjectPublicKeyInfo`.
pub(super) const PUBLIC_KEY: &str = "PUBLIC KEY";

/// Label of an `RSAPrivateKey` (RFC 8017), which every SSH client reads.
pub(super) const RSA_PRIVATE_KEY: &str = "RSA PRIVATE KEY";

/// Characters of base64 in a line. RFC 7468, section 2.
const LINE_CHARS: usize = 64;

/// The text of a key, with a newline at its end. Wiped when dropped, because the key may be a private one.
pub(super) fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    // As much as is needed at most, so that no text is left behind where the string grew out of its place.
    let capacity = body.len().saturating_mul(2).saturating_add(label.len().saturating_mul(2)).saturating_add(64);
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    text.extend(["-----BEGIN ", label, "-----\n"]);
    for (position, character) in body.chars().enumerate() {
        if position > 0 && position.is_multiple_of(LINE_CHARS) {
            text.push('\n');
        }
        text.push(character);
    }
    text.extend(["\n-----END ", label, "-----\n"]);
    text
}

/// The DER in a text with nothing but one public key in it; white space may stand anywhere between the lines'
/// characters, because tools fold and join them.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let body =
        text.trim_ascii().strip_prefix("-----BEGIN PUBLIC KEY-----")?.strip_suffix("-----END PUBLIC KEY-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines end after 64 characters, the last line where the key ends.
    #[test]
    fn text_is_that_of_rfc_7468() {
        let full = "A".repeat(64);
        let text = |label, len| encode(label, &vec![0; len]).to_string();
        assert_eq!(
            text(PUBLIC_KEY, 49),
            format!("-----BEGIN PUBLIC KEY-----\n{full}\nAA==\n-----END PUBLIC KEY-----\n")
        );
        assert_eq!(text("X", 48), format!("-----BEGIN X-----\n{full}\n-----END X-----\n"));
    }

    /// Keys of any length come back, whatever line ends a tool used.
    #[test]
    fn decode_undoes_encode() {
        for len in 0..200 {
            let der: Vec<u8> = (0..len).collect();
            let text = encode(PUBLIC_KEY, &der).to_string();
            for text in [text.clone(), text.replace('\n', "\r\n"), text.replace("A\n", "A"), format!("\n  {text}\n")] {
                assert_eq!(decode(&text).as_deref(), Some(&der[..]));
            }
        }
    }

    /// Other labels, half a frame, two keys, wrong base64: refused.
    #[test]
    fn other_texts_are_refused() {
        let good = encode(PUBLIC_KEY, &[7; 91]).to_string();
        let cases = [
            String::new(),
            "-----BEGIN PUBLIC KEY-----".to_owned(),
            "-----BEGIN PUBLIC KEY-----END PUBLIC KEY-----".to_owned(),
            good.replace("PUBLIC", "RSA PUBLIC"),
            good.replace("PUBLIC", "PRIVATE"),
            good.replace("-----END", "----END"),
            format!("{good}{good}"),
            format!("comment\n{good}"),
            format!("{good}comment"),
            good.replace("BwcH", "Bw\u{e9}H"),
            good.replace("BwcH", "BwcH="),
            good.replacen("BwcH", "BwcH-", 1),
        ];
        for text in cases {
            assert_eq!(decode(&text), None, "{text}");
        }
    }
}
