//! One HTTP request taken apart: query and form as decoded pairs, headers and body as they came. No meaning yet.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName};

use crate::errors::{self, Refusal};
use crate::percent;
use crate::product::Dialect;

/// How large a request may be. All ours: the vendor documents no figures.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the query string. The HTTP library refuses a request target beyond 65,534 bytes by itself (414), so a longer
    /// parameter has to come as a form.
    pub query_bytes_max: usize,
    /// Bytes of the body.
    pub body_bytes_max: usize,
    /// Parameters in query and form together.
    pub parameters_max: usize,
    /// Bytes of a decoded name.
    pub name_bytes_max: usize,
    /// Bytes of a decoded value.
    pub value_bytes_max: usize,
}

impl Default for Limits {
    /// Room for the largest documented call: a policy of 32 KiB, three bytes a byte when it is encoded, beside 1,000 tags.
    fn default() -> Self {
        Self {
            query_bytes_max: 65_000,
            body_bytes_max: 256 * 1024,
            parameters_max: 1_000,
            name_bytes_max: 128,
            value_bytes_max: 64 * 1024,
        }
    }
}

/// The verbs of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
}

impl Verb {
    /// As it stands in what is signed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Decoded names and values, in byte order of the names, which is the order that signatures want.
pub(crate) type Pairs = BTreeMap<String, String>;

/// A request that could be read.
pub(crate) struct Request {
    pub(crate) verb: Verb,
    pub(crate) headers: HeaderMap,
    /// Parameters of the query alone: signature v3 covers them so.
    pub(crate) query: Pairs,
    /// Parameters of query and form: signature v1 and the actions see them so.
    pub(crate) merged: Pairs,
    pub(crate) body: Bytes,
}

impl Request {
    /// Reads query and form. A name that comes twice, in one or in both, is refused: two readers could see two values.
    ///
    /// Errors: `InvalidParameter` (KMS: `ParseRequestParameterException`), `RequestEntityTooLarge`; in the words of `dialect`.
    pub(crate) fn read(
        verb: Verb,
        query: &str,
        headers: HeaderMap,
        body: Bytes,
        limits: &Limits,
        dialect: Dialect,
    ) -> Result<Self, Refusal> {
        let reader = Reader { limits, dialect };
        if query.len() > limits.query_bytes_max {
            return Err(too_large("query", limits.query_bytes_max, "bytes"));
        }
        if !body.is_empty() {
            reader.check_content_type(&headers)?;
        }
        let mut merged = Pairs::new();
        reader.add(&mut merged, query.as_bytes())?;
        let query = merged.clone();
        reader.add(&mut merged, &body)?;
        Ok(Self { verb, headers, query, merged, body })
    }

