//! What an operator can set.

use std::net::SocketAddr;
use std::time::Duration;

use crate::region::Regions;
use crate::request::Limits;
use crate::server::{ServeError, Tls};

/// Configuration of a server.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where to listen; each alone decides on TLS and region.
    pub listeners: Vec<Listener>,
    /// The regions that are served.
    pub regions: Regions,
    /// How large a request may be.
    pub limits: Limits,
    /// How long anything may take.
    pub timeouts: Timeouts,
    /// Connections at once, over all listeners. More wait in the kernel's queue.
    pub connections_max: usize,
    /// Calls that are served at once. More wait for [`Timeouts::queue`], then get a 503.
    pub calls_max: u32,
}

impl ServerConfig {
    /// A plain server on `listeners` with limits for one machine: at most 1,024 connections with a request of at most
    /// 352 KiB each, and 512 calls at once.
    #[must_use]
    pub fn new(listeners: Vec<Listener>, regions: Regions) -> Self {
        let (limits, timeouts) = (Limits::default(), Timeouts::default());
        Self { listeners, regions, limits, timeouts, connections_max: 1024, calls_max: 512 }
    }

    /// What would only show when the first call comes in.
    pub(crate) fn check(&self) -> Result<(), ServeError> {
        for Listener { address, region, .. } in &self.listeners {
            if let Some(region) = region.as_ref().filter(|region| !self.regions.contains(region)) {
                return Err(ServeError::UnknownRegion { address: *address, region: region.clone() });
            }
        }
        Ok(())
    }
}

/// One address.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Address and port; port 0 lets the system choose.
    pub address: SocketAddr,
    /// TLS, or plain HTTP.
    pub tls: Option<Tls>,
    /// Region of all calls that come in here, whatever host they name.
    pub region: Option<String>,
}

/// How long a client may keep a connection busy with nothing. Official clients wait 5 s for a connection and 10 s for an
/// answer (wire.md 2), so none of them needs longer.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From the connection to the end of the TLS handshake.
    pub handshake: Duration,
    /// From the last answer, or the connection, to the end of the next request's headers.
    pub headers: Duration,
    /// From the headers to the end of the body.
    pub body: Duration,
    /// How long the client may refuse to take bytes of an answer.
    pub write: Duration,
    /// How long a call waits for others to finish before it is refused.
    pub queue: Duration,
    /// How long calls may go on after the server was told to stop.
    pub shutdown: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let [handshake, headers, body, write] = [10, 30, 15, 15].map(Duration::from_secs);
        let [queue, shutdown] = [2, 30].map(Duration::from_secs);
        Self { handshake, headers, body, write, queue, shutdown }
    }
}
