//! The audit, for those whose calls stand in it.

use catalog::{EventFilter, EventPage};
use crypto::Secret;

use super::change::require;
use super::error::Result;
use super::ram::Ram;
use crate::evaluation::Permit;
use crate::identity::Arn;
use crate::policy::Action;
use crate::trail::{Broken, Head, Verified, verify_part};

/// The vendor's action trail names its first action so; the second is ours.
const LOOKUP_EVENTS: Action = Action::new("actiontrail:LookupEvents");
const VERIFY_EVENTS: Action = Action::new("actiontrail:VerifyEvents");

impl Ram {
    /// Calls of the caller's account, whoever in it made them, newest first: those before number `before` that pass `filter`, whose
    /// `account` does not count. At most `limit`, and 100.
    ///
    /// Errors: `NotCovered`, `Catalog`.
    pub async fn lookup_events(
        &self,
        permit: &Permit,
        filter: EventFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<EventPage> {
        require(permit, LOOKUP_EVENTS, &Arn::of_trail(permit.account()))?;
        let filter = EventFilter { account: permit.account().to_string(), ..filter };
        Ok(self.catalog.read().audit_events(&filter, before, limit).await?)
    }

    /// Follows a part of the chain of all calls, also those of other accounts: one cannot be followed without the others, and nothing of
    /// them is told. `secret`: of the audit. Errors of the chain are an answer, not a failure.
    ///
    /// Errors: `NotCovered`, `Catalog`.
    pub async fn verify_events(
        &self,
        permit: &Permit,
        secret: &Secret,
        from: Head,
    ) -> Result<std::result::Result<Verified, Broken>> {
        require(permit, VERIFY_EVENTS, &Arn::of_trail(permit.account()))?;
        match verify_part(&self.catalog, secret, from, None).await {
            Err(Broken::Catalog(error)) => Err(error.into()),
            verified => Ok(verified),
        }
    }
}
