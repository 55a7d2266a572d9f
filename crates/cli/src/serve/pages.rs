//! The console, joined to the wire: its pages come by the same listeners, and what it asks for goes through the same table.

use std::pin::Pin;
use std::sync::Arc;

use api::services::{self, Pages};
use api::{Inside, InsideCall};
use catalog::Clock;
use console::{Call, Calling, Calls, Console, Product, Refusal, Shared, Visitor};
use crypto::Random;
use hyper::body::Bytes;
use hyper::{Request, Response};
use serde_json::Value;

use super::backend::Backend;

/// The pages over the actions of a server.
pub(super) fn open(
    backend: &Backend,
    inside: Inside<Backend>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Arc<dyn Pages> {
    let shared = Shared { ram: backend.ram_room(), calls: Arc::new(Actions(inside)), clock, random };
    Arc::new(Browsers(Arc::new(Console::new(shared))))
}

/// The actions, as the console asks for them.
struct Actions(Inside<Backend>);

impl Calls for Actions {
    fn call(&self, call: Call) -> Calling<'_> {
        Box::pin(self.carry_out(call))
    }

    fn regions(&self) -> &[String] {
        self.0.regions()
    }
}

impl Actions {
    async fn carry_out(&self, call: Call) -> Result<Value, Refusal> {
        let access_key_id = call.caller.caller().access_key_id.as_ref();
        let answer = self.0.call(InsideCall {
            access_key_id: access_key_id.map(ToString::to_string).unwrap_or_default(),
            caller: call.caller,
            source_ip: call.source_ip,
            secure_transport: call.secure_transport,
            product: match call.product {
                Product::Ecs => api::Product::Ecs,
                Product::Kms => api::Product::Kms,
                Product::Ram => api::Product::Ram,
            },
            region: call.region,
            action: call.action,
            parameters: call.parameters,
        });
        let answer = answer.await;
        let request_id = answer.request_id;
        answer.result.map_err(|refusal| {
            let detail = |name: &str| {
                let detail = refusal.access_denied_detail()?;
                Some(detail[name].as_str().unwrap_or_default().to_owned())
            };
            Refusal {
                status: refusal.row().status,
                code: refusal.row().code.to_owned(),
                message: refusal.message().to_owned(),
                request_id,
                denied: detail("AuthAction").zip(detail("AuthResource")).map(Box::new),
                checks: refusal.checks().map(str::to_owned),
            }
        })
    }
}

/// Browsers, as the wire knows them.
struct Browsers(Arc<Console>);

impl Pages for Browsers {
    fn answer(
        &self,
        request: Request<Bytes>,
        from: services::Visitor,
    ) -> Pin<Box<dyn Future<Output = Response<Bytes>> + Send>> {
        let console = Arc::clone(&self.0);
        let visitor = Visitor { source_ip: from.source_ip, secure_transport: from.secure_transport };
        Box::pin(async move { console.answer(request, visitor).await })
    }
}
