use std::io;
use std::path::PathBuf;
use std::time::Duration;

use hyper::StatusCode;
use rustls::pki_types::pem::Error as PemError;
use serde::Deserialize;
use tokio_rustls::rustls;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Text that is no endpoint.
    #[error("`{text}` is not an endpoint such as http://127.0.0.1:9180: {why}")]
    Endpoint {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file with trusted certificates cannot be read or is not PEM.
    #[error("cannot read the trusted certificates in {path}")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: PemError,
    },
    /// A file without a certificate that can be trusted.
    #[error("{path} holds no certificate of an authority")]
    NoAuthority {
        /// The file.
        path: PathBuf,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be used")]
    NoTls(#[source] rustls::Error),
    /// Access key, token or region hold what no header can.
    #[error("{0} holds characters that cannot be sent")]
    Unsendable(&'static str),
    /// Nothing listens there.
    #[error("cannot reach {endpoint}")]
    Connect {
        /// The server.
        endpoint: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The server does not speak TLS, or is not trusted.
    #[error("no TLS with {endpoint}")]
    Tls {
        /// The server.
        endpoint: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It took too long. The call may have been done.
    #[error("{endpoint} did not answer within {limit:?}")]
    Timeout {
        /// The server.
        endpoint: String,
        /// How long it had.
        limit: Duration,
    },
    /// The connection broke. The call may have been done.
    #[error("the connection to {endpoint} broke")]
    Http {
        /// The server.
        endpoint: String,
        /// Why.
        #[source]
        source: hyper::Error,
    },
    /// More bytes than any answer has.
    #[error("{endpoint} sent more than an answer of this API may hold")]
    TooLong {
        /// The server.
        endpoint: String,
    },
    /// Something else answers there.
    #[error("what answers there is no server of this API (HTTP status {status})")]
    NoAnswer {
        /// Of HTTP.
        status: u16,
    },
    /// The server refused.
    #[error("{code}: {message} (request {request_id})")]
    Refused {
        /// Code of the API.
        code: String,
        /// Its text.
        message: String,
        /// To be found in the server's log and audit.
        request_id: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
    code: String,
    message: String,
    request_id: String,
}

/// The refusal in the body of an answer that is no success.
pub(super) fn refused(status: StatusCode, body: &[u8]) -> ClientError {
    match serde_json::from_slice::<Refusal>(body) {
        Ok(Refusal { code, message, request_id }) => ClientError::Refused {
            code: printable(&code),
            message: printable(&message),
            request_id: printable(&request_id),
        },
        Err(_) => ClientError::NoAnswer { status: status.as_u16() },
    }
}

/// What a server says is printed: an escape sequence in it would reach the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A refusal keeps code, text and request id; another server's page and a redirect are told apart from it; nothing reaches the
    /// terminal that could control it.
    #[test]
    fn refusals_are_read_and_anything_else_is_named() {
        let said =
            |status: u16, body: &str| refused(StatusCode::from_u16(status).unwrap(), body.as_bytes()).to_string();
        let body = r#"{"Code":"Rejected.Disabled","Message":"off\u001b[2J","RequestId":"r-1","HttpStatus":409}"#;
        assert_eq!(said(409, body), "Rejected.Disabled: off\u{fffd}[2J (request r-1)");
        for (status, body) in [(404, "<html>"), (301, ""), (500, "{}"), (400, r#"{"Code":1}"#)] {
            assert!(said(status, body).ends_with(&format!("(HTTP status {status})")), "{body}");
        }
    }
}
