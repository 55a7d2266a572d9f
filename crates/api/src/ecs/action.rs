//! What all calls of ECS have in common.

use std::future::Future;

use ::ecs::{Check, Ecs, EcsError};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::Images;
use super::parameters::{DRY_RUN, REGION_ID};
use super::refusal::refusal;
use crate::action::{Action, Call, Permission, Spec};
use crate::errors::{self, ErrorRow, Refusal};
use crate::parameters::{Declares, Parameters};
use crate::product::Product;
use crate::services::Need;

/// A request to `ecs`.
pub(crate) trait EcsCall: Sized + Send + Sync + 'static {
    /// Its row.
    const SPEC: &'static Spec;

    /// The code for a region that is not served.
    const REGION: &'static ErrorRow = &errors::INVALID_REGION;

    /// Reads the parameters, but `RegionId` and `DryRun`.
    ///
    /// Errors: `MissingParameter`, `InvalidParameter`, and those codes of ECS that need no look into the catalog.
    fn parse(parameters: &Parameters) -> Result<Self, Refusal>;

    /// What must be allowed: exactly what the use case asks its permit for, and the right to keys that the caller names.
    ///
    /// Errors: codes of ECS.
    fn needs(&self, ecs: &Ecs, scope: &Scope) -> impl Future<Output = Result<Vec<Need>, EcsError>> + Send;

    /// Does it. The answer is an object without `RequestId`, or null.
    ///
    /// Errors: codes of ECS.
    fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> impl Future<Output = Result<Value, EcsError>> + Send;

    /// Runs its checks and changes nothing (`DryRun`).
    ///
    /// Errors: what keeps the checks from being run.
    fn check(
        self,
        _ecs: &Ecs,
        _permit: &Permit,
        _scope: &Scope,
    ) -> impl Future<Output = Result<Vec<Check>, EcsError>> + Send {
        // Rights were asked for before; calls with more checks than that say so.
        async { Ok(Vec::new()) }
    }
}

/// A row of ECS: `ecs:<name>` on `resource`.
pub(super) const fn row(
    name: &'static str,
    action: &'static str,
    resource: &'static str,
    parameters: &'static [&'static dyn Declares],
) -> Spec {
    Spec { product: Product::Ecs, name, parameters, permission: Permission::On { action, resource } }
}

/// The right of a row on something of a scope.
pub(super) fn need(spec: &'static Spec, scope: &Scope, relative_id: &str) -> Need {
    let Permission::On { action, .. } = spec.permission else { unreachable!("every call of ECS needs a right") };
    Need {
        action,
        resource: format!("acs:ecs:{}:{}:{relative_id}", scope.region, scope.account),
        key: None,
        conditions: Vec::new(),
    }
}

/// A request to `ecs` as a row of the table.
pub(crate) struct OnEcs<C> {
    call: C,
    region: Option<String>,
    dry_run: bool,
}

impl<S: Images, C: EcsCall> Action<S> for OnEcs<C> {
    const SPEC: &'static Spec = C::SPEC;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let has = |declared: &dyn Declares| C::SPEC.parameters.iter().any(|one| one.declared() == declared.declared());
        let region = if has(&REGION_ID) { Some(REGION_ID.read(parameters)?) } else { None };
        let dry_run = has(&DRY_RUN) && DRY_RUN.read(parameters)? == Some(true);
        Ok(Self { call: C::parse(parameters)?, region, dry_run })
    }

    async fn needs(&self, services: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        let scope = self.scope::<S>(call)?;
        let needs = self.call.needs(services.ecs(), &scope).await;
        needs.map_err(|error| refusal(&error, C::REGION, &call.request_id))
    }

    async fn run(self, services: &S, call: &Call<S::Caller>, permit: &Permit) -> Result<Value, Refusal> {
        let scope = self.scope::<S>(call)?;
        let refused = |error: EcsError| refusal(&error, C::REGION, &call.request_id);
        if self.dry_run {
            let checks = self.call.check(services.ecs(), permit, &scope).await.map_err(refused)?;
            return Err(checked(&checks, |error| refusal(error, C::REGION, &call.request_id)));
        }
        self.call.run(services.ecs(), permit, &scope).await.map_err(refused)
    }
}

impl<C: EcsCall> OnEcs<C> {
    /// Account of the caller, and the region that the call names; else the one that it was sent to.
    fn scope<S: Images>(&self, call: &Call<S::Caller>) -> Result<Scope, Refusal> {
        let region = self.region.as_deref().unwrap_or(&call.region);
        let unknown = || Refusal::new(C::REGION, &[region]);
        let account = call.identity.account_id.parse();
        let account = account.map_err(|_| Refusal::new(&errors::INTERNAL_ERROR, &[]))?;
        Ok(Scope { account, region: region.parse().map_err(|_| unknown())? })
    }
}

/// The answer to a dry run: the first refusal, or that there is none. All checks stand in the header `x-reseal-checks`.
fn checked(checks: &[Check], refusal_of: impl Fn(&EcsError) -> Refusal) -> Refusal {
    let mut first = None;
    let mut list = Vec::new();
    for check in checks {
        let refused = check.refusal.as_ref().map(&refusal_of);
        let mut shown = match &refused {
            Some(refusal) => json!({ "check": check.name, "result": "refused", "code": refusal.row().code }),
            None if check.was_run => json!({ "check": check.name, "result": "passed" }),
            None => json!({ "check": check.name, "result": "not run" }),
        };
        if let Some(device) = &check.device {
            shown["device"] = device.as_str().into();
        }
        if let Some(disk) = check.found {
            shown["format"] = disk.format.map(|format| format.name()).unwrap_or_default().into();
            shown["virtualBytes"] = disk.virtual_bytes.into();
        }
        list.push(shown);
        first = first.or(refused);
    }
    let answer = first.unwrap_or_else(|| Refusal::new(&errors::ECS_DRY_RUN, &[]));
    answer.with_checks(Value::from(list).to_string())
}
