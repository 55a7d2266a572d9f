//! Bytes of an upload. They are not signed: the token, which a signed call was answered, stands for the right to send them.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, StatusCode};

use super::Client;
use super::error::ClientError;

/// Longest time of one request.
const REQUEST: Duration = Duration::from_secs(300);

/// Longest text of a refusal that is shown.
const TEXT_CHARS_MAX: usize = 300;

/// What became of bytes that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// They are there; the next begin at `offset`.
    Taken {
        /// Bytes from the beginning of the file.
        offset: u64,
    },
    /// They begin elsewhere than where the server has bytes up to, or another request is sending (no offset).
    Elsewhere {
        /// Up to where the server has bytes.
        offset: Option<u64>,
    },
    /// They are not taken, now or later.
    Refused {
        /// What the server says.
        text: String,
    },
}

impl Client {
    /// Sends bytes of an upload from `offset` on. `token`: as CreateUpload answered it.
    ///
    /// Errors: as [`Client::call`]; the same bytes may be sent again.
    pub async fn send(&self, token: &str, offset: u64, bytes: Vec<u8>) -> Result<Sent, ClientError> {
        let end = offset + bytes.len() as u64;
        let request = Request::put(format!("/uploads/{token}"))
            .header("host", self.endpoint.authority())
            .header("x-reseal-offset", offset)
            .body(Full::new(Bytes::from(bytes)))
            .map_err(|_| ClientError::Unsendable("the token of the upload"))?;
        let answered = tokio::time::timeout(REQUEST, self.connector.exchange(&self.endpoint, request)).await;
        let (head, body) =
            answered.map_err(|_| ClientError::Timeout { endpoint: self.endpoint.to_string(), limit: REQUEST })??;
        let text = String::from_utf8_lossy(&body);
        let text: String = text.trim().chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect();
        let found = head.headers.get("x-reseal-offset").and_then(|value| value.to_str().ok());
        match head.status {
            StatusCode::NO_CONTENT => Ok(Sent::Taken { offset: end }),
            StatusCode::CONFLICT => Ok(Sent::Elsewhere { offset: found.and_then(|text| text.parse().ok()) }),
            status if status.is_client_error() => Ok(Sent::Refused { text }),
            status => Err(super::error::refused(status, text.as_bytes())),
        }
    }
}
