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

#[cfg(test)]
mod tests {
    use crypto::Secret;
    use http_body_util::BodyExt;

    use super::*;
    use crate::product::Dialect;
    use crate::request::{Limits, Request as Arrived, Verb};
    use crate::signature::Scheme;

    /// What the client signs, the server's own check takes, with and without a session; another secret or a changed body it does not.
    #[tokio::test]
    async fn the_server_takes_what_the_client_signs() {
        for token in [None, Some("CAIS+/=")] {
            for (secret, tail, taken) in [("word", "", true), ("other", "", false), ("word", "&b=2", false)] {
                let security_token = token.map(|token| Secret::copy_of(token.as_bytes()));
                let credentials =
                    Credentials { access_key_id: "id".to_owned(), secret: Secret::copy_of(b"word"), security_token };
                let call = Call {
                    host: "127.0.0.1:9180",
                    version: "2016-01-20",
                    action: "DescribeKey",
                    made_at: "2026-11-25T12:06:44.5Z".parse().unwrap(),
                    nonce: "n-1",
                    body: "KeyId=alias%2Fa".to_owned(),
                };
                let (head, body) = signed(call, &credentials).unwrap().into_parts();
                let body = [&body.collect().await.unwrap().to_bytes(), tail.as_bytes()].concat();
                let limits = Limits::default();
                let arrived = Arrived::read(Verb::Post, "", head.headers, body.into(), &limits, Dialect::Kms).unwrap();
                let claim = Scheme::of(&arrived).and_then(|scheme| scheme.claim(&arrived, Dialect::Kms)).unwrap();
                assert_eq!(
                    claim.is_signed_with(&Secret::copy_of(secret.as_bytes())),
                    taken,
                    "{token:?} {secret} {tail}"
                );
                assert_eq!((claim.access_key_id.as_str(), claim.security_token.as_deref()), ("id", token));
            }
        }
    }

    /// What would end a header, and so begin another, is refused.
    #[test]
    fn header_lines_cannot_be_smuggled_in() {
        let credentials = |id: &str, token: &str| Credentials {
            access_key_id: id.to_owned(),
            secret: Secret::copy_of(b"word"),
            security_token: Some(Secret::copy_of(token.as_bytes())),
        };
        for (host, id, token) in [("a\r\nb: c", "id", "t"), ("a", "id\n", "t"), ("a", "id", "t\r\nb: c")] {
            let call = Call {
                host,
                version: "2016-01-20",
                action: "ListKeys",
                made_at: Timestamp::UNIX_EPOCH,
                nonce: "n",
                body: String::new(),
            };
            assert!(
                matches!(signed(call, &credentials(id, token)), Err(ClientError::Unsendable(_))),
                "{host} {id} {token}"
            );
        }
    }
}
