//! What every answer says to the browser, and what no page is asked: a form that another site sent.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::language::Language;
use crate::trouble::foreign_form;

/// Nothing from elsewhere, nothing inline, no frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Headers of every answer.
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Stands before all pages.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if reads || is_same_origin(request.headers()) {
        next.run(request).await
    } else {
        foreign_form(Language::of(request.headers())).map(Body::from)
    };
    protect(response.headers_mut());
    response
}

/// Says to the browser what every answer says.
pub(crate) fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // Pages hold what only their visitor may see; assets say otherwise themselves.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Whether a form comes from one of our pages, as far as the browser says. The token in the form ([`crate::visit::Posted`]) says it again.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if site.is_some_and(|site| site != b"same-origin") {
        return false;
    }
    match (headers.contains_key(ORIGIN), text(ORIGIN), text(HOST)) {
        (false, ..) => true,
        (true, Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only our own pages send forms: what the browser says of another origin is believed.
    #[test]
    fn forms_of_other_sites_are_refused() {
        for (origin, site, wanted) in [
            (None, None, true),
            (Some("http://127.0.0.1:9180"), None, true),
            (Some("http://127.0.0.1:9180"), Some("same-origin"), true),
            (Some("http://127.0.0.1:9180"), Some("cross-site"), false),
            (Some("http://evil.example"), None, false),
            (Some("http://127.0.0.1:9181"), None, false),
            (Some("null"), None, false),
            (None, Some("same-site"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("127.0.0.1:9180"));
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_static(origin));
            }
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            assert_eq!(is_same_origin(&headers), wanted, "{origin:?} {site:?}");
        }
    }
}
