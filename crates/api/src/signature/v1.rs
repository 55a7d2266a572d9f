//! Signature version 1: HMAC-SHA1 over the sorted parameters of query and form. Source: wire.md 4.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::errors::{self, Refusal};
use crate::percent;
use crate::product::Dialect;
use crate::request::Request;
use crate::signature::{Claim, Mac, Named, timestamp};

/// Action, version and format stand in the parameters. The `x-acs-*` headers that v1 clients send too are not signed.
pub(super) fn named(request: &Request) -> Named<'_> {
    let text = |name: &str| request.merged.get(name).map(String::as_str).filter(|value| !value.is_empty());
    Named { action: text("Action"), version: text("Version"), format: text("Format") }
}

/// The claim of a v1 request.
pub(super) fn claim(request: &Request, dialect: Dialect) -> Result<Claim, Refusal> {
    let required = |name: &str| match request.merged.get(name) {
        Some(value) if !value.is_empty() => Ok(value.as_str()),
        _ => Err(Refusal::new(errors::missing_parameter(dialect), &[name])),
    };
    let access_key_id = required("AccessKeyId")?.to_owned();
    let signature = required("Signature")?;
    if required("SignatureMethod")? != "HMAC-SHA1" {
        return Err(Refusal::new(&errors::INVALID_SIGNATURE_METHOD, &[]));
    }
    if required("SignatureVersion")? != "1.0" {
        return Err(Refusal::new(&errors::INVALID_PARAMETER, &["SignatureVersion"]));
    }
    // Old clients send it empty; anything else means bearer tokens or private keys, which are not served.
    if request.merged.get("SignatureType").is_some_and(|value| !value.is_empty()) {
        return Err(Refusal::new(&errors::INVALID_PARAMETER, &["SignatureType"]));
    }
    Ok(Claim {
        access_key_id,
        security_token: request.merged.get("SecurityToken").filter(|token| !token.is_empty()).cloned(),
        made_at: timestamp(required("Timestamp")?)?,
        nonce: required("SignatureNonce")?.to_owned(),
        mac: Mac::Sha1,
        signed: string_to_sign(request).into_bytes(),
        // What is not Base64 is no signature of anything, and is told apart no further.
        signature: STANDARD.decode(signature).unwrap_or_default(),
        body_intact: true,
    })
}

/// `METHOD&%2F&` and the parameters, encoded once for the list and once more for being one of three fields.
fn string_to_sign(request: &Request) -> String {
    let signed = request.merged.iter().filter(|(name, _)| *name != "Signature");
    let list = percent::encode_pairs(signed.map(|(name, value)| (name.as_str(), value.as_str())));
    let mut text = format!("{}&%2F&", request.verb.name());
    percent::encode_into(&mut text, &list);
    text
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;
    use serde_json::Value;

    use super::*;
    use crate::request::{Limits, Verb};

    /// The string to sign of every vector, character by character.
    #[test]
    fn strings_to_sign_are_those_of_the_official_code() {
        let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors/signature-vectors.json")).unwrap();
        let list = |value: &Value| {
            let pairs = value.as_object().unwrap().iter();
            percent::encode_pairs(pairs.map(|(name, value)| (name.as_str(), value.as_str().unwrap())))
        };
        for vector in vectors["v1"].as_array().unwrap() {
            let verb = if vector["method"] == "GET" { Verb::Get } else { Verb::Post };
            let query = format!("Signature=left+out&{}", list(&vector["query"]));
            let body = list(&vector["form"]).into();
            let request =
                Request::read(verb, &query, HeaderMap::new(), body, &Limits::default(), Dialect::Gateway).unwrap();
            assert_eq!(string_to_sign(&request), vector["string_to_sign"], "{}", vector["name"]);
        }
    }
}
