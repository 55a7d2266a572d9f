//! The text form of public keys (RFC 7468): base64 of the DER between two lines.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// Characters of base64 in a line. RFC 7468, section 2.
const LINE_CHARS: usize = 64;

/// The text of a `SubjectPublicKeyInfo`, with a newline at its end.
pub(super) fn encode(spki: &[u8]) -> String {
    let body = STANDARD.encode(spki);
    // Base64 is ASCII, so every cut is between characters.
    let lines = body.as_bytes().chunks(LINE_CHARS).map(|line| String::from_utf8_lossy(line));
    let mut text = format!("{BEGIN}\n");
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// The DER in a text with nothing but one public key in it; white space may stand anywhere between the lines'
/// characters, because tools fold and join them.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_ascii().strip_prefix(BEGIN)?.strip_suffix(END)?;
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
        assert_eq!(encode(&[0; 49]), format!("{BEGIN}\n{full}\nAA==\n{END}\n"));
        assert_eq!(encode(&[0; 48]), format!("{BEGIN}\n{full}\n{END}\n"));
    }

    /// Keys of any length come back, whatever line ends a tool used.
    #[test]
    fn decode_undoes_encode() {
        for len in 0..200 {
            let der: Vec<u8> = (0..len).collect();
            let text = encode(&der);
            for text in [text.clone(), text.replace('\n', "\r\n"), text.replace("A\n", "A"), format!("\n  {text}\n")] {
                assert_eq!(decode(&text).as_deref(), Some(&der[..]));
            }
        }
    }

    /// Other labels, half a frame, two keys, wrong base64: refused.
    #[test]
    fn other_texts_are_refused() {
        let good = encode(&[7; 91]);
        let cases = [
            String::new(),
            BEGIN.to_owned(),
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
