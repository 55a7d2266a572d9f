//! The server: wires the rooms to the wire, and keeps time for them.

mod access;
mod backend;
mod config;
mod due;
mod journal;
mod nonces;
mod pages;

pub(crate) use access::show as show_access_key;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use api::{Keys as _, Served, Server};
use catalog::{Attends, Clock, OpenedFor, SystemClock};
use crypto::{OsRandom, Random};
use tokio::signal::unix::{SignalKind, signal};

use crate::args::ServeArgs;
use crate::installation::{Installation, rooms};
use crate::store::{ServerLock, Store};
use backend::Backend;

/// Runs until it is told to stop.
pub(crate) fn run(args: &ServeArgs, store: &Store) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start a runtime")?;
    runtime.block_on(serve(args, store))
}

async fn serve(args: &ServeArgs, store: &Store) -> Result<ExitCode> {
    log_to_stderr();
    store.make_directory()?;
    let _lock = ServerLock::take(&store.data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let installation = Installation::read(store)?.with_args(args);
    let backend = Arc::new(open(args, &installation, store, &clock).await?);
    // The lock on the data directory says that no other process works on an embedded catalog.
    let is_alone = store.database.is_none() || args.only_server;
    let attendance = backend.images().attend(if is_alone { Attends::OnlyServer } else { Attends::Server }).await?;
    access::bootstrap(args, &backend, &*clock).await?;
    let certificate = config::certificate(args, store, &*clock)?;
    let server = Server::bind(
        config::server(args, installation.regions(), certificate.as_ref())?,
        Served {
            table: api::table(),
            services: Arc::clone(&backend),
            clock: Arc::clone(&clock),
            random: Arc::new(OsRandom),
        },
    );
    let server = server.await?;
    let pages = pages::open(&backend, server.inside(), Arc::clone(&clock), Arc::new(OsRandom));
    let server = server.with_pages(&pages);
    // Before anyone can know that the server is there, so that whoever stops it at once is heard.
    let stop = stop_signal()?;
    let scheme = if args.tls_cert.is_some() || args.self_signed { "https" } else { "http" };
    for address in server.addresses() {
        // On standard output, for whoever starts the server and waits for it.
        println!("listening on {scheme}://{address}");
    }
    std::io::stdout().flush()?;
    let due = tokio::spawn(due::run(Arc::clone(&backend)));
    let jobs = tokio::spawn(backend.images().work(attendance));
    let instances = tokio::spawn(backend.images().host_instances());
    let loading = store.database.is_none().then(|| {
        let backend = Arc::clone(&backend);
        tokio::spawn(async move { backend.load_nonces().await })
    });
    server.run(stop).await;
    for task in [due, jobs, instances].into_iter().chain(loading) {
        task.abort();
        // It may have ended by itself.
        let _ = task.await;
    }
    // Only for whoever copies the file: a catalog that stays open has lost nothing.
    if let Err(error) = backend.kms().close().await {
        tracing::warn!(%error, "the catalog is not closed in order: copy catalog.sqlite together with catalog.sqlite-wal");
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(args: &ServeArgs, installation: &Installation, store: &Store, clock: &Arc<dyn Clock>) -> Result<Backend> {
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    let kms = store.kms(OpenedFor::Service, clock.clone(), random.clone()).await?;
    let kms = kms.with_limits(installation.key_limits()).with_price_rule(args.price.price_rule);
    let (rooms, account) = rooms(kms, clock.clone(), random).await?;
    let images = installation.open_images(store, rooms.clone())?;
    images.take_instances().await?;
    Ok(Backend::new(rooms, images, account))
}

/// One line a call, with fields; never a parameter.
fn log_to_stderr() {
    let level = tracing_subscriber::filter::LevelFilter::INFO;
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).with_ansi(false).init();
}

/// Done at the first SIGTERM, SIGINT or SIGHUP.
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let mut hup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
            _ = hup.recv() => {}
        }
    })
}
