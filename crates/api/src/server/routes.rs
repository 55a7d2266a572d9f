//! What lies under which path: the API on `/`, files on `/uploads/`, pages below `/console`, and three paths for operators. No call is ever redirected: a client would follow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};

use crate::envelope::Reply;
use crate::errors::{self, Refusal};
use crate::gateway::{Arrival, View};
use crate::request::too_large;
use crate::server::connection::Door;
use crate::server::{pages, uploads};
use crate::services::Services;

/// How long clients that understand it wait before they try an overloaded server again, in milliseconds (wire.md 7).
const RETRY_AFTER: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-acs-retry-after"), HeaderValue::from_static("1000"));

impl<S: Services> Door<S> {
    /// Answers one request.
    pub(crate) async fn answer(self: Arc<Self>, request: Request<Incoming>, arrival: Arrival) -> Response<Full<Bytes>> {
        let reading = matches!(*request.method(), Method::GET | Method::HEAD);
        match request.uri().path() {
            "/healthz" if reading => plain(StatusCode::OK, "ok\n".to_owned()),
            "/readyz" if reading => self.readiness().await,
            "/metrics" if reading => plain(StatusCode::OK, self.gateway.metrics.text()),
            path if path.starts_with(uploads::PATH) => self.upload(request).await,
            path if pages::is_below(path) => self.page(request, &arrival).await,
            "/" if pages::is_browser(&request) => pages::welcome(),
            _ => self.call(request, arrival).await,
        }
    }

    async fn readiness(&self) -> Response<Full<Bytes>> {
        match self.gateway.services.ready().await {
            Ok(()) => plain(StatusCode::OK, "ready\n".to_owned()),
            Err(why) => {
                tracing::warn!(error = %why, "not ready");
                plain(StatusCode::SERVICE_UNAVAILABLE, "not ready; the log says why\n".to_owned())
            }
        }
    }

    async fn call(self: Arc<Self>, request: Request<Incoming>, arrival: Arrival) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let view = View::guess(&*self.gateway.random, &parts);
        let body = if parts.uri.path() == "/" {
            read_body(body, self.gateway.limits.body_bytes_max, self.timeouts.body).await
        } else {
            Err(Refusal::new(&errors::INVALID_ACTION, &[]))
        };
        match body {
            Ok(body) => self.run(parts, body, arrival, view).await,
            Err(refusal) => {
                // The rest of the body may still come: the connection cannot be used again.
                let mut response = self.refused(&view, &arrival, &refusal);
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                response
            }
        }
    }

    /// Runs a call in a task of its own, when there is room for it. The permit goes with the task: the shutdown waits for it.
    async fn run(self: Arc<Self>, parts: Parts, body: Bytes, arrival: Arrival, view: View) -> Response<Full<Bytes>> {
        let room = tokio::time::timeout(self.timeouts.queue, Arc::clone(&self.calls).acquire_owned()).await;
        let Ok(Ok(room)) = room else {
            let mut response = self.refused(&view, &arrival, &view.overloaded());
            response.headers_mut().extend([RETRY_AFTER]);
            return response;
        };
        let (door, guess, from) = (Arc::clone(&self), view.clone(), arrival.clone());
        let task = tokio::spawn(async move {
            let _room = room;
            let _in_flight = door.gateway.metrics.begun();
            door.gateway.answer(parts, body, &from, guess).await
        });
        match task.await {
            Ok(reply) => response(reply),
            Err(_) => self.refused(&view, &arrival, &view.internal()),
        }
    }

    fn refused(&self, view: &View, arrival: &Arrival, refusal: &Refusal) -> Response<Full<Bytes>> {
        let reply = view.refused(refusal);
        self.gateway.note(view, arrival, &reply, Instant::now());
        response(reply)
    }
}

/// The whole body, within its limit and in time.
pub(super) async fn read_body(body: Incoming, bytes_max: usize, patience: Duration) -> Result<Bytes, Refusal> {
    let over = || too_large("body", bytes_max, "bytes");
    // Said beforehand: not a byte of it needs to be read.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(over());
    }
    match tokio::time::timeout(patience, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(over()),
        // It broke off: whatever is answered, nobody reads it.
        Ok(Err(_)) | Err(_) => Err(Refusal::new(&errors::REQUEST_TIMEOUT, &[])),
    }
}

/// What a dry run checked; an extension of ours.
const CHECKS: HeaderName = HeaderName::from_static("x-reseal-checks");

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(reply.status).expect("the error table holds HTTP statuses");
    let mut response = typed(status, reply.format.content_type(), reply.body);
    // JSON in ASCII, so it is always a header.
    if let Some(checks) = reply.checks.and_then(|checks| HeaderValue::from_str(&checks).ok()) {
        response.headers_mut().insert(CHECKS, checks);
    }
    response
}

pub(super) fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    typed(status, "text/plain;charset=utf-8", text)
}

fn typed(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
