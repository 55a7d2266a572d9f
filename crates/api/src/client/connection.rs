//! One connection for one call.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::http::response::Parts;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, rustls};
use zeroize::Zeroizing;

use super::endpoint::Endpoint;
use super::error::ClientError;

/// Longest time until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);

/// Largest answer. The longest of this API, a page of a hundred records, stays below 1 MiB.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// Certificates that the system trusts, where Debian and Ubuntu keep them.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Makes connections; with TLS, to whom the authorities vouch for.
pub(super) struct Connector(Option<TlsConnector>);

impl Connector {
    pub(super) fn new(endpoint: &Endpoint, authorities: Option<&Path>) -> Result<Self, ClientError> {
        if !endpoint.is_tls() {
            return Ok(Self(None));
        }
        let trusted = trusted(authorities.unwrap_or(Path::new(SYSTEM_AUTHORITIES)))?;
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(ClientError::NoTls)?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self(Some(TlsConnector::from(Arc::new(config)))))
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn exchange(
        &self,
        endpoint: &Endpoint,
        request: Request<Full<Bytes>>,
    ) -> Result<(Parts, Zeroizing<Vec<u8>>), ClientError> {
        let stream = in_time(endpoint, TcpStream::connect((endpoint.host(), endpoint.port()))).await?;
        let stream = stream.map_err(|source| ClientError::Connect { endpoint: endpoint.to_string(), source })?;
        // A request is written whole; waiting to fill a segment only delays it.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.0 else { return converse(endpoint, stream, request).await };
        let failed = |source| ClientError::Tls { endpoint: endpoint.to_string(), source };
        let name = ServerName::try_from(endpoint.host().to_owned())
            .map_err(|error| failed(std::io::Error::new(std::io::ErrorKind::InvalidInput, error)))?;
        let stream = in_time(endpoint, tls.connect(name, stream)).await?.map_err(failed)?;
        converse(endpoint, stream, request).await
    }
}

async fn in_time<T>(endpoint: &Endpoint, made: impl Future<Output = T>) -> Result<T, ClientError> {
    let done = tokio::time::timeout(CONNECT, made).await;
    done.map_err(|_| ClientError::Timeout { endpoint: endpoint.to_string(), limit: CONNECT })
}

async fn converse(
    endpoint: &Endpoint,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
) -> Result<(Parts, Zeroizing<Vec<u8>>), ClientError> {
    let broken = |source| ClientError::Http { endpoint: endpoint.to_string(), source };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let answered = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        let (head, incoming) = answer.into_parts();
        Ok((head, body(endpoint, incoming).await?))
    };
    let mut connection = std::pin::pin!(connection);
    let mut answered = std::pin::pin!(answered);
    tokio::select! {
        done = answered.as_mut() => done,
        ended = connection.as_mut() => {
            ended.map_err(broken)?;
            // The connection has given everything that it had.
            answered.await
        }
    }
}

async fn body(endpoint: &Endpoint, mut incoming: Incoming) -> Result<Zeroizing<Vec<u8>>, ClientError> {
    // At its largest from the start: a vector that grows leaves copies behind. Untouched pages cost nothing.
    let mut whole = Zeroizing::new(Vec::with_capacity(ANSWER_BYTES_MAX));
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|source| ClientError::Http { endpoint: endpoint.to_string(), source })?;
        let Some(data) = frame.data_ref() else { continue };
        if whole.len() + data.len() > ANSWER_BYTES_MAX {
            return Err(ClientError::TooLong { endpoint: endpoint.to_string() });
        }
        whole.extend_from_slice(data);
    }
    Ok(whole)
}

fn trusted(path: &Path) -> Result<RootCertStore, ClientError> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|source| ClientError::Authorities { path: path.to_path_buf(), source })?;
    let mut trusted = RootCertStore::empty();
    let (added, _) = trusted.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(ClientError::NoAuthority { path: path.to_path_buf() });
    }
    Ok(trusted)
}
