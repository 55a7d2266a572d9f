//! From an authenticated caller to a permit: loads the policies and has them judged.

use std::sync::Arc;

use catalog::{Grant, PolicyType, RoleRecord};
use jiff::Timestamp;

use super::assume_role::RoleArn;
use super::authenticate::Authenticated;
use super::change::{damaged, owner};
use super::error::Result;
use super::ram::Ram;
use crate::evaluation::{self, Ask, AttachedPolicy, Permit, PolicySet};
use crate::identity::Principal;
use crate::policy::{Action, ConditionContext, IdentityPolicy, KeyPolicy, TrustPolicy};
use crate::system::SystemPolicy;

/// Policies of a user and its groups, or of a role.
pub(super) type KnownPolicies = Arc<[AttachedPolicy]>;

impl Ram {
    /// Judges all `asks` of a request by the caller's policies: those of a user and its groups, or those of a session's role, narrowed
    /// by its session policy. A policy that was changed through this process counts from the next request on; see the module for
    /// others.
    ///
    /// `key_policy`, `conditions`: as in [`evaluation::authorize`](crate::authorize).
    ///
    /// `sts:AssumeRole` on a role is judged with the trust policy of the role, too. A role of the caller's own account that does not
    /// exist is left out of the permit, so that AssumeRole can say that it does not exist; one of another account is denied.
    ///
    /// Errors: `Denied`; `Catalog`.
    pub async fn authorize(
        &self,
        who: &Authenticated,
        asks: &[Ask],
        key_policy: Option<&KeyPolicy>,
        conditions: &ConditionContext,
    ) -> Result<Permit> {
        let policies = self.policies_of(who).await?;
        let (roles, others): (Vec<Ask>, Vec<Ask>) =
            asks.iter().cloned().partition(|ask| ask.action == Action::ASSUME_ROLE);
        let mut permit = evaluation::authorize(who.caller(), &others, &policies, key_policy, conditions)?;
        for ask in roles {
            let more = self.authorize_assume_role(who, &ask, &policies, conditions).await?;
            permit = permit.and(more).expect("both are of this caller and request");
        }
        Ok(permit)
    }

    async fn authorize_assume_role(
        &self,
        who: &Authenticated,
        ask: &Ask,
        policies: &PolicySet,
        conditions: &ConditionContext,
    ) -> Result<Permit> {
        let caller = who.caller();
        let role = RoleArn::try_from(&ask.resource).ok();
        let found = match &role {
            Some(role) => self.catalog.read().role_by_name(role.name.as_str(), &owner(role.account)).await?,
            None => None,
        };
        let (Some(role), Some(found)) = (role, found) else {
            evaluation::authorize(caller, std::slice::from_ref(ask), policies, None, conditions)?;
            return Ok(evaluation::authorize(caller, &[], policies, None, conditions)?);
        };
        let trust = trust_of(&found)?;
        Ok(evaluation::authorize_assume_role(caller, role.account, &role.name, policies, &trust, conditions)?)
    }

    async fn policies_of(&self, who: &Authenticated) -> Result<PolicySet> {
        let id = match (&who.caller().principal, &who.session) {
            (Principal::User { id, .. }, _) => id.to_string(),
            (Principal::Session { .. }, Some(session)) => session.role_id.to_string(),
            _ => return Ok(PolicySet::default()),
        };
        let identity = self.policies_by_id(&id, who.caller().request_time).await?.to_vec();
        Ok(PolicySet { identity, session: who.session.as_ref().and_then(|session| session.policy.clone()) })
    }

    /// Policies of the user or role of this id.
    pub(super) async fn policies_by_id(&self, id: &str, now: Timestamp) -> Result<KnownPolicies> {
        if let Some(policies) = self.known_policies.value(id, now) {
            return Ok(policies);
        }
        let epoch = self.known_policies.epoch();
        let grants = self.catalog.read().grants_of(id).await?;
        let bytes = grants.iter().map(|grant| grant.policy.name.len() + grant.document.as_ref().map_or(0, String::len));
        let bytes = bytes.sum();
        let policies = grants.iter().filter_map(|grant| attached(grant).transpose());
        let policies = policies.collect::<Result<KnownPolicies>>()?;
        self.known_policies.remember(id, Arc::clone(&policies), bytes, epoch, now);
        Ok(policies)
    }
}

/// `None` for a system policy that this version of the program does not have: it grants nothing. None of ours denies.
fn attached(grant: &Grant) -> Result<Option<AttachedPolicy>> {
    let name = grant.policy.name.clone();
    let document = match grant.policy.policy_type {
        PolicyType::System => SystemPolicy::document_of(&name),
        // A custom policy without a text could have held a Deny.
        PolicyType::Custom => {
            let text = grant.document.as_deref().ok_or_else(|| damaged("document", &name))?;
            Some(Arc::new(text.parse::<IdentityPolicy>().map_err(|_| damaged("document", &name))?))
        }
    };
    Ok(document.map(|document| AttachedPolicy { name, document }))
}

pub(super) fn trust_of(role: &RoleRecord) -> Result<TrustPolicy> {
    role.trust_document.parse().map_err(|_| damaged("trust_document", &role.name))
}
