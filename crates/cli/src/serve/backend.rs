//! The rooms behind the wire, as the wire asks for them.

use std::sync::Arc;

use api::services::{
    AccessKey, AccessKeyRefused, Gate, Identity, Journal, Need, Nonces as NonceStore, Origin, PermitRefused, Readiness,
    Record, Rooms, Unavailable, Uploads,
};
use api::{Images, Keys};
use catalog::{Clock, SystemClock, Timestamp};
use ecs::Ecs;
use kms::Kms;
use ram::trail::Ledger;
use ram::{AccountId, Authenticated, Permit, Ram};

use super::journal::{self, KeyKind};
use super::nonces::{Nonces, Taken};

/// Everything that a call may need.
pub(crate) struct Backend {
    kms: Arc<Kms>,
    ram: Arc<Ram>,
    ledger: Arc<Ledger>,
    ecs: Arc<Ecs>,
    nonces: Nonces,
    account: AccountId,
}

impl Backend {
    pub(super) fn new(rooms: ecs::Rooms, ecs: Arc<Ecs>, account: AccountId) -> Self {
        let ecs::Rooms { kms, ram, ledger, .. } = rooms;
        Self { kms, ram, ledger, ecs, nonces: Nonces::default(), account }
    }

    /// The account that the installation began with.
    pub(super) fn account(&self) -> AccountId {
        self.account
    }

    /// The images, for whoever works on their jobs.
    pub(super) fn images(&self) -> Arc<Ecs> {
        Arc::clone(&self.ecs)
    }

    /// Who may do what, for the pages.
    pub(super) fn ram_room(&self) -> Arc<Ram> {
        Arc::clone(&self.ram)
    }

    /// Takes the nonces of earlier processes into memory. Only where no other process can come beside this one.
    pub(super) async fn load_nonces(&self) {
        if let Err(error) = self.nonces.load(&self.kms.catalog()).await {
            tracing::warn!(%error, "nonces are not loaded; each request asks the catalog for its own");
        }
    }
}

impl Rooms for Backend {
    fn ram(&self) -> &Ram {
        &self.ram
    }
}

impl Keys for Backend {
    fn kms(&self) -> &Kms {
        &self.kms
    }
}

impl Images for Backend {
    fn ecs(&self) -> &Ecs {
        &self.ecs
    }
}

impl Gate for Backend {
    type Caller = Authenticated;
    type Permit = Permit;

    async fn access_key(
        &self,
        id: &str,
        security_token: Option<&str>,
        origin: &Origin,
    ) -> Result<AccessKey<Authenticated>, AccessKeyRefused> {
        self.ram.access_key(id, security_token, origin).await
    }

    fn identity(&self, caller: &Authenticated) -> Identity {
        Gate::identity(&*self.ram, caller)
    }

    async fn permit(&self, caller: &Authenticated, needs: &[Need]) -> Result<Permit, PermitRefused> {
        self.ram.permit(caller, needs).await
    }
}

impl NonceStore for Backend {
    async fn take(&self, access_key_id: &str, nonce: &str, expires: Timestamp) -> Result<bool, Unavailable> {
        match self.nonces.take(access_key_id, nonce, expires, SystemClock.now()) {
            Taken::Replayed => Ok(false),
            Taken::Full => {
                Err(Unavailable("too many requests in the last half hour to tell a replayed one".to_owned()))
            }
            Taken::Fresh => Ok(true),
            Taken::FreshHere => {
                let known = self.kms.catalog().read().nonce_is_held(nonce, access_key_id).await;
                known.map(|known| !known).map_err(|error| unavailable(&error))
            }
        }
    }
}

impl Journal for Backend {
    async fn record(&self, call: &Record<'_>) -> Result<(), Unavailable> {
        let keys = call.needs.iter().filter_map(|need| need.key.as_ref());
        let kind = KeyKind::of(keys.map(|facts| facts.key.service.as_str()));
        journal::record(&self.ledger, call, kind).await
    }
}

impl Uploads for Backend {
    fn uploads(&self) -> Option<&Arc<Ecs>> {
        Some(&self.ecs)
    }
}

impl Readiness for Backend {
    async fn ready(&self) -> Result<(), Unavailable> {
        self.kms.catalog().read().key_exists().await.map(drop).map_err(|error| unavailable(&error))
    }
}

fn unavailable(error: &catalog::CatalogError) -> Unavailable {
    Unavailable(error.to_string())
}
