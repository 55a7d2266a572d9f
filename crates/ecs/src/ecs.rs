use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use blobs::{BlobId, BlobStore};
use catalog::{Catalog, Clock, Region, Scope, Timestamp};
use crypto::Random;
use kms::Kms;
use ram::Ram;
use ram::trail::Ledger;

use crate::config::EcsConfig;
use crate::error::{EcsError, Result};
use crate::ids::new_id;
use crate::instances::Host;
use crate::jobs::Board;

/// The rooms below, shared with whoever else uses them.
#[derive(Clone)]
pub struct Rooms {
    /// The keys.
    pub kms: Arc<Kms>,
    /// Who may do what.
    pub ram: Arc<Ram>,
    /// Where calls on keys are written down that ECS makes for an account.
    pub ledger: Arc<Ledger>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Ids, and everything that the engine draws.
    pub random: Arc<dyn Random>,
}

/// Images of all accounts and regions, on one catalog. Several processes may share the catalog and the stores.
pub struct Ecs {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) rooms: Rooms,
    pub(crate) stores: BTreeMap<Region, Arc<dyn BlobStore>>,
    pub(crate) config: EcsConfig,
    pub(crate) board: Board,
    pub(crate) host: Host,
    me: Weak<Self>,
}

impl Ecs {
    /// The service. `stores`: the regions, each with the store of its blobs; two regions may share one.
    #[must_use]
    pub fn new(rooms: Rooms, stores: BTreeMap<Region, Arc<dyn BlobStore>>, config: EcsConfig) -> Arc<Self> {
        let board = Board::new(new_id("worker", &*rooms.random));
        Arc::new_cyclic(|me| Self {
            catalog: rooms.kms.catalog(),
            rooms,
            stores,
            config,
            board,
            host: Host::default(),
            me: me.clone(),
        })
    }

    /// Itself, for work that goes on after its call.
    pub(crate) fn shared(&self) -> Arc<Self> {
        self.me.upgrade().expect("whoever calls it has it from the one Arc that it is made in")
    }

    /// Itself, for work that only waits: it does not keep the service.
    pub(crate) fn weak(&self) -> Weak<Self> {
        self.me.clone()
    }

    /// The regions, by name.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.stores.keys()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.rooms.clock.now()
    }

    pub(crate) fn new_id(&self, prefix: &str) -> String {
        new_id(prefix, &*self.rooms.random)
    }

    pub(crate) fn new_blob_id(&self) -> BlobId {
        let mut bytes = [0; 16];
        self.rooms.random.fill(&mut bytes);
        BlobId::from_random(bytes)
    }

    /// The store of a region.
    ///
    /// Errors: `RegionNotFound`.
    pub(crate) fn store(&self, region: &Region) -> Result<&Arc<dyn BlobStore>> {
        self.stores.get(region).ok_or_else(|| EcsError::RegionNotFound(region.to_string()))
    }

    /// A scope of this account in a region that is named by a caller.
    ///
    /// Errors: `RegionNotFound`.
    pub(crate) fn scope_in(&self, region: &str, of: &Scope) -> Result<Scope> {
        let found = region.parse().ok().filter(|region| self.stores.contains_key(region));
        let region = found.ok_or_else(|| EcsError::RegionNotFound(region.to_owned()))?;
        Ok(Scope { account: of.account.clone(), region })
    }
}
