use std::sync::Arc;

use catalog::{Catalog, Clock, KeyId, KeyVersionId};
use crypto::Random;

use crate::billing::{Debts, PriceRule};
use crate::data_dir::DataDir;
use crate::error::Result;
use crate::known::Known;
use crate::limits::Limits;
use crate::root::{Root, RootError, RootMade, RootSource};

/// A key management service on one data directory. Several processes may use the same directory.
pub struct Kms {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) root: Root,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) limits: Limits,
    pub(crate) known: Known,
    pub(crate) debts: Debts,
    root_made: Option<RootMade>,
}

impl Kms {
    /// Opens the service on `data_dir`. The first use makes the directory, the catalog and the root key.
    ///
    /// A root key is made only for a catalog that never had one. A missing or wrong one is an error and nothing is replaced:
    /// a new root key could not open any key of the catalog.
    ///
    /// Errors: `Root`, `Catalog`.
    pub async fn open(
        data_dir: &DataDir,
        root: &RootSource,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        Self::open_on(Catalog::open(data_dir.path()).await?, data_dir, root, clock, random).await
    }

    /// As [`Kms::open`], on a catalog that is open already, on a PostgreSQL server for example. Root key and digest trees are still
    /// kept in `data_dir`.
    ///
    /// Errors: `Root`, `Catalog`.
    pub async fn open_on(
        catalog: Catalog,
        data_dir: &DataDir,
        root: &RootSource,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        data_dir.make_trees().map_err(|source| RootError::File { action: "make", path: data_dir.trees(), source })?;
        let (root, root_made) = Root::open_or_make(&catalog, data_dir, root, &*random).await?;
        Ok(Self {
            catalog: Arc::new(catalog),
            root,
            clock,
            random,
            limits: Limits::NONE,
            known: Known::new(),
            debts: Debts::default(),
            root_made,
        })
    }

    /// Sets how much an account may have; without it there is no limit.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sets the rule by which balances are compared; without it it is the first of [`crate::PRICE_RULES`].
    #[must_use]
    pub fn with_price_rule(self, rule: &'static PriceRule) -> Self {
        Self { debts: Debts::under(rule), ..self }
    }

    /// The catalog, for the rooms that remember things beside keys.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.clone()
    }

    /// What to tell the user when this opening made the root key: where it is, and what losing it means.
    pub fn root_made(&self) -> Option<&RootMade> {
        self.root_made.as_ref()
    }

    /// Closes the catalog, also for those who share it, so that `catalog.sqlite` holds everything by itself when no other process uses it:
    /// for whoever copies it. To be called when nothing is under way; what comes later opens it again.
    ///
    /// Leaving it out loses nothing; what was done is durable and stands in `catalog.sqlite-wal` until the next use.
    ///
    /// Errors: `Catalog`.
    pub async fn close(&self) -> Result<()> {
        Ok(self.catalog.close().await?)
    }

    pub(crate) fn new_key_id(&self) -> KeyId {
        KeyId::new(self.clock.now(), self.random_bytes())
    }

    pub(crate) fn new_key_version_id(&self) -> KeyVersionId {
        KeyVersionId::new(self.clock.now(), self.random_bytes())
    }

    pub(crate) fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }
}
