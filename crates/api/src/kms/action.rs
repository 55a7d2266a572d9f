//! What all calls on keys have in common: the account must have KMS, needs name keys, refusals of `kms` become rows.

use std::future::Future;

use kms::{Kms, KmsError, Scope};
use ram::Permit;
use serde_json::Value;

use super::Keys;
use super::needs::{Ask, need};
use super::parameters::DRY_RUN;
use super::refusal::{internal, of_ram, refusal};
use crate::action::{Action, Call, Permission, Spec};
use crate::errors::{self, Refusal};
use crate::parameters::{Declares, Parameters};
use crate::product::Product;
use crate::services::Need;

/// A call on keys. [`OnKms`] makes it an action.
pub(crate) trait KeyCall: Sized + Send + Sync + 'static {
    /// Its row.
    const SPEC: &'static Spec;

    /// Whether it makes something new, which an account in debt does not get: see [`Kms::require_credit`].
    const NEEDS_CREDIT: bool = false;

    /// Reads the parameters.
    fn parse(parameters: &Parameters) -> Result<Self, Refusal>;

    /// What must be allowed.
    ///
    /// Errors: those of the look-up, when keys are named by something else than their ids.
    fn asks(&self, kms: &Kms, scope: &Scope) -> impl Future<Output = Result<Vec<Ask<'_>>, KmsError>> + Send;

    /// Does it.
    fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> impl Future<Output = Result<Value, KmsError>> + Send;
}

/// The row of a call that needs `action` on `resource`.
pub(super) const fn row(
    name: &'static str,
    (action, resource): (&'static str, &'static str),
    parameters: &'static [&'static dyn Declares],
) -> Spec {
    Spec { product: Product::Kms, name, parameters, permission: Permission::On { action, resource } }
}

/// A [`KeyCall`] as an action.
pub(crate) struct OnKms<C>(C);

impl<S: Keys, C: KeyCall> Action<S> for OnKms<C> {
    const SPEC: &'static Spec = C::SPEC;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        C::parse(parameters).map(Self)
    }

    async fn needs(&self, services: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        let scope = scope_of(call)?;
        let opened = services.ram().kms_is_opened(call.caller.caller().account).await;
        if !opened.map_err(|error| of_ram(&error, &call.request_id))? {
            return Err(Refusal::new(&errors::KMS_NOT_ENABLED, &[]));
        }
        let kms = services.kms();
        let refused = |error| refusal(&error, &call.request_id);
        let mut needs = Vec::new();
        for ask in self.0.asks(kms, &scope).await.map_err(refused)? {
            needs.push(need(kms, &ask, &scope).await.map_err(refused)?);
        }
        Ok(needs)
    }

    async fn run(self, services: &S, call: &Call<S::Caller>, permit: &Permit) -> Result<Value, Refusal> {
        let (scope, kms) = (scope_of(call)?, services.kms());
        let done = async {
            if C::NEEDS_CREDIT {
                kms.require_credit(&scope.account).await?;
            }
            self.0.run(kms, permit, &scope).await
        };
        done.await.map_err(|error| refusal(&error, &call.request_id))
    }

    /// `DryRun` says what would have happened. The calls that take it change nothing, so they are done and not answered.
    fn answer(parameters: &Parameters, result: Result<Value, Refusal>) -> Result<Value, Refusal> {
        let takes_dry_run = || C::SPEC.parameters.iter().any(|one| one.declared() == DRY_RUN.declared());
        if !DRY_RUN.read(parameters).is_ok_and(|dry_run| dry_run == Some(true)) || !takes_dry_run() {
            return result;
        }
        Err(match result {
            Ok(_) => Refusal::new(&errors::KMS_DRY_RUN, &[]),
            Err(refusal) if refusal.row().status >= 500 => refusal,
            Err(refusal) if *refusal.row() == errors::KMS_FORBIDDEN => Refusal::new(&errors::KMS_DRY_RUN_DENIED, &[]),
            Err(refusal) => Refusal::new(&errors::KMS_DRY_RUN_VALIDATION, &[&refusal.to_string()]),
        })
    }
}

/// Account of the caller, region of the call.
pub(super) fn scope_of<C>(call: &Call<C>) -> Result<Scope, Refusal> {
    match (call.identity.account_id.parse(), call.region.parse()) {
        (Ok(account), Ok(region)) => Ok(Scope { account, region }),
        (account, region) => {
            let why = format!("{:?} {:?}", account.err(), region.err());
            Err(internal(&why, &call.request_id))
        }
    }
}
