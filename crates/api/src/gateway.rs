//! One call from end to end: read, find the row, authenticate, serve, write down, wrap.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use catalog::Clock;
use crypto::Random;
use futures_util::FutureExt;
use hyper::body::Bytes;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};
use serde_json::Value;
use uuid::Uuid;

use crate::action::{Call, Outcome, Row, Table};
use crate::answered::Answered;
use crate::authenticate::authenticate;
use crate::envelope::{self, Reply};
use crate::errors::{self, Refusal};
use crate::format::Format;
use crate::metrics::Metrics;
use crate::parameters::Parameters;
use crate::product::{Dialect, Product};
use crate::region::Regions;
use crate::request::{Limits, Request, Verb, host};
use crate::services::{Origin, Record, Services};
use crate::signature::{Claim, Named, Scheme};

/// All that a call needs.
pub(crate) struct Gateway<S: Services> {
    pub(crate) table: Table<S>,
    pub(crate) services: Arc<S>,
    pub(crate) limits: Limits,
    pub(crate) regions: Arc<Regions>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) metrics: Metrics,
}

/// A call that can be understood; whether it may be done is another matter.
struct Asked<'a, S: Services> {
    row: &'a Row<S>,
    region: String,
    claim: Claim,
    parameters: Parameters,
}

/// What a call was signed with.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    /// Empty where a session stands for the signature and was not begun with an access key.
    pub(crate) access_key_id: &'a str,
    /// None where nothing was signed: there is nothing to replay.
    pub(crate) nonce: Option<&'a str>,
}

/// What the connection knows about a request.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) source_ip: IpAddr,
    pub(crate) secure_transport: bool,
    /// Region of the listener, if it has one.
    pub(crate) region: Option<String>,
}

/// What is known of a call while it is looked at: enough to answer it, whatever goes wrong.
#[derive(Debug, Clone)]
pub(crate) struct View {
    id: Uuid,
    host: String,
    product: Option<Product>,
    action: Option<&'static str>,
    format: Format,
    /// Format that the `accept` header names.
    accepted: Option<Format>,
    access_key_id: Option<String>,
}

impl View {
    /// A first guess from what can be seen without reading: it decides the form of an early refusal and nothing else.
    pub(crate) fn guess(random: &dyn Random, parts: &Parts) -> Self {
        let mut id = [0; 16];
        random.fill(&mut id);
        let query = parts.uri.query().unwrap_or_default();
        let version = text(&parts.headers, "x-acs-version").or_else(|| raw(query, "Version"));
        let product = version.and_then(Product::of_version);
        let accepted = text(&parts.headers, "accept").and_then(Format::of_accept);
        let format = raw(query, "Format").and_then(|format| Format::of_parameter(format).ok()).or(accepted);
        Self {
            id: uuid::Builder::from_random_bytes(id).into_uuid(),
            host: host(&parts.headers).to_owned(),
            product,
            action: None,
            format: format.unwrap_or(Format::default_of(product)),
            accepted,
            access_key_id: None,
        }
    }

    pub(crate) fn request_id(&self) -> String {
        envelope::request_id(self.dialect(), self.id)
    }

    pub(crate) fn refused(&self, refusal: &Refusal) -> Reply {
        envelope::failure(self.dialect(), self.format, &self.request_id(), &self.host, refusal)
    }

    /// The server cannot take the call now; nothing was done.
    pub(crate) fn overloaded(&self) -> Refusal {
        Refusal::new(errors::unavailable(self.dialect()), &[])
    }

    /// Something of ours failed in a way that we did not foresee.
    pub(crate) fn internal(&self) -> Refusal {
        Refusal::new(errors::internal(self.dialect()), &[])
    }

    fn dialect(&self) -> Dialect {
        Dialect::of(self.product)
    }

    /// Takes over what the call names. The `Format` parameter goes before `accept`, and both before the product's default.
    fn learn(&mut self, named: &Named<'_>) -> Result<(Product, String), Refusal> {
        self.product = named.version.and_then(Product::of_version);
        self.format = self.accepted.unwrap_or(Format::default_of(self.product));
        if let Some(parameter) = named.format {
            self.format = Format::of_parameter(parameter)?;
        }
        let missing = |name| Refusal::new(errors::missing_parameter(self.dialect()), &[name]);
        let action = named.action.ok_or_else(|| missing("Action"))?;
        named.version.ok_or_else(|| missing("Version"))?;
        let product = self.product.ok_or_else(|| Refusal::new(&errors::INVALID_VERSION, &[]))?;
        Ok((product, action.to_owned()))
    }
}

impl<S: Services> Gateway<S> {
    /// Answers a call. `view`: its first guess.
    pub(crate) async fn answer(&self, parts: Parts, body: Bytes, arrival: &Arrival, mut view: View) -> Reply {
        let started = Instant::now();
        let result = match self.asked(parts, body, arrival, &mut view) {
            Ok(asked) => self.call(asked, arrival, &view).await,
            Err(refusal) => Err(refusal),
        };
        let reply = result.unwrap_or_else(|refusal| view.refused(&refusal));
        self.note(&view, arrival, &reply, started);
        reply
    }

