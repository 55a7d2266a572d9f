//! `ListPrincipalsAllowed`, ours: who of the account may do something, such as use a key or copy an image.

use std::sync::Arc;

use kms::{KeyFacts, KeyRef, KmsError, Scope};
use ram::{ACTIONS_ASKED_ABOUT, AfterName, AllowedPrincipal, Arn, ArnOwner, Ask, Listed, Question};
use serde_json::{Value, json};

use super::declared::{MARKER, MAX_ITEMS, Plain, page};
use super::refusals::reported;
use super::spec;
use crate::action::{Action, Call, Row, Spec};
use crate::errors::{self, Refusal};
use crate::kms::Keys;
use crate::parameters::{OneOf, Optional, Parameters, Required};
use crate::services::Need;

/// Not `Action`, which every call has.
const ACTION: Required<OneOf> = Required::new("ActionName", OneOf(ACTIONS_ASKED_ABOUT));
const RESOURCE: Required<Plain> =
    Required::new("Resource", Plain { rules: "ARN of a resource of the account", takes_empty: false });
const PRINCIPAL_TYPE: Optional<OneOf> = Optional::new("PrincipalType", OneOf(&["User", "Role"]));

pub(super) fn rows<S: Keys>() -> Vec<Row<S>> {
    vec![Row::of::<ListPrincipalsAllowed>()]
}

/// `ListPrincipalsAllowed`: users, with the account itself before the first, or roles. `MaxItems` is how many are judged, so a part may have
/// fewer or none and still lead on.
pub(crate) struct ListPrincipalsAllowed {
    ask: Ask,
    roles: bool,
    after: AfterName,
    is_first: bool,
}

impl<S: Keys> Action<S> for ListPrincipalsAllowed {
    const SPEC: &'static Spec = &spec(
        "ListPrincipalsAllowed",
        "ram:ListPrincipalsAllowed",
        "*",
        &[&ACTION, &RESOURCE, &PRINCIPAL_TYPE, &MARKER, &MAX_ITEMS],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (action, resource) = (ram::Action::new(ACTION.read(parameters)?), RESOURCE.read(parameters)?);
        Ok(Self {
            ask: Ask { action, resource: resource.parse().map_err(|_| bad_resource())? },
            roles: PRINCIPAL_TYPE.read(parameters)? == Some("Role"),
            after: page(parameters)?,
            is_first: MARKER.read(parameters)?.is_none_or(|marker| marker.is_empty()),
        })
    }

    async fn needs(&self, _: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        let resource = Arn::of_principals(call.caller.caller().account).to_string();
        Ok(vec![Need { action: "ram:ListPrincipalsAllowed", resource, key: None, conditions: Vec::new() }])
    }

    async fn run(self, services: &S, call: &Call<S::Caller>, permit: &S::Permit) -> Result<Value, Refusal> {
        if self.ask.resource.owner() != ArnOwner::Account(permit.account()) {
            return Err(bad_resource());
        }
        let (ram, told) = (services.ram(), |error| reported(&error, &call.request_id));
        let question = question(services, &self.ask, call).await?;
        if self.roles {
            let roles = ram.roles_allowed(permit, &question, &self.after).await.map_err(told)?;
            return Ok(answer("Role", &roles, None));
        }
        let account = if self.is_first { ram.account_allowed(permit, &question).await.map_err(told)? } else { None };
        let users = ram.users_allowed(permit, &question, &self.after).await.map_err(told)?;
        Ok(answer("User", &users, account.as_ref()))
    }
}

fn bad_resource() -> Refusal {
    Refusal::new(&errors::INVALID_PARAMETER, &["Resource"])
}

/// With the policy and the tags of a key, if it is one.
async fn question<S: Keys>(services: &S, ask: &Ask, call: &Call<S::Caller>) -> Result<Question, Refusal> {
    let key = key_facts(services, &ask.resource, call).await?;
    let tags = key.iter().flat_map(|key| &key.tags);
    Ok(Question {
        ask: ask.clone(),
        conditions: tags.map(|tag| (format!("kms:tag/{}", tag.key), tag.value.clone())).collect(),
        key_policy: key.as_ref().map(|key| key.policy.clone()),
    })
}

/// What decides about rights on the key that is asked for; `None` if the resource is no single key.
async fn key_facts<S: Keys>(
    services: &S,
    resource: &Arn,
    call: &Call<S::Caller>,
) -> Result<Option<Arc<KeyFacts>>, Refusal> {
    let is_key = resource.service() == "kms" && resource.relative_id().starts_with("key/");
    let Some(key) = resource.to_string().parse::<KeyRef>().ok().filter(|_| is_key) else { return Ok(None) };
    let (Ok(account), Ok(region)) = (call.identity.account_id.parse(), resource.region().parse()) else {
        return Err(bad_resource());
    };
    match services.kms().key_facts(&key, &Scope { account, region }).await {
        Ok(facts) => Ok(Some(facts)),
        Err(KmsError::KeyNotFound { .. } | KmsError::KeyInOtherRegion { .. }) => Err(bad_resource()),
        Err(error) => {
            tracing::error!(request.id = call.request_id, %error, "a key cannot be read");
            Err(Refusal::new(&errors::INTERNAL_ERROR, &[]))
        }
    }
}

fn answer(kind: &str, listed: &Listed<AllowedPrincipal>, account: Option<&AllowedPrincipal>) -> Value {
    let account = account.map(|account| shown("Account", account));
    let principals = account.into_iter().chain(listed.items.iter().map(|principal| shown(kind, principal)));
    json!({
        "Principals": { "Principal": principals.collect::<Vec<_>>() },
        "IsTruncated": listed.marker.is_some(),
        "Marker": listed.marker.as_deref().unwrap_or_default(),
    })
}

/// `PolicyName` is empty where no policy of the principal allows it: the key's own does, or the account's right.
fn shown(kind: &str, principal: &AllowedPrincipal) -> Value {
    json!({
        "PrincipalType": kind,
        "PrincipalName": principal.name,
        "Arn": principal.arn.to_string(),
        "PolicyName": principal.policy.as_deref().unwrap_or_default(),
    })
}
