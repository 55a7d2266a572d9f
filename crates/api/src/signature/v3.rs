//! Signature version 3, `ACS3-HMAC-SHA256`: over verb, path, query, headers and the digest of the body. Source: wire.md 5.

use hyper::header::HeaderName;

use crate::errors::{self, Refusal};
use crate::percent;
use crate::product::Dialect;
use crate::request::Request;
use crate::signature::authorization::ALGORITHM;
use crate::signature::{Authorization, Claim, Mac, Named, timestamp};

const ACTION: HeaderName = HeaderName::from_static("x-acs-action");
const VERSION: HeaderName = HeaderName::from_static("x-acs-version");
const DATE: HeaderName = HeaderName::from_static("x-acs-date");
const NONCE: HeaderName = HeaderName::from_static("x-acs-signature-nonce");
const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-acs-content-sha256");
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-acs-security-token");

/// Headers that must be signed, because the answer depends on them. The list is ours; all clients satisfy it (wire.md 5).
const SIGNED: [HeaderName; 6] = [hyper::header::HOST, ACTION, VERSION, DATE, NONCE, CONTENT_SHA256];

/// Action and version stand in headers; there is no format but `accept`.
pub(super) fn named(request: &Request) -> Result<Named<'_>, Refusal> {
    Ok(Named { action: request.header(&ACTION)?, version: request.header(&VERSION)?, format: None })
}

/// The claim of a v3 request.
pub(super) fn claim(request: &Request, authorization: &Authorization, dialect: Dialect) -> Result<Claim, Refusal> {
    let required = |name: &HeaderName| match request.header(name)? {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(Refusal::new(errors::missing_parameter(dialect), &[name.as_str()])),
    };
    let made_at = timestamp(required(&DATE)?)?;
    let nonce = required(&NONCE)?.to_owned();
    let security_token = request.header(&SECURITY_TOKEN)?.filter(|token| !token.is_empty()).map(str::to_owned);
    let body_digest = hex::encode(crypto::digest::sha256(&request.body));
    let body_intact = required(&CONTENT_SHA256)?.eq_ignore_ascii_case(&body_digest);
    let token_header = security_token.is_some().then_some(SECURITY_TOKEN);
    for name in SIGNED.iter().chain(&token_header) {
        if !authorization.signed_headers.iter().any(|signed| signed == name.as_str()) {
            return Err(incomplete(&format!("header {name} must be signed")));
        }
    }
    Ok(Claim {
        access_key_id: authorization.access_key_id.clone(),
        security_token,
        made_at,
        nonce,
        mac: Mac::Sha256,
        signed: string_to_sign(&canonical_request(request, authorization, &body_digest)?),
        signature: hex::decode(&authorization.signature).unwrap_or_default(),
        body_intact,
    })
}

/// What the MAC is made over.
pub(crate) fn string_to_sign(canonical_request: &[u8]) -> Vec<u8> {
    format!("{ALGORITHM}\n{}", hex::encode(crypto::digest::sha256(canonical_request))).into_bytes()
}

fn canonical_request(request: &Request, authorization: &Authorization, body_digest: &str) -> Result<Vec<u8>, Refusal> {
    let query = percent::encode_pairs(request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let signed = authorization.signed_headers.iter();
    let headers: Result<Vec<_>, Refusal> =
        signed.map(|name| Ok((name.as_str(), header_values(request, name)?))).collect();
    Ok(canonical(request.verb.name(), &query, &headers?, body_digest))
}

/// The canonical form of a request: `query` in its one spelling, `headers` by lower-case name in rising order.
///
/// Bytes, not text: a header may hold what is not UTF-8. The path is `/`, the only one that is served.
pub(crate) fn canonical(verb: &str, query: &str, headers: &[(&str, Vec<u8>)], body_digest: &str) -> Vec<u8> {
    let mut text = format!("{verb}\n/\n{query}\n").into_bytes();
    for (name, values) in headers {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        text.extend_from_slice(values);
        text.push(b'\n');
    }
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    text.extend_from_slice(format!("\n{}\n{body_digest}", names.join(";")).as_bytes());
    text
}

/// The values of one header, trimmed, sorted, joined by commas.
fn header_values(request: &Request, name: &str) -> Result<Vec<u8>, Refusal> {
    let mut values: Vec<&[u8]> =
        request.headers.get_all(name).iter().map(|value| value.as_bytes().trim_ascii()).collect();
    if values.is_empty() {
        return Err(incomplete(&format!("signed header {name} is not there")));
    }
    values.sort_unstable();
    Ok(values.join(&b','))
}

fn incomplete(why: &str) -> Refusal {
    Refusal::new(&errors::INCOMPLETE_SIGNATURE, &[why])
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;
    use hyper::body::Bytes;
    use hyper::header::HeaderValue;
    use serde_json::Value;

    use super::*;
    use crate::request::{Limits, Verb};

    /// The canonical request and the string to sign of every vector, byte by byte.
    #[test]
    fn canonical_requests_are_those_of_the_official_code() {
        let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors/signature-vectors.json")).unwrap();
        for vector in vectors["v3"].as_array().unwrap() {
            let pairs = |name: &str| vector[name].as_object().unwrap().iter();
            let query =
                percent::encode_pairs(pairs("query").map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
            let headers: HeaderMap = pairs("headers")
                .map(|(name, value)| {
                    let name: HeaderName = name.parse().unwrap();
                    (name, HeaderValue::from_str(value.as_str().unwrap()).unwrap())
                })
                .collect();
            let verb = if vector["method"] == "GET" { Verb::Get } else { Verb::Post };
            let body = Bytes::from(vector["body"].as_str().unwrap().to_owned());
            let request = Request::read(verb, &query, headers, body, &Limits::default(), Dialect::Gateway).unwrap();
            let authorization = Authorization::parse(vector["authorization"].as_str().unwrap()).unwrap();
            let digest = vector["hashed_payload"].as_str().unwrap();
            let canonical = canonical_request(&request, &authorization, digest).unwrap();
            assert_eq!(String::from_utf8_lossy(&canonical), vector["canonical_request"].as_str().unwrap());
            assert_eq!(string_to_sign(&canonical), vector["string_to_sign"].as_str().unwrap().as_bytes());
        }
    }
}