    /// What is asked, without asking anyone. `view` learns on the way, so that a refusal has the right form.
    fn asked(&self, parts: Parts, body: Bytes, arrival: &Arrival, view: &mut View) -> Result<Asked<'_, S>, Refusal> {
        let verb = match parts.method {
            Method::GET => Verb::Get,
            Method::POST => Verb::Post,
            _ => return Err(Refusal::new(&errors::UNSUPPORTED_HTTP_METHOD, &[])),
        };
        let query = parts.uri.query().unwrap_or_default();
        let request = Request::read(verb, query, parts.headers, body, &self.limits, view.dialect())?;
        let scheme = Scheme::of(&request)?;
        let (product, action) = view.learn(&scheme.named(&request)?)?;
        let row = self.table.row(product, &action);
        let row = row.ok_or_else(|| Refusal::new(&errors::INVALID_ACTION, &[]))?;
        view.action = Some(row.spec.name);
        let region = self.regions.of_call(product, &view.host, arrival.region.as_deref())?;
        let claim = scheme.claim(&request, product.dialect())?;
        view.access_key_id = Some(claim.access_key_id.clone());
        Ok(Asked { row, region, claim, parameters: Parameters::new(product, request.merged) })
    }

    async fn call(&self, asked: Asked<'_, S>, arrival: &Arrival, view: &View) -> Result<Reply, Refusal> {
        let Asked { row, region, claim, parameters } = asked;
        let product = row.spec.product;
        let origin =
            Origin { source_ip: arrival.source_ip, secure_transport: arrival.secure_transport, now: self.clock.now() };
        let caller = authenticate(&*self.services, &claim, &origin, product.dialect()).await?;
        let call = Call {
            spec: row.spec,
            request_id: view.request_id(),
            identity: self.services.identity(&caller),
            caller,
            host: view.host.clone(),
            region,
            regions: Arc::clone(&self.regions),
            now: origin.now,
        };
        let signed = Signed { access_key_id: &claim.access_key_id, nonce: Some(&claim.nonce) };
        let fields = self.carry_out(row, &call, parameters, signed, &origin).await?;
        Ok(envelope::success(product, row.spec.name, view.format, &call.request_id, fields))
    }

    /// Does what an authenticated caller asks for, and writes it down.
    pub(crate) async fn carry_out(
        &self,
        row: &Row<S>,
        call: &Call<S::Caller>,
        parameters: Parameters,
        signed: Signed<'_>,
        origin: &Origin,
    ) -> Result<Value, Refusal> {
        let outcome = self.serve(row, call, parameters).await;
        self.record(call, signed, origin, outcome).await
    }

    /// Runs the row. A panic is a mistake of ours in one call; the others go on.
    async fn serve(&self, row: &Row<S>, call: &Call<S::Caller>, parameters: Parameters) -> Outcome {
        let serving = AssertUnwindSafe((row.serve)(&self.services, call, parameters));
        serving.catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(request.id = call.request_id, action = call.spec.name, "the code of an action panicked");
            let refusal = Refusal::new(errors::internal(call.spec.product.dialect()), &[]);
            Outcome { needs: Vec::new(), result: Err(refusal) }
        })
    }

    /// Writes the call down before it is answered.
    ///
    /// Errors: that of the call; 500 if it cannot be written down, though the call may have been done: an answer without a
    /// record would be worse than one that the client has to ask for again.
    async fn record(
        &self,
        call: &Call<S::Caller>,
        signed: Signed<'_>,
        origin: &Origin,
        outcome: Outcome,
    ) -> Result<Value, Refusal> {
        let record = Record {
            request_id: &call.request_id,
            at: call.now,
            product: call.spec.product.name(),
            action: call.spec.name,
            region: &call.region,
            access_key_id: signed.access_key_id,
            nonce: signed.nonce,
            identity: &call.identity,
            source_ip: origin.source_ip,
            needs: &outcome.needs,
            code: outcome.result.as_ref().err().map(|refusal| refusal.row().code),
        };
        match self.services.record(&record).await {
            Ok(()) => outcome.result,
            Err(why) => {
                tracing::error!(request.id = call.request_id, error = %why, "a call cannot be written down");
                Err(Refusal::new(errors::internal(call.spec.product.dialect()), &[]))
            }
        }
    }

    /// One line in the log and one in the metrics.
    pub(crate) fn note(&self, view: &View, arrival: &Arrival, reply: &Reply, started: Instant) {
        let answered = Answered {
            request_id: &view.request_id(),
            product: view.product,
            action: view.action,
            code: reply.code,
            status: reply.status,
            access_key_id: view.access_key_id.as_deref(),
            source_ip: arrival.source_ip,
            is_session: false,
        };
        answered.note(&self.metrics, started.elapsed());
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A value of the query as it stands there, not decoded.
fn raw<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.split_once('=').filter(|(found, _)| *found == name).map(|(_, value)| value))
}
