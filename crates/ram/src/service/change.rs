//! One transaction of a use case.

use catalog::{Account, CatalogError, Write};

use super::error::{RamError, Result};
use super::ram::Ram;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn};
use crate::policy::Action;

/// A change that is being made. What was remembered is forgotten when it ends, also when its caller goes away.
pub(super) struct Change<'r> {
    pub(super) write: Write,
    forget: Forget<'r>,
}

struct Forget<'r>(&'r Ram);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.known_keys.forget();
        self.0.known_roles.forget();
        self.0.known_kms_accounts.forget();
        self.0.known_policies.forget();
        self.0.known_sessions.forget();
    }
}

impl Ram {
    pub(super) async fn begin(&self) -> Result<Change<'_>> {
        Ok(Change { write: self.catalog.write().await?, forget: Forget(self) })
    }
}

impl Change<'_> {
    /// Keeps the change when `outcome` is a success, else undoes it.
    pub(super) async fn finish<T>(self, outcome: Result<T>) -> Result<T> {
        let Self { write, forget } = self;
        let outcome = write.finish(outcome).await;
        drop(forget);
        outcome
    }
}

/// Refuses a permit that does not cover this action on this resource.
pub(super) fn require(permit: &Permit, action: Action, resource: &Arn) -> Result<()> {
    if permit.covers(action, resource) {
        Ok(())
    } else {
        Err(RamError::NotCovered { action, resource: resource.clone() })
    }
}

/// The account as the catalog names it.
pub(super) fn owner(account: AccountId) -> Account {
    account.to_string().parse().expect("16 digits are a name of the catalog")
}

/// The account of a record. The catalog takes other names too, which this crate never writes.
pub(super) fn account_id(owner: &Account) -> Result<AccountId> {
    owner.as_str().parse().map_err(|_| damaged("account", owner.as_str()))
}

/// A stored value that this crate does not write.
pub(super) fn damaged(column: &'static str, value: &str) -> RamError {
    CatalogError::Damaged { column, value: value.to_owned() }.into()
}
