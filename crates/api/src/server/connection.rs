//! One connection: TLS, HTTP/1.1, request after request.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::gateway::{Arrival, Gateway};
use crate::server::deadline::WriteDeadline;
use crate::server::upload_slots::UploadSlots;
use crate::server::{Timeouts, Tls, told_to_stop};
use crate::services::{Pages, Services};

/// A listener's side of a connection.
pub(crate) struct Door<S: Services> {
    pub(crate) gateway: Arc<Gateway<S>>,
    pub(crate) calls: Arc<Semaphore>,
    pub(crate) uploads: Arc<UploadSlots>,
    pub(crate) pages: Option<Arc<dyn Pages>>,
    pub(crate) tls: Option<Tls>,
    pub(crate) region: Option<String>,
    pub(crate) timeouts: Timeouts,
}

/// Bytes of a request line with its headers: the longest target that the HTTP library takes (65,534), and 32 KiB of headers.
const HEAD_BYTES_MAX: usize = 96 * 1024;

/// Header lines of a request. Official clients send up to 15.
const HEADERS_MAX: usize = 64;

impl<S: Services> Door<S> {
    /// Serves one connection until the client closes it, breaks a rule, or the server stops.
    pub(crate) async fn welcome(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, stopped: watch::Receiver<bool>) {
        // Answers are written whole; waiting to fill a segment only delays them.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return self.converse(stream, peer, stopped).await };
        let handshake = TlsAcceptor::from(tls.server_config()).accept(stream);
        match tokio::time::timeout(self.timeouts.handshake, handshake).await {
            Ok(Ok(stream)) => self.converse(stream, peer, stopped).await,
            Ok(Err(error)) => tracing::debug!(source.ip = %peer.ip(), %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(source.ip = %peer.ip(), "TLS handshake took too long"),
        }
    }

    async fn converse<IO>(self: Arc<Self>, stream: IO, peer: SocketAddr, mut stopped: watch::Receiver<bool>)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let arrival = Arrival {
            source_ip: peer.ip().to_canonical(),
            secure_transport: self.tls.is_some(),
            region: self.region.clone(),
        };
        let timeouts = self.timeouts;
        let service = service_fn(move |request| {
            let (door, arrival) = (Arc::clone(&self), arrival.clone());
            async move { Ok::<_, Infallible>(door.answer(request, arrival).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(timeouts.headers)
            .max_buf_size(HEAD_BYTES_MAX)
            .max_headers(HEADERS_MAX)
            .serve_connection(TokioIo::new(WriteDeadline::new(stream, timeouts.write)), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = told_to_stop(&mut stopped) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(source.ip = %peer.ip(), %error, "connection ended early");
        }
    }
}
