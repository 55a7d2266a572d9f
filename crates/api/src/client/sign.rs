//! A call with its signature, version 3. Source: wire.md 5.

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HeaderValue};
use jiff::Timestamp;

use super::Credentials;
use super::error::ClientError;
use crate::signature::{ALGORITHM, canonical_v3, string_to_sign_v3};

/// One call before it is signed.
pub(super) struct Call<'a> {
    pub(super) host: &'a str,
    pub(super) version: &'static str,
    pub(super) action: &'static str,
    pub(super) made_at: Timestamp,
    pub(super) nonce: &'a str,
    /// Form data.
    pub(super) body: String,
}

/// The request. Its secret headers are marked, so that no log of the HTTP library shows them.
///
/// Errors: `Unsendable`.
pub(super) fn signed(call: Call<'_>, credentials: &Credentials) -> Result<Request<Full<Bytes>>, ClientError> {
    let digest = hex::encode(crypto::digest::sha256(call.body.as_bytes()));
    let made_at = call.made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut headers = vec![
        ("content-type", b"application/x-www-form-urlencoded".to_vec()),
        ("host", call.host.as_bytes().to_vec()),
        ("x-acs-action", call.action.as_bytes().to_vec()),
        ("x-acs-content-sha256", digest.clone().into_bytes()),
        ("x-acs-date", made_at.into_bytes()),
    ];
    if let Some(token) = &credentials.security_token {
        headers.push(("x-acs-security-token", token.expose().to_vec()));
    }
    headers.push(("x-acs-signature-nonce", call.nonce.as_bytes().to_vec()));
    headers.push(("x-acs-version", call.version.as_bytes().to_vec()));

    let authorization = authorization(&headers, &digest, credentials);
    let mut request = Request::post("/").header("accept", "application/json");
    for (name, value) in headers {
        request = request.header(name, secret_value(name, &value)?);
    }
    request = request.header(AUTHORIZATION, secret_value("the access key id", authorization.as_bytes())?);
    let request = request.body(Full::new(Bytes::from(call.body)));
    Ok(request.expect("its parts were checked one by one"))
}

fn authorization(headers: &[(&'static str, Vec<u8>)], digest: &str, credentials: &Credentials) -> String {
    let canonical = canonical_v3("POST", "", headers, digest);
    let mac = crypto::mac::hmac_sha256(credentials.secret.expose(), &string_to_sign_v3(&canonical));
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    format!(
        "{ALGORITHM} Credential={},SignedHeaders={},Signature={}",
        credentials.access_key_id,
        names.join(";"),
        hex::encode(mac)
    )
}

fn secret_value(name: &'static str, value: &[u8]) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::from_bytes(value).map_err(|_| ClientError::Unsendable(name))?;
    value.set_sensitive(true);
    Ok(value)
}