    /// The only value of a header, as text. `Ok(None)`: not there.
    ///
    /// Errors: `IncompleteSignature` if it is there twice or is not ASCII, for then signer and server could read differently.
    pub(crate) fn header(&self, name: &HeaderName) -> Result<Option<&str>, Refusal> {
        let mut values = self.headers.get_all(name).iter();
        let Some(value) = values.next() else { return Ok(None) };
        match (value.to_str(), values.next()) {
            (Ok(text), None) => Ok(Some(text.trim_matches(' '))),
            _ => Err(Refusal::new(
                &errors::INCOMPLETE_SIGNATURE,
                &[&format!("header {name} must be there once and in ASCII")],
            )),
        }
    }
}

/// The host as the client wrote it; one client puts a whole URL there (wire.md 2), so it is not parsed.
pub(crate) fn host(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// A part of a request beyond its limit.
pub(crate) fn too_large(part: &str, limit: usize, unit: &str) -> Refusal {
    Refusal::new(&errors::REQUEST_TOO_LARGE, &[&format!("{part} over {limit} {unit}")])
}

/// A name that is safe to repeat in an answer. Others may be data that went astray.
pub(crate) fn shown(name: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.len() <= 64 && name.chars().all(plain) { name } else { "(name not shown)" }
}

struct Reader<'a> {
    limits: &'a Limits,
    dialect: Dialect,
}

impl Reader<'_> {
    /// A body must say that it is a form, or say nothing.
    fn check_content_type(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
        let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Ok(())
        } else {
            Err(self.malformed("the body must be application/x-www-form-urlencoded"))
        }
    }

    fn add(&self, pairs: &mut Pairs, text: &[u8]) -> Result<(), Refusal> {
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let cut = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let name = percent::decode(&pair[..cut])
                .map_err(|_| self.malformed("the name of a parameter is not percent-encoded UTF-8"))?;
            let value = percent::decode(pair.get(cut + 1..).unwrap_or_default())
                .map_err(|_| self.malformed(&format!("the value of {} is not percent-encoded UTF-8", shown(&name))))?;
            self.check_size(pairs, &name, &value)?;
            let name_shown = shown(&name).to_owned();
            if pairs.insert(name, value).is_some() {
                return Err(self.malformed(&format!("{name_shown} stands there twice")));
            }
        }
        Ok(())
    }

    fn check_size(&self, pairs: &Pairs, name: &str, value: &str) -> Result<(), Refusal> {
        let limits = self.limits;
        if name.is_empty() {
            return Err(self.malformed("a parameter has no name"));
        }
        if name.len() > limits.name_bytes_max {
            return Err(too_large("the name of a parameter", limits.name_bytes_max, "bytes"));
        }
        if value.len() > limits.value_bytes_max {
            return Err(too_large(&format!("the value of {}", shown(name)), limits.value_bytes_max, "bytes"));
        }
        if pairs.len() >= limits.parameters_max {
            return Err(too_large("query and form", limits.parameters_max, "parameters"));
        }
        Ok(())
    }

    fn malformed(&self, why: &str) -> Refusal {
        Refusal::new(errors::malformed_request(self.dialect), &[why])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits =
        Limits { query_bytes_max: 200, body_bytes_max: 200, parameters_max: 3, name_bytes_max: 8, value_bytes_max: 16 };

    fn read(query: &str, body: &[u8], limits: &Limits) -> Result<Request, Refusal> {
        let body = Bytes::copy_from_slice(body);
        Request::read(Verb::Post, query, HeaderMap::new(), body, limits, Dialect::Gateway)
    }

    /// Query and form become one list; the query alone is kept for signature v3.
    #[test]
    fn query_and_form_are_merged() {
        let request = read("B=2&A=a+b&&C", b"", &LIMITS).unwrap();
        assert_eq!(
            request.merged,
            Pairs::from([("A", "a b"), ("B", "2"), ("C", "")].map(|(n, v)| (n.into(), v.into())))
        );
        let request = read("B=2", b"A=%C3%A9", &LIMITS).unwrap();
        assert_eq!((request.query.len(), request.merged.len()), (1, 2));
        assert_eq!(request.merged["A"], "é");
    }

    /// Each broken request, and the words that it gets.
    #[test]
    fn broken_requests_are_refused_by_name() {
        let long = "x".repeat(17);
        for (query, body, message) in [
            ("A=1&A=2", "", "cannot be read: A stands there twice"),
            ("A=1", "A=1", "cannot be read: A stands there twice"),
            ("A=%F", "", "the value of A is not percent-encoded UTF-8"),
            ("A=%FF", "", "the value of A is not percent-encoded UTF-8"),
            ("%FF=1", "", "the name of a parameter is not percent-encoded UTF-8"),
            ("a%20b=%FF", "", "the value of (name not shown) is not"),
            ("=1", "", "a parameter has no name"),
            ("A=1&B=1&C=1", "D=1", "query and form over 3 parameters"),
            ("ABCDEFGHI=1", "", "the name of a parameter over 8 bytes"),
            (&format!("A={long}"), "", "the value of A over 16 bytes"),
            (&"&".repeat(201), "", "query over 200 bytes"),
        ] {
            let refusal =
                read(query, body.as_bytes(), &LIMITS).err().unwrap_or_else(|| panic!("{query} {body} passed"));
            assert!(refusal.message().contains(message), "{query} {body}: {refusal}");
        }
    }

    /// A body that says to be something else is not guessed at.
    #[test]
    fn only_forms_are_read_as_forms() {
        for (content_type, passes) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded; charset=utf-8", true),
            ("application/json", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())]);
            let request = Request::read(Verb::Post, "", headers, "A=1".into(), &LIMITS, Dialect::Kms);
            assert_eq!(request.is_ok(), passes, "{content_type}");
        }
    }

    proptest! {
        /// Any pairs survive the way over the wire, split between query and form anywhere; and no bytes stop the reader.
        #[test]
        fn pairs_roundtrip(pairs in prop::collection::btree_map("[^\0]{1,20}", any::<String>(), 0..20), cut in 0..20_usize,
                           noise_query: String, noise_body: Vec<u8>) {
            let (mut query, mut form) = (pairs.clone(), Pairs::new());
            for name in pairs.keys().take(cut) {
                form.extend(query.remove_entry(name));
            }
            let text = |pairs: &Pairs| percent::encode_pairs(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())));
            let request = read(&text(&query), text(&form).as_bytes(), &Limits::default()).unwrap();
            prop_assert_eq!(request.query, query);
            prop_assert_eq!(request.merged, pairs);
            let _ = read(&noise_query, &noise_body, &Limits::default());
        }
    }
}
