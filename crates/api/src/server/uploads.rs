//! `PUT /uploads/<token>`: bytes of a file that `CreateUpload` announced. Ours.
//!
//! A signature of these APIs covers a digest of the body, which is known when all of it is there. So a call that is signed like any other
//! announces the file by length and digest and is answered a token, which stands for the right to send this one file. Bytes go to the disk as
//! they come: a request takes 1 MiB of memory, however long it is.
//!
//! - `HEAD` says in `x-reseal-offset` how many bytes are there.
//! - `PUT` brings the next; `x-reseal-offset` of the request says where they begin. What came of a request that broke off stays.
//! - 204: taken, `x-reseal-offset` says up to where. 404: no such token, or its time is over. 409: they begin elsewhere, or another request is
//!   sending. 408: they stopped coming, or come too slowly. 413: more than was announced. 422: all are there, and have another digest; send them again. 503: too many at once. 507: no space.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ::ecs::{EcsError, ImportError, Receiving};
use catalog::Clock;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::connection::Door;
use super::pace::Pace;
use super::routes::plain;
use crate::services::Services;

/// What the path begins with; the token follows.
pub(super) const PATH: &str = "/uploads/";

const OFFSET: HeaderName = HeaderName::from_static("x-reseal-offset");

/// Bytes that are written at once.
const PIECE_BYTES: usize = 1 << 20;

/// Why bytes are not taken.
enum Refused {
    Ecs(EcsError),
    /// No offset, or one that is none.
    Offset,
    /// They stopped coming, or come too slowly.
    Broken,
    Method,
    TooMany,
}

impl From<EcsError> for Refused {
    fn from(error: EcsError) -> Self {
        Self::Ecs(error)
    }
}

impl<S: Services> Door<S> {
    /// Answers a request below [`PATH`]. Neither path nor token are ever logged.
    pub(super) async fn upload(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match self.take_upload(request).await {
            Ok(offset) => with_offset(plain(StatusCode::NO_CONTENT, String::new()), offset),
            Err(refused) => {
                let mut response = refused.answer();
                // The rest of the body may still come: the connection cannot be used again.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                response
            }
        }
    }

    async fn take_upload(&self, request: Request<Incoming>) -> Result<u64, Refused> {
        let token = request.uri().path().strip_prefix(PATH).unwrap_or_default().to_owned();
        let gone = || EcsError::from(ImportError::UploadNotFound("of this token".to_owned()));
        let ecs = self.gateway.services.uploads().ok_or_else(gone)?;
        match *request.method() {
            Method::HEAD => Ok(ecs.receive(&token).await?.offset()),
            Method::PUT => {
                let (parts, body) = request.into_parts();
                let offset = offset_of(&parts.headers).ok_or(Refused::Offset)?;
                let receiving = ecs.receive(&token).await?;
                let slot = self.uploads.take(receiving.account()).ok_or(Refused::TooMany)?;
                receiving.begin_at(offset)?;
                let (patience, clock) = (self.timeouts.body, Arc::clone(&self.gateway.clock));
                // A task of its own: a client that goes away ends the connection, and what it sent is kept all the same.
                let work = tokio::spawn(async move {
                    let _slot = slot;
                    receive(receiving, body, patience, &*clock).await
                });
                work.await.unwrap_or(Err(Refused::Broken))
            }
            _ => Err(Refused::Method),
        }
    }
}

/// Takes the body, piece by piece. What came before it broke off is kept. `patience`: how long is waited for the next bytes.
async fn receive(
    mut receiving: Receiving,
    mut body: Incoming,
    patience: Duration,
    clock: &dyn Clock,
) -> Result<u64, Refused> {
    let (mut piece, mut pace) = (Vec::with_capacity(PIECE_BYTES), Pace::default());
    let came = loop {
        let asked_at = clock.now();
        let data = match tokio::time::timeout(patience, body.frame()).await {
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            Ok(None) => break Ok(()),
            Ok(Some(Err(_))) | Err(_) => break Err(Refused::Broken),
        };
        // A clock that was put back has not waited.
        let waited = Duration::try_from(clock.now().duration_since(asked_at)).unwrap_or_default();
        let is_in_time = pace.came(data.len(), waited);
        if piece.len() + data.len() > PIECE_BYTES {
            receiving.write(std::mem::replace(&mut piece, Vec::with_capacity(PIECE_BYTES))).await?;
        }
        piece.extend_from_slice(&data);
        if !is_in_time {
            break Err(Refused::Broken);
        }
    };
    receiving.write(piece).await?;
    came?;
    let offset = receiving.offset();
    receiving.finish().await?;
    Ok(offset)
}

fn offset_of(headers: &HeaderMap) -> Option<u64> {
    headers.get(OFFSET)?.to_str().ok()?.parse().ok()
}

fn with_offset(mut response: Response<Full<Bytes>>, offset: u64) -> Response<Full<Bytes>> {
    response.headers_mut().insert(OFFSET, HeaderValue::from(offset));
    response
}

impl Refused {
    fn answer(&self) -> Response<Full<Bytes>> {
        let said = |status, text: &str| plain(status, format!("{text}\n"));
        match self {
            Self::Ecs(EcsError::Import(error)) => of_import(error),
            Self::Ecs(error) => {
                tracing::error!(%error, "bytes of an upload cannot be taken");
                said(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log says why")
            }
            Self::Offset => said(StatusCode::BAD_REQUEST, "x-reseal-offset says where the bytes begin"),
            Self::Broken => said(
                StatusCode::REQUEST_TIMEOUT,
                "the bytes stopped coming, or came too slowly; those that came are kept",
            ),
            Self::Method => said(StatusCode::METHOD_NOT_ALLOWED, "PUT brings bytes, HEAD asks how many are there"),
            Self::TooMany => said(StatusCode::SERVICE_UNAVAILABLE, "too many uploads at once; try again"),
        }
    }
}

fn of_import(error: &ImportError) -> Response<Full<Bytes>> {
    let status = match error {
        ImportError::UploadNotFound(_) => StatusCode::NOT_FOUND,
        ImportError::UploadOffset { .. } | ImportError::UploadBusy => StatusCode::CONFLICT,
        ImportError::UploadTooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
        ImportError::UploadDigest => StatusCode::UNPROCESSABLE_ENTITY,
        ImportError::UploadStorage(cause) => {
            tracing::error!(%cause, "bytes of an upload cannot be kept");
            of_storage(cause.kind())
        }
        _ => StatusCode::BAD_REQUEST,
    };
    let response = plain(status, format!("{error}\n"));
    match error {
        ImportError::UploadOffset { found, .. } => with_offset(response, *found),
        _ => response,
    }
}

/// Only a lack of space is one that the operator makes good by giving more.
fn of_storage(kind: io::ErrorKind) -> StatusCode {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StatusCode::INSUFFICIENT_STORAGE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full disk and a full quota are told from a broken disk.
    #[test]
    fn lack_of_space_has_its_own_status() {
        for (errno, status) in [(28, 507), (122, 507), (5, 500), (30, 500)] {
            assert_eq!(of_storage(io::Error::from_raw_os_error(errno).kind()).as_u16(), status, "{errno}");
        }
    }
}
