//! Calls on keys that ECS makes for an account are the account's: audited and counted like its own (billing.md 3).

use catalog::{Meter, Scope};
use kms::{KeyFacts, KmsError, key_arn};
use ram::Permit;
use ram::trail::Entry;

use crate::ecs::Ecs;
use crate::error::Result;
use crate::key_use::is_service_key;

impl Ecs {
    /// Writes a call on a key down, whatever came of it.
    ///
    /// `request_id`: that of the job, which stands for a request here.
    pub(super) async fn note_key_call(
        &self,
        action: &str,
        facts: &KeyFacts,
        permit: &Permit,
        request_id: &str,
        outcome: std::result::Result<(), &KmsError>,
    ) -> Result<()> {
        let now = self.now();
        let scope: &Scope = &facts.key.scope;
        let code = outcome.err().map_or("OK", KmsError::code);
        let entry = Entry {
            at: now,
            request_id: request_id.to_owned(),
            account: scope.account.to_string(),
            principal: permit.caller().identity().to_string(),
            access_key_id: String::new(),
            source_ip: String::new(),
            product: "kms".to_owned(),
            action: action.to_owned(),
            resources: key_arn(&facts.key),
            key_id: facts.key.id.to_string(),
            outcome: code.to_owned(),
        };
        let meter = Meter {
            account: scope.account.clone(),
            region: scope.region.clone(),
            day: now.strftime("%Y-%m-%d").to_string(),
            product: "kms".to_owned(),
            action: action.to_owned(),
            key_kind: if is_service_key(facts) { "service" } else { "own" }.to_owned(),
            outcome: code.to_owned(),
        };
        Ok(self.rooms.ledger.record(entry, vec![meter], None).await?)
    }
}
