//! The rooms behind the wire, as the wire asks for them.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use api::Keys;
use api::services::{
    AccessKey, AccessKeyRefused, Gate, Identity, Journal, Need, Nonces as NonceStore, Origin, PermitRefused, Readiness,
    Record, Rooms, Unavailable,
};
use catalog::{Account, AccountRecord, Clock, SystemClock, Timestamp};
use kms::Kms;
use ram::trail::Ledger;
use ram::{AccountId, Authenticated, Permit, Ram};

use super::journal::{self, KeyKind};
use super::nonces::{Nonces, Taken};

/// Everything that a call may need.
pub(crate) struct Backend {
    kms: Kms,
    ram: Ram,
    ledger: Ledger,
    nonces: Nonces,
    account: AccountId,
    /// Accounts that have KMS, and since when. None ever loses it.
    opened: RwLock<HashMap<Account, Timestamp>>,
}

impl Backend {
    pub(super) fn new(kms: Kms, ram: Ram, ledger: Ledger, account: AccountId) -> Self {
        Self { kms, ram, ledger, nonces: Nonces::default(), account, opened: RwLock::default() }
    }

    /// The account that the installation began with.
    pub(super) fn account(&self) -> AccountId {
        self.account
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

    async fn kms_opened_at(&self, account: &Account) -> Result<Option<Timestamp>, Unavailable> {
        if let Some(&opened_at) = self.opened.read().unwrap_or_else(PoisonError::into_inner).get(account) {
            return Ok(Some(opened_at));
        }
        let found = self.kms.catalog().read().account_by_id(account).await.map_err(unavailable)?;
        let opened_at = found.and_then(|account| account.kms_opened_at);
        if let Some(opened_at) = opened_at {
            self.opened.write().unwrap_or_else(PoisonError::into_inner).insert(account.clone(), opened_at);
        }
        Ok(opened_at)
    }

    async fn open_kms(&self, account: &Account, now: Timestamp) -> Result<bool, Unavailable> {
        let mut write = self.kms.catalog().write().await.map_err(unavailable)?;
        let done = async {
            let found = write.read().account_by_id(account).await?;
            let Some(account) = found.filter(|account| account.kms_opened_at.is_none()) else { return Ok(false) };
            write.account_update(&AccountRecord { kms_opened_at: Some(now), ..account }).await
        };
        let done = done.await;
        write.finish(done).await.map_err(unavailable)
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
        Gate::identity(&self.ram, caller)
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
            Taken::Fresh if self.nonces.are_loaded() => Ok(true),
            // Another process on the same catalog, or one before a restart, may have seen it.
            Taken::Fresh => {
                let known = self.kms.catalog().read().nonce_is_held(nonce, access_key_id).await;
                known.map(|known| !known).map_err(unavailable)
            }
        }
    }
}

impl Journal for Backend {
    async fn record(&self, call: &Record<'_>) -> Result<(), Unavailable> {
        let key = call.needs.iter().find_map(|need| need.key.as_ref());
        let kind = match key {
            None => KeyKind::None,
            Some(facts) if facts.key.service.is_empty() => KeyKind::Own,
            Some(_) => KeyKind::Service,
        };
        journal::record(&self.ledger, call, kind).await
    }
}

impl Readiness for Backend {
    async fn ready(&self) -> Result<(), Unavailable> {
        self.kms.catalog().read().key_exists().await.map(drop).map_err(unavailable)
    }
}

fn unavailable(error: catalog::CatalogError) -> Unavailable {
    Unavailable(error.to_string())
}
