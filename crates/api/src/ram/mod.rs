//! RAM on the wire. Source: ram.md 2.
//!
//! A row says what it reads, on what it needs a right, and what it answers; [`OnRam`] does the rest for all of them.

mod access_keys;
mod attachments;
mod declared;
mod events;
mod groups;
mod login_profiles;
mod members;
mod policies;
mod policy_versions;
mod principals;
mod refusals;
mod roles;
mod users;

pub(crate) use declared::Plain;

use std::future::Future;
use std::str::FromStr;

use jiff::Timestamp;
use ram::{Arn, Caller, Listed, Permit, Ram, RamError};
use serde_json::{Value, json};

use crate::action::{Action, Call, Permission, Row, Spec};
use crate::errors::Refusal;
use crate::kms::Keys;
use crate::parameters::{Declares, Parameters};
use crate::product::Product;
use crate::services::{Need, Rooms};

/// A request to `ram`.
pub(crate) trait RamAction: Sized + Send + Sync + 'static {
    /// Its row.
    const SPEC: &'static Spec;

    /// Reads the parameters.
    ///
    /// Errors: `MissingParameter`, `InvalidParameter`, and those codes of RAM that need no look into the catalog.
    fn parse(parameters: &Parameters) -> Result<Self, Refusal>;

    /// On what the action of the row must be allowed: exactly what the use case asks its permit for.
    ///
    /// Errors: codes of RAM.
    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError>;

    /// What it brings for the conditions of policies, beside what is known of every request.
    fn conditions(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Does it. The answer is an object without `RequestId`, or null.
    ///
    /// Errors: codes of RAM.
    fn run(self, ram: &Ram, permit: &Permit) -> impl Future<Output = Result<Value, RamError>> + Send;
}

/// A request to `ram` as a row of the table.
pub(crate) struct OnRam<A>(A);

impl<S: Rooms, A: RamAction> Action<S> for OnRam<A> {
    const SPEC: &'static Spec = A::SPEC;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        A::parse(parameters).map(Self)
    }

    async fn needs(&self, _: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        let Permission::On { action, .. } = A::SPEC.permission else { return Ok(Vec::new()) };
        let resources = self.0.resources(call.caller.caller())?;
        let need = |resource: &Arn| Need {
            action,
            resource: resource.to_string(),
            key: None,
            conditions: self.0.conditions(),
        };
        Ok(resources.iter().map(need).collect())
    }

    async fn run(self, services: &S, call: &Call<S::Caller>, permit: &S::Permit) -> Result<Value, Refusal> {
        self.0.run(services.ram(), permit).await.map_err(|error| refusals::reported(&error, &call.request_id))
    }
}

/// All rows of RAM.
pub(crate) fn rows<S: Keys>() -> impl Iterator<Item = Row<S>> {
    let rows = [users::rows(), access_keys::rows(), groups::rows(), members::rows(), policies::rows()];
    let more = [policy_versions::rows(), attachments::rows(), roles::rows(), login_profiles::rows()];
    let ours = [events::rows(), principals::rows()];
    rows.into_iter().chain(more).chain(ours).flatten()
}

/// A row of RAM: `ram:<name>` on `resource`.
const fn spec(
    name: &'static str,
    action: &'static str,
    resource: &'static str,
    parameters: &'static [&'static dyn Declares],
) -> Spec {
    Spec { product: Product::Ram, name, parameters, permission: Permission::On { action, resource } }
}

/// Text as one of the types of `ram`, which has the rules.
pub(crate) fn parsed<T: FromStr<Err: Into<RamError>>>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error: T::Err| Refusal::from(error.into()))
}

/// The same for a parameter that may be missing.
fn parsed_if_given<T: FromStr<Err: Into<RamError>>>(text: Option<&String>) -> Result<Option<T>, Refusal> {
    text.map(|text| parsed(text)).transpose()
}

/// A time as RAM and STS write it: UTC in whole seconds.
pub(crate) fn written(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).map_or_else(|_| time.to_string(), |seconds| seconds.to_string())
}

/// A part of a list that is read by `Marker`: `{"Users":{"User":[…]},"IsTruncated":false}`.
fn page<T>(list: &str, item: &str, listed: &Listed<T>, shown: impl Fn(&T) -> Value) -> Value {
    let items: Vec<Value> = listed.items.iter().map(shown).collect();
    let mut answer = json!({ list: { item: items }, "IsTruncated": listed.marker.is_some() });
    if let Some(marker) = &listed.marker {
        answer["Marker"] = marker.as_str().into();
    }
    answer
}
