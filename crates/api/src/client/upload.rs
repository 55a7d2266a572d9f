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
    /// They begin elsewhere than where the server has bytes up to.
    Elsewhere {
        /// Up to where the server has bytes.
        offset: u64,
    },
    /// Another request is sending, or the server has all bytes of an earlier one and is hashing them.
    Busy,
    /// They are not taken now, and may be later: they stopped coming, the server does not know of the upload yet, or failed.
    NotNow {
        /// What the server says.
        text: String,
    },
    /// They are not taken, now or later.
    Refused {
        /// What the server says.
        text: String,
    },
}

impl Client {
    /// Sends bytes of an upload from `offset` on; none, where all are there, ask whether they are right. `token`: as CreateUpload answered it.
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
        let found = head.headers.get("x-reseal-offset").and_then(|value| value.to_str().ok()?.parse().ok());
        became(head.status, end, found, text).ok_or_else(|| super::error::refused(head.status, &body))
    }
}

/// What an answer says of bytes that end at `end`. `found`: where the server has bytes up to, if it says that. `None`: this is no answer to an
/// upload.
fn became(status: StatusCode, end: u64, found: Option<u64>, text: String) -> Option<Sent> {
    Some(match status {
        StatusCode::NO_CONTENT => Sent::Taken { offset: end },
        StatusCode::CONFLICT => found.map_or(Sent::Busy, |offset| Sent::Elsewhere { offset }),
        StatusCode::REQUEST_TIMEOUT | StatusCode::NOT_FOUND => Sent::NotNow { text },
        status if status.is_server_error() => Sent::NotNow { text },
        status if status.is_client_error() => Sent::Refused { text },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What can be mended by trying again is told from what cannot.
    #[test]
    fn answers_say_whether_to_try_again() {
        let text = || "t".to_owned();
        for (status, found, wanted) in [
            (204, Some(9), Some(Sent::Taken { offset: 9 })),
            (409, Some(4), Some(Sent::Elsewhere { offset: 4 })),
            (409, None, Some(Sent::Busy)),
            (404, None, Some(Sent::NotNow { text: text() })),
            (408, None, Some(Sent::NotNow { text: text() })),
            (500, None, Some(Sent::NotNow { text: text() })),
            (503, None, Some(Sent::NotNow { text: text() })),
            (400, None, Some(Sent::Refused { text: text() })),
            (413, None, Some(Sent::Refused { text: text() })),
            (422, None, Some(Sent::Refused { text: text() })),
            (200, None, None),
            (301, None, None),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(became(status, 9, found, text()), wanted, "{status}");
        }
    }
}
