//! The data directory, and the key management service in it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use catalog::{Clock, SystemClock};
use crypto::{LockStatus, OsRandom};
use kms::{DataDir, Kms, RootSource, Scope};
use ram::Permit;
use tokio::runtime::Runtime;

use crate::args::{Cli, RootArgs};
use crate::output;

/// Where everything is kept, before it is opened.
pub(crate) struct Store {
    pub data_dir: DataDir,
    pub root: RootSource,
}

/// The opened service, and what runs its calls.
pub(crate) struct OpenStore {
    pub data_dir: DataDir,
    pub kms: Kms,
    pub runtime: Runtime,
    /// Whoever may read the data directory may do everything in it.
    pub permit: Permit,
    /// The account and region that an installation begins with; a server may have more.
    pub scope: Scope,
}

impl Store {
    /// From the arguments and the environment.
    pub(crate) fn new(cli: &Cli) -> Result<Self> {
        let path = match &cli.data {
            Some(path) => path.clone(),
            None => default_data_dir()?,
        };
        Ok(Self { data_dir: DataDir::new(path), root: root_source(&cli.root) })
    }

    /// Opens the service for a command that needs a key that is there already: nothing is made, so a mistyped
    /// directory leaves nothing behind.
    pub(crate) fn open_existing(&self) -> Result<OpenStore> {
        if !self.data_dir.catalog().exists() {
            bail!(
                "no keys are kept in the data directory {}; name another with --data",
                self.data_dir.path().display()
            );
        }
        self.open()
    }

    /// Opens the service; the first use makes the data directory and the root key, and says so.
    pub(crate) fn open(&self) -> Result<OpenStore> {
        if let LockStatus::NotLocked { reason } = crypto::lock_status() {
            output::warning(&format!("keys are not locked in memory: {reason}"));
        }
        let runtime = runtime()?;
        let opened = runtime.block_on(Kms::open(&self.data_dir, &self.root, Arc::new(SystemClock), Arc::new(OsRandom)));
        let kms = opened.with_context(|| format!("data directory {}", self.data_dir.path().display()))?;
        if let Some(made) = kms.root_made() {
            eprintln!("{made}");
        }
        let scope = Scope::default();
        let permit = Permit::for_local_operator(scope.account.as_str().parse()?, SystemClock.now());
        Ok(OpenStore { data_dir: self.data_dir.clone(), kms, runtime, permit, scope })
    }
}

impl OpenStore {
    /// Runs a call of the service to its end.
    pub(crate) fn wait<T>(&self, call: impl Future<Output = kms::Result<T>>) -> kms::Result<T> {
        self.runtime.block_on(call)
    }
}

/// A runtime for the catalog's calls: one thread, as a command makes one call at a time.
pub(crate) fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().build().context("cannot start a runtime")
}

fn root_source(args: &RootArgs) -> RootSource {
    match (&args.root_passphrase_file, &args.root_credential) {
        (Some(file), _) => RootSource::PassphraseFile(file.clone()),
        (None, Some(name)) => RootSource::systemd_credential(name.clone()),
        (None, None) => RootSource::File,
    }
}

/// `$XDG_DATA_HOME/reseal`, or `~/.local/share/reseal`.
fn default_data_dir() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    match (set("XDG_DATA_HOME"), set("HOME")) {
        (Some(base), _) if base.is_absolute() => Ok(base.join("reseal")),
        (_, Some(home)) => Ok(home.join(".local/share/reseal")),
        _ => bail!("neither HOME nor XDG_DATA_HOME is set; name the data directory with --data"),
    }
}
