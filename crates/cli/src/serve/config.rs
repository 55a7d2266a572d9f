//! From arguments to listeners and TLS.

use std::fs;

use anyhow::{Context, Result};
use api::{Listener, Regions, ServerConfig, Tls};
use catalog::Clock;

use crate::args::ServeArgs;
use crate::store::Store;

/// What the server listens on.
pub(super) fn server(args: &ServeArgs, regions: &[String], tls: Option<&Tls>) -> Result<ServerConfig> {
    let (default, more) = regions.split_first().context("no region is configured")?;
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let listeners = args.listen.iter().map(|listen| Listener {
        address: listen.address,
        tls: tls.cloned(),
        region: listen.region.clone(),
    });
    Ok(ServerConfig::new(listeners.collect(), Regions::new(default, &more)))
}

/// The certificate of the arguments; a self-signed one is written into the data directory, for clients to trust.
pub(super) fn certificate(args: &ServeArgs, store: &Store, clock: &dyn Clock) -> Result<Option<Tls>> {
    if let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) {
        return Ok(Some(Tls::from_pem_files(certificate, key)?));
    }
    if !args.self_signed {
        return Ok(None);
    }
    let names: Vec<String> =
        ["localhost".to_owned()].into_iter().chain(args.listen.iter().map(|l| l.address.ip().to_string())).collect();
    let made = Tls::self_signed(&names, clock.now())?;
    let path = store.data_dir.path().join("self-signed.pem");
    fs::write(&path, made.certificate_pem).with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("The server's certificate, for clients to trust: {}", path.display());
    Ok(Some(made.tls))
}
