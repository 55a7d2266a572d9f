//! The server: listeners, connections, their limits, and an orderly end.
//!
//! HTTP/1.1 only, which is what every client of these products speaks. Each call runs in a task of its own: a client that hangs up
//! does not cancel what it asked for half-way.

mod config;
mod connection;
mod deadline;
mod pace;
mod pages;
mod routes;
mod tls;
mod upload_slots;
mod uploads;

pub use config::{Listener, ServerConfig, Timeouts};
pub use tls::{SelfSigned, Tls, TlsError};

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use catalog::Clock;
use crypto::Random;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::action::Table;
use crate::gateway::Gateway;
use crate::inside::Inside;
use crate::metrics::Metrics;
use crate::server::connection::Door;
use crate::server::upload_slots::UploadSlots;
use crate::services::{Pages, Services};

/// What is served.
pub struct Served<S: Services> {
    /// The actions.
    pub table: Table<S>,
    /// What they work on.
    pub services: Arc<S>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For request ids.
    pub random: Arc<dyn Random>,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A listener is for a region that is not served.
    #[error("the listener on {address} is for region {region}, which is not one of the configured regions")]
    UnknownRegion {
        /// The address.
        address: SocketAddr,
        /// The region.
        region: String,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}; is another server running there?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// A server that listens and does not answer yet.
pub struct Server<S: Services> {
    doors: Vec<(TcpListener, Arc<Door<S>>)>,
    connections: Arc<Semaphore>,
    calls: Arc<Semaphore>,
    calls_max: u32,
    shutdown_deadline: Duration,
}

/// Serves until `shutdown` is done, then ends in order.
///
/// Errors: [`ServeError`] before the first request.
pub async fn serve<S: Services>(
    config: ServerConfig,
    served: Served<S>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    Server::bind(config, served).await?.run(shutdown).await;
    Ok(())
}

impl<S: Services> Server<S> {
    /// Opens all listeners, or none.
    ///
    /// Errors: [`ServeError`].
    pub async fn bind(config: ServerConfig, served: Served<S>) -> Result<Self, ServeError> {
        config.check()?;
        let gateway = Arc::new(Gateway {
            table: served.table,
            services: served.services,
            limits: config.limits,
            regions: Arc::new(config.regions),
            clock: served.clock,
            random: served.random,
            metrics: Metrics::new(),
        });
        let calls = Arc::new(Semaphore::new(config.calls_max as usize));
        let uploads = Arc::<UploadSlots>::default();
        let mut doors = Vec::new();
        for Listener { address, tls, region } in config.listeners {
            let socket = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
            let (gateway, calls, uploads) = (Arc::clone(&gateway), Arc::clone(&calls), Arc::clone(&uploads));
            doors.push((
                socket,
                Arc::new(Door { gateway, calls, uploads, pages: None, tls, region, timeouts: config.timeouts }),
            ));
        }
        Ok(Self {
            doors,
            connections: Arc::new(Semaphore::new(config.connections_max)),
            calls,
            calls_max: config.calls_max,
            shutdown_deadline: config.timeouts.shutdown,
        })
    }

    /// The actions, for whoever is in this process.
    ///
    /// Panics if there is no listener; [`Server::bind`] refuses such a configuration.
    #[must_use]
    pub fn inside(&self) -> Inside<S> {
        let (_, door) = self.doors.first().expect("a server has a listener");
        Inside(Arc::clone(&door.gateway))
    }

    /// Has `pages` answer what is asked below `/console`, by every listener.
    #[must_use]
    pub fn with_pages(mut self, pages: &Arc<dyn Pages>) -> Self {
        for (_, door) in &mut self.doors {
            Arc::get_mut(door).expect("no connection has it yet").pages = Some(Arc::clone(pages));
        }
        self
    }

    /// The addresses in the order of the configuration; a port 0 there is the one that the system chose.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.doors.iter().filter_map(|(socket, _)| socket.local_addr().ok()).collect()
    }

    /// Serves until `shutdown` is done. Then no connection is taken any more, idle ones are closed, and calls that have begun
    /// are answered, as far as the deadline of the configuration lets them.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let mut listening = JoinSet::new();
        for (socket, door) in self.doors {
            listening.spawn(listen(socket, door, Arc::clone(&self.connections), stopped.clone()));
        }
        shutdown.await;
        // Fails only if every listener is gone, and then there is nobody to tell.
        let _ = stop.send(true);
        let ended = async {
            while listening.join_next().await.is_some() {}
            // A call outlives its connection if the client hung up. All permits back: no call runs any more.
            let _ = self.calls.acquire_many(self.calls_max).await;
        };
        if tokio::time::timeout(self.shutdown_deadline, ended).await.is_err() {
            tracing::warn!("calls were still running at the deadline of the shutdown; they are cut off");
        }
    }
}

/// Takes connections until it is told to stop, then waits for those that it took.
async fn listen<S: Services>(
    socket: TcpListener,
    door: Arc<Door<S>>,
    slots: Arc<Semaphore>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            Some(_) = open.join_next(), if !open.is_empty() => {}
            (stream, peer, slot) = accept(&socket, &slots) => {
                let (door, stopped) = (Arc::clone(&door), stopped.clone());
                open.spawn(async move {
                    door.welcome(stream, peer, stopped).await;
                    drop(slot);
                });
            }
        }
    }
    drop(socket);
    while open.join_next().await.is_some() {}
}

/// Ends when the server shall stop.
async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // Fails only if the server itself is gone, which is a stop too.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// The next connection, when there is a slot for it: what waits in the kernel costs us nothing.
async fn accept(
    socket: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (tokio::net::TcpStream, SocketAddr, OwnedSemaphorePermit) {
    /// Out of file descriptors, most likely: trying again at once would only burn the processor.
    const PAUSE: Duration = Duration::from_millis(50);
    let slot = Arc::clone(slots).acquire_owned().await.expect("nobody closes the semaphore");
    loop {
        match socket.accept().await {
            Ok((stream, peer)) => return (stream, peer, slot),
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
