//! Signing in and out in the audit, under the vendor's names for it.

use std::sync::Arc;

use crypto::Random;

use crate::identity::{AccountId, Identity, Principal};
use crate::keys::AccessKeyId;
use crate::service::authenticate::RequestFacts;
use crate::service::error::{RamError, Result};
use crate::service::ram::Ram;
use crate::trail::{Entry, Ledger};

/// Name of the event in the vendor's audit. Source: ActionTrail, "Console logon events".
pub(super) const SIGN_IN: &str = "ConsoleSignin";
/// Its counterpart.
pub(super) const SIGN_OUT: &str = "ConsoleSignout";

/// What a refused sign-in is in the audit.
const REFUSED: &str = "SigninRefused";

/// Somebody signed in or out. Holds no secret.
pub(super) struct Event<'a> {
    action: &'static str,
    account: AccountId,
    principal: &'a Principal,
    access_key_id: Option<&'a AccessKeyId>,
    outcome: &'static str,
}

impl<'a> Event<'a> {
    /// It was done.
    pub(super) fn new(
        action: &'static str,
        account: AccountId,
        principal: &'a Principal,
        access_key_id: Option<&'a AccessKeyId>,
    ) -> Self {
        Self { action, account, principal, access_key_id, outcome: "OK" }
    }

    /// It was refused.
    pub(super) fn refused(self) -> Self {
        Self { outcome: REFUSED, ..self }
    }

    fn entry(&self, facts: &RequestFacts, random: &dyn Random) -> Entry {
        let Self { action, account, principal, access_key_id, outcome } = *self;
        Entry {
            at: facts.now,
            request_id: event_id(random),
            account: account.to_string(),
            principal: Identity { account, principal }.to_string(),
            access_key_id: access_key_id.map(ToString::to_string).unwrap_or_default(),
            source_ip: facts.source_ip.map(|address| address.to_string()).unwrap_or_default(),
            product: "ram".to_owned(),
            action: action.to_owned(),
            resources: String::new(),
            key_id: String::new(),
            outcome: outcome.to_owned(),
        }
    }
}

impl Ram {
    /// With the audit of the server, which hears of everybody who signs in and out. Without it nothing is written down: for the command
    /// line, where nobody signs in.
    #[must_use]
    pub fn with_ledger(mut self, ledger: Arc<Ledger>) -> Self {
        self.ledger = Some(ledger);
        self
    }

    /// Durable when this returns.
    ///
    /// Errors: `Unrecorded`.
    pub(super) async fn write_event(&self, event: &Event<'_>, facts: &RequestFacts) -> Result<()> {
        let Some(ledger) = &self.ledger else { return Ok(()) };
        let entry = event.entry(facts, &*self.random);
        ledger.record(entry, Vec::new(), None).await.map_err(RamError::Unrecorded)
    }

    /// Behind the answer, whose time would say otherwise that there is something to be written down. What cannot be written is logged.
    pub(super) fn write_event_later(&self, event: &Event<'_>, facts: &RequestFacts) {
        let Some(ledger) = self.ledger.clone() else { return };
        let entry = event.entry(facts, &*self.random);
        tokio::spawn(async move {
            if let Err(error) = ledger.record(entry, Vec::new(), None).await {
                tracing::error!(%error, "a failed sign-in is not in the audit");
            }
        });
    }
}

/// An id in the form of those of calls: 128 bits in groups, upper case.
fn event_id(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    let digits = hex::encode_upper(bytes);
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    groups.map(|group| digits.get(group).unwrap_or_default()).join("-")
}
