//! The action table: what can be called, with which parameters, what must be allowed, and who does it.
//!
//! A product declares a row beside its code: a struct for the request that implements [`Action`]. [`Table::of`] puts them together.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::errors::{self, Refusal};
use crate::parameters::{Declares, Parameters};
use crate::product::Product;
use crate::region::Regions;
use crate::services::{Denial, Identity, Need, PermitRefused, Services};

/// A row of the table, without the code.
pub struct Spec {
    /// Product, which fixes the version.
    pub product: Product,
    /// `Action`.
    pub name: &'static str,
    /// Its parameters; common ones are left out.
    pub parameters: &'static [&'static dyn Declares],
    /// What must be allowed.
    pub permission: Permission,
}

/// What a caller needs for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// A valid signature is enough.
    SignatureOnly,
    /// `action` must be allowed on `acs:<service>:<region>:<account>:<resource>`. Where a call needs two rights, both are named
    /// with "and", for the documentation.
    On {
        /// `kms:CreateKey`.
        action: &'static str,
        /// Relative id, with `<…>` for what comes from the request.
        resource: &'static str,
    },
}

/// A typed request and what is done with it.
pub trait Action<S: Services>: Sized + Send + 'static {
    /// Its row.
    const SPEC: &'static Spec;

    /// Reads the parameters.
    ///
    /// Errors: `MissingParameter`, `InvalidParameter`, or codes of the product.
    fn parse(parameters: &Parameters) -> Result<Self, Refusal>;

    /// What must be allowed. May look things up, because an alias or a ciphertext names its key only indirectly.
    ///
    /// Errors: codes of the product.
    fn needs(&self, services: &S, call: &Call<S::Caller>) -> impl Future<Output = Result<Vec<Need>, Refusal>> + Send;

    /// Does it. The answer is an object without `RequestId`, or null if it has no fields; a list stands in it as
    /// `{"Keys":{"Key":[…]}}`.
    ///
    /// Errors: codes of the product; 5xx only if nothing was done.
    fn run(
        self,
        services: &S,
        call: &Call<S::Caller>,
        permit: &S::Permit,
    ) -> impl Future<Output = Result<Value, Refusal>> + Send;

    /// What is answered, whether the call was done or refused: for calls that only ask what would happen (`DryRun`).
    ///
    /// Errors: codes of the product.
    fn answer(_: &Parameters, result: Result<Value, Refusal>) -> Result<Value, Refusal> {
        result
    }
}

/// A call whose signature was right.
pub struct Call<C> {
    /// The row.
    pub spec: &'static Spec,
    /// As it will be answered.
    pub request_id: String,
    /// Who calls.
    pub caller: C,
    /// The same in words.
    pub identity: Identity,
    /// The host that it was sent to, as the client names it.
    pub host: String,
    /// Region that the call goes to.
    pub region: String,
    /// All regions of this server.
    pub regions: Arc<Regions>,
    /// When the request was looked at.
    pub now: Timestamp,
}

impl<C> Call<C> {
    /// The need of this call's own action on a resource of the caller's account, by its relative id: `key/<id>`.
    /// The ARN of a product without regions names none. `None` for an action that needs a signature only.
    pub fn need(&self, relative_id: &str) -> Option<Need> {
        let Permission::On { action, .. } = self.spec.permission else { return None };
        let region = if self.spec.product.is_regional() { self.region.as_str() } else { "" };
        let (service, account) = (self.spec.product.name(), &self.identity.account_id);
        let resource = format!("acs:{service}:{region}:{account}:{relative_id}");
        Some(Need { action, resource, key: None, conditions: Vec::new() })
    }
}

/// How a call ended, and what it had needed.
pub(crate) struct Outcome {
    pub(crate) needs: Vec<Need>,
    pub(crate) result: Result<Value, Refusal>,
}

type Serving<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// A row with its code.
pub struct Row<S: Services> {
    pub(crate) spec: &'static Spec,
    pub(crate) serve: for<'a> fn(&'a S, &'a Call<S::Caller>, Parameters) -> Serving<'a>,
}

impl<S: Services> Row<S> {
    /// The row of an action.
    #[must_use]
    pub fn of<A: Action<S>>() -> Self {
        Self { spec: A::SPEC, serve: |services, call, parameters| Box::pin(serve::<S, A>(services, call, parameters)) }
    }
}

/// Every action: parse, ask the gate, do it. The order is the API's: a broken call is refused as broken, not as forbidden.
async fn serve<S: Services, A: Action<S>>(services: &S, call: &Call<S::Caller>, parameters: Parameters) -> Outcome {
    let mut needs = Vec::new();
    let result = async {
        let action = A::parse(&parameters)?;
        needs = action.needs(services, call).await?;
        let permit = services.permit(&call.caller, &needs).await;
        let permit = permit.map_err(|refused| refusal_of(refused, call))?;
        action.run(services, call, &permit).await
    }
    .await;
    Outcome { needs, result: A::answer(&parameters, result) }
}

fn refusal_of<C>(refused: PermitRefused, call: &Call<C>) -> Refusal {
    match refused {
        PermitRefused::Denied(denial) => denied(&denial, call),
        PermitRefused::Unavailable(why) => {
            tracing::error!(request.id = call.request_id, error = %why, "policies cannot be read");
            Refusal::new(errors::unavailable(call.spec.product.dialect()), &[])
        }
    }
}

/// A denial names principal, action, resource and policy kind, in the message and in `AccessDeniedDetail` (wire.md 7).
fn denied<C>(denial: &Denial, call: &Call<C>) -> Refusal {
    let (kind, why) =
        if denial.explicit { ("ExplicitDeny", "a policy denies it") } else { ("ImplicitDeny", "no policy allows it") };
    let identity = &call.identity;
    let why = format!("{kind}, {}: {why}", denial.policy_type);
    let arguments = [identity.arn.as_str(), denial.need.action, denial.need.resource.as_str(), why.as_str()];
    let row = errors::forbidden(call.spec.product, denial.need.action);
    Refusal::new(row, &arguments).with_access_denied_detail(json!({
        "AuthAction": denial.need.action,
        "AuthPrincipalDisplayName": identity.display_name,
        "AuthPrincipalOwnerId": identity.account_id,
        "AuthPrincipalType": identity.kind.name(),
        "AuthResource": denial.need.resource,
        "NoPermissionType": kind,
        "PolicyType": denial.policy_type,
    }))
}

/// All actions that are served.
pub struct Table<S: Services> {
    rows: BTreeMap<Product, BTreeMap<&'static str, Row<S>>>,
}

impl<S: Services> Table<S> {
    /// A table of `rows`. Panics if two rows are for the same action: that is a mistake of ours which every test shows.
    #[must_use]
    pub fn of(rows: impl IntoIterator<Item = Row<S>>) -> Self {
        let mut table: BTreeMap<Product, BTreeMap<&'static str, Row<S>>> = BTreeMap::new();
        for row in rows {
            let spec = row.spec;
            let before = table.entry(spec.product).or_default().insert(spec.name, row);
            assert!(before.is_none(), "{:?} {} stands in the table twice", spec.product, spec.name);
        }
        Self { rows: table }
    }

    /// The rows, by product and name.
    pub fn specs(&self) -> impl Iterator<Item = &'static Spec> {
        self.rows.values().flat_map(BTreeMap::values).map(|row| row.spec)
    }

    pub(crate) fn row(&self, product: Product, action: &str) -> Option<&Row<S>> {
        self.rows.get(&product)?.get(action)
    }
}
