//! Requests of browsers: they go to the console, with their body read whole.

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONNECTION, HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode};

use crate::gateway::Arrival;
use crate::server::connection::Door;
use crate::server::routes::{plain, read_body};
use crate::services::{Services, Visitor};

/// Where the pages are.
const PATH: &str = "/console";

/// Longest form: a policy or key material, with their names.
const FORM_BYTES_MAX: usize = 256 * 1024;

/// Whether `path` is a page's.
pub(super) fn is_below(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether somebody opened the bare address in a browser. A client of the API names an action.
pub(super) fn is_browser<B>(request: &Request<B>) -> bool {
    let accepts_html = request.headers().get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
    request.method() == Method::GET && request.uri().query().is_none() && accepts_html
}

/// Sends a browser to the console.
pub(super) fn welcome() -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::SEE_OTHER, "The console is at /console/\n".to_owned());
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/console/"));
    response
}

impl<S: Services> Door<S> {
    /// Answers a request for a page in a task of its own, when there is room for it, as [`Door::answer`] does with calls.
    pub(super) async fn page(self: Arc<Self>, request: Request<Incoming>, arrival: &Arrival) -> Response<Full<Bytes>> {
        let Some(pages) = self.pages.clone() else {
            return plain(StatusCode::NOT_FOUND, "This server has no console.\n".to_owned());
        };
        let (parts, body) = request.into_parts();
        let body = match read_body(body, FORM_BYTES_MAX, self.timeouts.body).await {
            Ok(body) => body,
            Err(refusal) => {
                let status = StatusCode::from_u16(refusal.row().status).expect("the error table holds HTTP statuses");
                let mut response = pages.unanswered(&parts.headers, status).map(Full::new);
                // The rest of the body may still come: the connection cannot be used again.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                return response;
            }
        };
        let room = tokio::time::timeout(self.timeouts.queue, Arc::clone(&self.calls).acquire_owned()).await;
        let Ok(Ok(room)) = room else {
            return pages.unanswered(&parts.headers, StatusCode::SERVICE_UNAVAILABLE).map(Full::new);
        };
        let visitor = Visitor { source_ip: arrival.source_ip, secure_transport: arrival.secure_transport };
        let (headers, asked) = (parts.headers.clone(), Arc::clone(&pages));
        let answered = tokio::spawn(async move {
            let _room = room;
            asked.answer(Request::from_parts(parts, body), visitor).await
        });
        let answered = answered.await.unwrap_or_else(|_| {
            tracing::error!("the code of a page panicked");
            pages.unanswered(&headers, StatusCode::INTERNAL_SERVER_ERROR)
        });
        answered.map(Full::new)
    }
}
