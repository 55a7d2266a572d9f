//! The data directory, and the key management service in it.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use catalog::{Catalog, Clock, OpenedFor, SystemClock};
use crypto::{LockStatus, OsRandom, Random};
use kms::{DataDir, Kms, RootSource, Scope};
use ram::Permit;
use tokio::runtime::Runtime;

use crate::args::{Cli, InRegion, RootArgs};
use crate::installation::Installation;
use crate::output;
use crate::private_file;
use crate::user_directory::user_directory;

/// Where everything is kept, before it is opened.
pub(crate) struct Store {
    pub data_dir: DataDir,
    pub root: RootSource,
    /// The file that says what the installation decides, if one is named.
    pub config: Option<PathBuf>,
    /// Where the catalog is if it is not in the data directory.
    pub database: Option<Database>,
}

/// A PostgreSQL database, by what names it.
pub(crate) enum Database {
    Url(String),
    /// A file with the URL.
    File(PathBuf),
}

/// Longest URL of a database, in bytes.
const URL_BYTES_MAX: usize = 4096;

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
        let database = match (&cli.database.database, &cli.database.database_file) {
            (Some(url), _) => Some(Database::Url(url.clone())),
            (None, file) => file.clone().map(Database::File),
        };
        Ok(Self { data_dir: DataDir::new(path), root: root_source(&cli.root), config: cli.config.clone(), database })
    }

    /// Opens the catalog, wherever it is, and the key management service on it. The first use makes the root key, and says so.
    pub(crate) async fn kms(
        &self,
        opened_for: OpenedFor,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Kms> {
        let catalog = match &self.database {
            Some(database) => {
                // For the root key; with SQLite the catalog makes it.
                self.make_directory()?;
                database.connect().await?
            }
            None => {
                let opened = Catalog::open_for(opened_for, self.data_dir.path()).await;
                opened.with_context(|| self.shown())?
            }
        };
        let opened = Kms::open_on(catalog, &self.data_dir, &self.root, clock, random).await;
        let kms = opened.with_context(|| self.shown())?;
        if let Some(made) = kms.root_made() {
            eprintln!("{made}");
        }
        Ok(kms)
    }

    /// The data directory, for messages.
    fn shown(&self) -> String {
        format!("data directory {}", self.data_dir.path().display())
    }

    /// Whose keys a command uses: the account and region that an installation begins with, or another region of it.
    ///
    /// Errors: the region is not one of this installation's.
    pub(crate) fn scope(&self, named: &InRegion) -> Result<Scope> {
        let Some(region) = &named.region else { return Ok(Scope::default()) };
        let installation = Installation::read(self)?;
        if !installation.regions().contains(region) {
            bail!("region {region} is not one of this installation's: {}", installation.regions().join(", "));
        }
        Ok(Scope { region: region.parse()?, ..Scope::default() })
    }

    /// Opens the service for a command that needs a key that is there already: nothing is made, so a mistyped
    /// directory leaves nothing behind.
    pub(crate) fn open_existing(&self) -> Result<OpenStore> {
        // With a database the data directory holds the root key and digest trees.
        let exists = match &self.database {
            Some(_) => self.data_dir.path().is_dir(),
            None => self.data_dir.catalog().exists(),
        };
        if !exists {
            bail!(
                "no keys are kept in the data directory {}; name another with --data",
                self.data_dir.path().display()
            );
        }
        self.open()
    }

    /// Opens the service for a command that changes keys or accounts: refused while a server runs on the data directory, which would
    /// not hear of the change at once.
    pub(crate) fn open_alone(&self) -> Result<(OpenStore, ServerLock)> {
        let store = self.open()?;
        let lock = ServerLock::share(&self.data_dir)?;
        Ok((store, lock))
    }

    /// Makes the data directory with its place for digest trees, for its owner alone, where they are missing.
    pub(crate) fn make_directory(&self) -> Result<()> {
        let path = self.data_dir.path();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        let made = made.and_then(|()| self.data_dir.make_trees());
        made.with_context(|| format!("cannot make the data directory {}", path.display()))
    }

    /// Opens the service; the first use makes the data directory and the root key, and says so.
    pub(crate) fn open(&self) -> Result<OpenStore> {
        if let LockStatus::NotLocked { reason } = crypto::lock_status() {
            output::warning(&format!("keys are not locked in memory: {reason}"));
        }
        let runtime = runtime()?;
        let kms = runtime.block_on(self.kms(OpenedFor::Command, Arc::new(SystemClock), Arc::new(OsRandom)))?;
        let scope = Scope::default();
        let permit = Permit::for_local_operator(scope.account.as_str().parse()?, SystemClock.now());
        Ok(OpenStore { data_dir: self.data_dir.clone(), kms, runtime, permit, scope })
    }
}

impl Database {
    /// Opens the catalog there.
    pub(crate) async fn connect(&self) -> Result<Catalog> {
        let path = match self {
            Self::Url(url) => return Ok(Catalog::connect(url).await?),
            Self::File(path) => path,
        };
        let url = private_file::read(path, URL_BYTES_MAX)?;
        let url = std::str::from_utf8(url.expose()).with_context(|| format!("{} is not text", path.display()))?;
        Catalog::connect(url.trim()).await.with_context(|| path.display().to_string())
    }
}

/// Held by a server for as long as it runs on a data directory: a second one, and commands that change keys, are refused meanwhile.
pub(crate) struct ServerLock(File);

impl Drop for ServerLock {
    /// Closing alone would not do: a child that another thread has just forked still holds a copy of the descriptor.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl ServerLock {
    /// Takes it for a server.
    pub(crate) fn take(data_dir: &DataDir) -> Result<Self> {
        let file = Self::file(data_dir)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "another server, or a command, is using {}; a server is asked with --endpoint",
                    data_dir.path().display()
                )
            }
            Err(TryLockError::Error(error)) => Err(error).context("cannot lock server.lock"),
        }
    }

    /// Takes it for a command, beside other commands.
    pub(crate) fn share(data_dir: &DataDir) -> Result<Self> {
        let file = Self::file(data_dir)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                bail!("a server is running on {}; stop it first, or ask it with --endpoint", data_dir.path().display())
            }
            Err(TryLockError::Error(error)) => Err(error).context("cannot lock server.lock"),
        }
    }

    fn file(data_dir: &DataDir) -> Result<File> {
        let path = data_dir.path().join("server.lock");
        let opened = File::options().write(true).create(true).truncate(false).mode(0o600).open(&path);
        opened.with_context(|| format!("cannot open {}", path.display()))
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
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start a runtime")
}

fn root_source(args: &RootArgs) -> RootSource {
    match (&args.root_passphrase_file, &args.root_credential, &args.root_pkcs11) {
        (Some(file), _, _) => RootSource::PassphraseFile(file.clone()),
        (None, Some(name), _) => RootSource::systemd_credential(name.clone()),
        (None, None, Some(place)) => RootSource::Pkcs11(place.clone()),
        (None, None, None) => RootSource::File,
    }
}

/// `$XDG_DATA_HOME/reseal`, or `~/.local/share/reseal`.
fn default_data_dir() -> Result<PathBuf> {
    user_directory("XDG_DATA_HOME", ".local/share")
        .context("neither HOME nor XDG_DATA_HOME is set; name the data directory with --data")
}
