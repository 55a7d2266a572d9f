//! What a stranger's bytes meet before anybody is asked about them, for the fuzz targets in `fuzz/`. Not in a build without the feature
//! `fuzzing`.

use crypto::Secret;
use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};

use crate::percent;
use crate::product::Dialect;
use crate::request::{Limits, Request, Verb};
use crate::signature::Scheme;

/// Reads query and form, and the claim of signature v1 in them. Whether the parameters were accepted.
///
/// Panics when they do not come back from their own spelling.
pub fn parameters(query: &str, form: &[u8]) -> bool {
    let Some(request) = read(query, HeaderMap::new(), form) else { return false };
    let spelled = percent::encode_pairs(request.merged.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let again = read("", HeaderMap::new(), spelled.as_bytes()).expect("what was read can be read again");
    assert_eq!(again.merged, request.merged, "parameters do not come back");
    claims(&Scheme::V1, &request);
    true
}

/// Reads a request with the header of signature v3. Whether it makes a whole claim.
pub fn signature_v3<'h>(query: &str, headers: impl Iterator<Item = (&'h [u8], &'h [u8])>, body: &[u8]) -> bool {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) else {
            // The HTTP library refuses it.
            return false;
        };
        map.append(name, value);
    }
    let Some(request) = read(query, map, body) else { return false };
    match Scheme::of(&request) {
        Ok(scheme @ Scheme::V3(_)) => claims(&scheme, &request),
        _ => false,
    }
}

fn read(query: &str, headers: HeaderMap, body: &[u8]) -> Option<Request> {
    let body = Bytes::copy_from_slice(body);
    Request::read(Verb::Post, query, headers, body, &Limits::default(), Dialect::Gateway).ok()
}

fn claims(scheme: &Scheme, request: &Request) -> bool {
    let Ok(claim) = scheme.claim(request, Dialect::Gateway) else { return false };
    let _ = claim.is_signed_with(&Secret::copy_of(b"testsecret"));
    true
}
