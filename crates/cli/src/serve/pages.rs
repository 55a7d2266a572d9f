//! The console, joined to the wire: its pages come by the same listeners, and what it asks for goes through the same table.

use std::pin::Pin;
use std::sync::Arc;

use api::services::{self, Pages};
use api::{Inside, InsideCall};
use catalog::Clock;
use console::{Call, Calling, Calls, Console, Product, Refusal, Shared, Visitor};
use crypto::Random;
use hyper::body::Bytes;
use hyper::{HeaderMap, Request, Response, StatusCode};
use serde_json::Value;

use super::backend::Backend;

/// The pages over the actions of a server.
pub(super) fn open(
    backend: &Backend,
    inside: Inside<Backend>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Arc<dyn Pages> {
    let shared = Shared::new(backend.ram_room(), Arc::new(Actions(inside)), clock, random);
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

    fn unanswered(&self, headers: &HeaderMap, status: StatusCode) -> Response<Bytes> {
        console::unanswered(headers, status)
    }
}

#[cfg(test)]
mod tests {
    use api::errors::TABLE;

    /// Codes that no page can meet: of signatures, which a session stands for, and of actions and parameters that the console has no form for.
    const UNMET: [&str; 52] = [
        "AccessDeniedError",
        "DryRunOperation",
        "DryRunOperationError",
        "Duplicate.TagKey",
        "EntityAlreadyExists.User.AccessKey",
        "Forbidden.AccessKey",
        "IncompleteSignature",
        "InvalidAccessKeyId.Inactive",
        "InvalidAccessKeyId.NotFound",
        "InvalidAction.NotFound",
        "InvalidArchitecture",
        "InvalidDiskIds.ValueNotSupported",
        "InvalidEncryptAlgorithm",
        "InvalidHostName.Malformed",
        "InvalidImageFamily.Malformed",
        "InvalidImageOwnerAlias.ValueNotSupported",
        "InvalidOSType",
        "InvalidOperation.DefaultEncryptionAlreadyDisabled",
        "InvalidOperation.DefaultEncryptionAlreadyEnabled",
        "InvalidParameter.Amount",
        "InvalidParameter.Email.Length",
        "InvalidParameter.MaxSessionDuration",
        "InvalidParameter.MobilePhone.Length",
        "InvalidResourceType.NotFound",
        "InvalidSecurityGroupId.NotFound",
        "InvalidSecurityToken.Expired",
        "InvalidSecurityToken.Malformed",
        "InvalidSecurityToken.MismatchWithAccessKey",
        "InvalidSignatureMethod",
        "InvalidSnapshotId.NotReady",
        "InvalidSnapshotIds.Malformed",
        "InvalidSnapshotName.Malformed",
        "InvalidSnapshotType.NotFound",
        "InvalidSourceDiskType",
        "InvalidStatus.NotFound",
        "InvalidTimeStamp.Expired",
        "InvalidTimeStamp.Format",
        "InvalidUsage",
        "InvalidVSwitchId.NotFound",
        "InvalidVersion",
        "InvalidZoneId.NotFound",
        "MissingParameter.ResourceType",
        "MissingParameter.Tags",
        "MissingSecurityToken",
        "NumberExceed.ResourceIds",
        "NumberExceed.Tags",
        "SignatureDoesNotMatch",
        "SignatureNonceUsed",
        "SnapshotCreatedImage",
        "Unsupported.ProtectionLevel",
        "UnsupportedHTTPMethod",
        "ValidationError",
    ];

    /// Whatever the API refuses a page, the page has words for it.
    #[test]
    fn the_console_has_words_for_every_code() {
        let asked = [api::Product::Ecs, api::Product::Kms, api::Product::Ram];
        let rows = TABLE.iter().filter(|row| row.products.iter().any(|product| asked.contains(product)));
        let codes: std::collections::BTreeSet<&str> = rows.map(|row| row.code).collect();
        let silent: Vec<&&str> =
            codes.iter().filter(|code| !console::explains(code) && !UNMET.contains(code)).collect();
        assert!(silent.is_empty(), "no words for {silent:?}");
        let gone: Vec<&&str> = UNMET.iter().filter(|code| !codes.contains(**code)).collect();
        assert!(gone.is_empty(), "no row has {gone:?}");
    }
}
