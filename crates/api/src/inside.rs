//! Calls from within the process: the console asks for the same actions as any client, by the same rows, gate, journal and metrics.
//! Only the signature is missing: a session that `ram` vouches for stands in its place.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use crate::action::Call;
use crate::answered::Answered;
use crate::envelope;
use crate::errors::{self, Refusal};
use crate::gateway::{Gateway, Signed};
use crate::parameters::Parameters;
use crate::product::Product;
use crate::services::{Origin, Services};

/// The actions, for who is in the same process.
pub struct Inside<S: Services>(pub(crate) Arc<Gateway<S>>);

impl<S: Services> Clone for Inside<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A call of a session.
pub struct InsideCall<C> {
    /// Who calls.
    pub caller: C,
    /// The access key that the session began with; empty for one that began with a password.
    pub access_key_id: String,
    /// Where the session's request came from.
    pub source_ip: IpAddr,
    /// Whether it came over TLS.
    pub secure_transport: bool,
    /// The product.
    pub product: Product,
    /// Region that the call goes to.
    pub region: String,
    /// `Action`.
    pub action: &'static str,
    /// As a client would send them.
    pub parameters: BTreeMap<String, String>,
}

/// How it ended.
pub struct InsideAnswer {
    /// As it stands in audit and log.
    pub request_id: String,
    /// The fields of the answer, or the refusal.
    pub result: Result<Value, Refusal>,
}

impl<S: Services> Inside<S> {
    /// All regions of this server, the default one first.
    #[must_use]
    pub fn regions(&self) -> &[String] {
        self.0.regions.names()
    }

    /// Carries the call out.
    pub async fn call(&self, ask: InsideCall<S::Caller>) -> InsideAnswer {
        let started = Instant::now();
        let gateway = &self.0;
        let mut id = [0; 16];
        gateway.random.fill(&mut id);
        let request_id = envelope::request_id(ask.product.dialect(), uuid::Builder::from_random_bytes(id).into_uuid());
        let _in_flight = gateway.metrics.begun();
        let InsideCall { product, source_ip, .. } = ask;
        let action = gateway.table.row(product, ask.action).map(|row| row.spec.name);
        let access_key_id = ask.access_key_id.clone();
        let result = self.carry_out(ask, &request_id).await;
        let refused = result.as_ref().err().map(Refusal::row);
        let answered = Answered {
            request_id: &request_id,
            product: Some(product),
            action,
            code: refused.map(|row| row.code),
            status: refused.map_or(200, |row| row.status),
            access_key_id: Some(access_key_id.as_str()).filter(|id| !id.is_empty()),
            source_ip,
            is_session: true,
        };
        answered.note(&gateway.metrics, started.elapsed());
        InsideAnswer { request_id, result }
    }

    async fn carry_out(&self, ask: InsideCall<S::Caller>, request_id: &str) -> Result<Value, Refusal> {
        let gateway = &self.0;
        let row = gateway.table.row(ask.product, ask.action);
        let row = row.ok_or_else(|| Refusal::new(&errors::INVALID_ACTION, &[]))?;
        if !gateway.regions.contains(&ask.region) {
            return Err(Refusal::new(&errors::INVALID_REGION, &[&ask.region]));
        }
        let InsideCall { source_ip, secure_transport, .. } = ask;
        let origin = Origin { source_ip, secure_transport, now: gateway.clock.now() };
        let call = Call {
            spec: row.spec,
            request_id: request_id.to_owned(),
            identity: gateway.services.identity(&ask.caller),
            caller: ask.caller,
            host: String::new(),
            region: ask.region,
            regions: Arc::clone(&gateway.regions),
            now: origin.now,
        };
        let signed = Signed { access_key_id: &ask.access_key_id, nonce: None };
        gateway.carry_out(row, &call, Parameters::new(ask.product, ask.parameters), signed, &origin).await
    }
}
