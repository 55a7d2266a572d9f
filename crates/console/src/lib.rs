//! The web console: pages rendered on the server, in Chinese and English.
//!
//! ```text
//! request → security (origin, headers) → router → Visit (session, region, language) → page: calls → template
//! ```
//!
//! A page asks for actions of the API as whoever is signed in ([`Calls`]) and shows the answers. It keeps nothing: sessions are `ram`'s, everything
//! else is what the actions say. Forms are posted and answered with a redirect, so a page works without scripts and can be loaded again. The one
//! script of ours (`assets/console.js`) renews what moves, shows times in the visitor's zone, and sends files.
//!
//! Deliberately absent: a JSON interface of its own, state in the browser, anything from another host.

mod assets;
mod calls;
mod change;
mod cookies;
mod form;
mod language;
mod once;
mod pages;
mod paging;
mod security;
mod shared;
mod shell;
mod shown;
#[cfg(test)]
mod stage;
mod trouble;
mod visit;

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::{Router, middleware};
use tower::ServiceExt as _;

pub use calls::{Call, Calling, Calls, Product, Refusal};
use language::Language;
pub use shared::Shared;
pub use trouble::explains;

/// Longest page; forms are bounded by the server before they come here.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// Who asks for a page.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// Address of the peer.
    pub source_ip: IpAddr,
    /// Whether it came over TLS.
    pub secure_transport: bool,
}

/// All pages.
pub struct Console {
    router: Router,
}

impl Console {
    /// The pages, over the rooms.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        let router = pages::routes().layer(middleware::from_fn(security::guard)).with_state(Arc::new(shared));
        Self { router }
    }

    /// Answers one request for a path below `/console`.
    pub async fn answer(&self, request: Request<Bytes>, visitor: Visitor) -> Response<Bytes> {
        let language = Language::of(request.headers());
        let mut request = request.map(Body::from);
        request.extensions_mut().insert(visitor);
        let Ok(response) = self.router.clone().oneshot(request).await;
        whole(response, PAGE_BYTES_MAX, language).await
    }
}

/// A page for a request that never came to the console, or that was not answered. `status`: why, 413, 408, 503 or 500.
#[must_use]
pub fn unanswered(headers: &HeaderMap, status: StatusCode) -> Response<Bytes> {
    let mut response = trouble::unanswered(Language::of(headers), status);
    security::protect(response.headers_mut());
    response
}

/// An answer with its whole body, or one that says that it is too long, with the same headers but for what tells of the body.
async fn whole(response: Response<Body>, bytes_max: usize, language: Language) -> Response<Bytes> {
    let (mut parts, body) = response.into_parts();
    match to_bytes(body, bytes_max).await {
        Ok(body) => Response::from_parts(parts, body),
        Err(error) => {
            tracing::error!(%error, "a page is too long");
            let (instead, body) = trouble::too_long(language).into_parts();
            parts.status = instead.status;
            parts.headers.remove(CONTENT_LENGTH);
            parts.headers.extend(instead.headers);
            Response::from_parts(parts, body)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page that is too long is not shown, and what guards the browser stays.
    #[tokio::test]
    async fn a_page_that_is_too_long_keeps_its_headers() {
        for (bytes_max, status, kind) in [(9, 200, "text/html"), (8, 500, "text/html; charset=utf-8")] {
            let page = Response::builder().header("content-type", "text/html").header("x-frame-options", "DENY");
            let page = page.header("content-length", "9").body(Body::from("<p>a page")).unwrap();
            let answer = whole(page, bytes_max, Language::English).await;
            let header =
                |name| answer.headers().get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap());
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!((header("content-type"), header("x-frame-options")), (Some(kind), Some("DENY")));
            assert_eq!(header("content-length").is_some(), status == 200);
        }
    }
}
