//! The token of a console session.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crypto::digest::{Digest, sha256};
use crypto::{Random, Secret};

/// Random bytes of a token: nobody guesses 256 bits.
const BYTES: usize = 32;

/// Characters of a token: Base64 without padding.
const CHARS: usize = (BYTES * 8).div_ceil(6);

/// What a browser shows to prove its session: 43 letters, digits, `-` and `_`. Neither printed nor copied.
pub struct SessionToken(Secret);

impl SessionToken {
    /// A new token.
    pub(super) fn generate(random: &dyn Random) -> Self {
        let bytes = Secret::random(BYTES, random);
        Self(Secret::from_fn(CHARS, |out| {
            URL_SAFE_NO_PAD.encode_slice(bytes.expose(), out).expect("there is room for all characters");
        }))
    }

    /// The token as text, for the one cookie that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        std::str::from_utf8(self.0.expose()).expect("Base64 is ASCII")
    }

    pub(super) fn digest(&self) -> Digest {
        sha256(self.0.expose())
    }
}

/// The digest of a token that came from outside; `None` for text that is none.
pub(super) fn digest_of(token: &str) -> Option<Digest> {
    (token.len() == CHARS).then(|| sha256(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token has 256 bits as text for a cookie, and its digest is found from that text.
    #[test]
    fn a_token_is_found_by_its_text() {
        let random = crypto::SeededRandom::new(b"tokens");
        let [token, other] = [(); 2].map(|()| SessionToken::generate(&random));
        let text = token.expose();
        assert_eq!(URL_SAFE_NO_PAD.decode(text).unwrap().len(), BYTES);
        assert_eq!(digest_of(text), Some(token.digest()));
        assert_ne!(text, other.expose());
        for bad in ["", &text[1..], &format!("{text}=")] {
            assert_eq!(digest_of(bad), None, "{bad}");
        }
    }
}
