//! Requests to KMS with the third signature, as official clients send them.

use std::fmt::Write as _;

use crypto::Secret;
use crypto::digest::sha256;
use crypto::mac::hmac_sha256;
use jiff::Timestamp;

const VERSION: &str = "2016-01-20";
const ALGORITHM: &str = "ACS3-HMAC-SHA256";
const SIGNED_HEADERS: &str = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";

/// An access key and the server that knows it.
pub(crate) struct Signer {
    pub(crate) host: String,
    pub(crate) access_key_id: String,
    pub(crate) secret: Secret,
}

/// What is called: an action with its parameters, in the order of their names.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) action: &'static str,
    pub(crate) parameters: Vec<(&'static str, String)>,
}

impl Signer {
    /// A whole request without a body, for a connection that stays open.
    pub(crate) fn request(&self, call: &Call, nonce: &str, now: Timestamp) -> Vec<u8> {
        let query = query(&call.parameters);
        let date = now.strftime("%Y-%m-%dT%H:%M:%SZ");
        let body_digest = hex::encode(sha256(b""));
        let headers = format!(
            "host:{}\nx-acs-action:{}\nx-acs-content-sha256:{body_digest}\nx-acs-date:{date}\nx-acs-signature-nonce:{nonce}\n\
             x-acs-version:{VERSION}\n",
            self.host, call.action,
        );
        let canonical = format!("POST\n/\n{query}\n{headers}\n{SIGNED_HEADERS}\n{body_digest}");
        let to_sign = format!("{ALGORITHM}\n{}", hex::encode(sha256(canonical.as_bytes())));
        let signature = hex::encode(hmac_sha256(self.secret.expose(), to_sign.as_bytes()));
        format!(
            "POST /?{query} HTTP/1.1\r\n{}accept:application/json\r\ncontent-length:0\r\n\
             authorization:{ALGORITHM} Credential={},SignedHeaders={SIGNED_HEADERS},Signature={signature}\r\n\r\n",
            headers.replace('\n', "\r\n"),
            self.access_key_id,
        )
        .into_bytes()
    }
}

fn query(parameters: &[(&'static str, String)]) -> String {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

/// Percent-encoded as the signature wants it: all but letters, digits and `-_.~`.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
