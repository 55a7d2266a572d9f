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
mod cookies;
mod language;
mod pages;
mod paging;
mod security;
mod shared;
mod shell;
mod shown;
mod trouble;
mod visit;

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, Response, StatusCode};
use axum::{Router, middleware};
use tower::ServiceExt as _;

pub use calls::{Call, Calling, Calls, Product, Refusal};
pub use shared::Shared;

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
        let mut request = request.map(Body::from);
        request.extensions_mut().insert(visitor);
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        match to_bytes(body, PAGE_BYTES_MAX).await {
            Ok(body) => Response::from_parts(parts, body),
            Err(error) => {
                tracing::error!(%error, "a page is too long");
                let mut response = Response::new(Bytes::from_static(b"This page is too long to be shown.\n"));
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }
        }
    }
}
