//! A client of the wire, for the command line: signature v3, one connection a call, bounded answers.
//!
//! ```text
//! parameters → form → signed headers → TCP or TLS → status and JSON → Answer, or the code of the refusal
//! ```
//!
//! Parameters go into the body, never into the request line, which proxies write down. Deliberately absent: redirects, proxies and
//! repeated calls. A redirect would carry a signed call elsewhere, and a call whose answer was lost may have been done.

mod connection;
mod endpoint;
mod error;
mod sign;
mod upload;

pub use endpoint::Endpoint;
pub use error::ClientError;
pub use upload::Sent;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use catalog::Clock;
use crypto::{Random, Secret};
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::percent;
use crate::product::Product;
use connection::Connector;

/// Who calls.
pub struct Credentials {
    /// Id of the access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret: Secret,
    /// Of a session.
    pub security_token: Option<Secret>,
}

/// One caller at one server.
pub struct Client {
    endpoint: Endpoint,
    connector: Connector,
    credentials: Credentials,
    region: Option<String>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// The fields of an answer. They are wiped with it, as one may be a key; what the HTTP library read them into is not.
pub struct Answer(Zeroizing<Vec<u8>>);

/// Longest time from the first byte to the last of a call. The slowest, a new pair of RSA, takes a second.
const CALL: Duration = Duration::from_secs(60);

impl Client {
    /// A caller at `endpoint`. `authorities`: PEM file of the certificates that an `https` endpoint is trusted by, in place of the
    /// system's. `region`: asked for by the host name `kms.<region>.aliyuncs.com`; without one it is the server's default.
    ///
    /// Errors: `Authorities`, `NoAuthority`.
    pub fn new(
        endpoint: Endpoint,
        authorities: Option<&Path>,
        region: Option<String>,
        credentials: Credentials,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, ClientError> {
        let connector = Connector::new(&endpoint, authorities)?;
        Ok(Self { endpoint, connector, credentials, region, clock, random })
    }

    /// Where the server is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Makes one call. Needs a tokio runtime with time and I/O.
    ///
    /// Errors: `Refused` with the server's code; `Connect`, `Tls`, `Timeout`, `Http`, `TooLong`, `NoAnswer`; `Unsendable` for
    /// credentials or a region that cannot stand in a header.
    pub async fn call(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<Answer, ClientError> {
        let request = self.request(product, action, parameters)?;
        let answered = tokio::time::timeout(CALL, self.connector.exchange(&self.endpoint, request)).await;
        let (head, body) =
            answered.map_err(|_| ClientError::Timeout { endpoint: self.endpoint.to_string(), limit: CALL })??;
        if head.status.is_success() { Ok(Answer(body)) } else { Err(error::refused(head.status, &body)) }
    }

    fn request(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let host = match &self.region {
            Some(region) if product.is_regional() => format!("{}.{region}.aliyuncs.com", product.name()),
            _ => self.endpoint.authority(),
        };
        let mut nonce = [0; 16];
        self.random.fill(&mut nonce);
        let call = sign::Call {
            host: &host,
            version: product.version(),
            action,
            made_at: self.clock.now(),
            nonce: &hex::encode(nonce),
            body: percent::encode_pairs(parameters.iter().copied()),
        };
        sign::signed(call, &self.credentials)
    }
}

impl Answer {
    /// The fields that `T` names. Texts may be borrowed, so that a key in one is not copied.
    ///
    /// Errors: `NoAnswer` when one is missing or of another type.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.0).map_err(|_| ClientError::NoAnswer { status: 200 })
    }
}
