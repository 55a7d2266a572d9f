//! Who of an account may do something: the question that a permit answers for one caller, asked for all of them. Ours.

use catalog::{AfterName, Listed, RoleRecord, UserRecord};

use super::change::{damaged, owner, require};
use super::error::Result;
use super::ram::Ram;
use crate::evaluation::{Ask, Decision, Permit, PolicySet, StatementRef, decide};
use crate::identity::{Arn, Caller, Principal, SessionName};
use crate::policy::{Action, ConditionContext, KeyPolicy};

/// Asked of its caller, on the account.
const LIST_PRINCIPALS_ALLOWED: Action = Action::new("ram:ListPrincipalsAllowed");

/// A session as which a role is judged. Policies see the role.
const SESSION: &str = "who-may";

/// The actions that people ask about. Any could be judged; a list is what API and console let choose from.
pub const ACTIONS_ASKED_ABOUT: &[&str] = &[
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:ScheduleKeyDeletion",
    "kms:ImportKeyMaterial",
    "ecs:CopyImage",
    "ecs:DescribeImages",
    "ecs:DeleteImage",
    "ecs:ExportImage",
    "ecs:ModifyImageSharePermission",
    "ecs:RunInstances",
];

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The action and the resource.
    pub ask: Ask,
    /// Policy of the key, if the resource is one.
    pub key_policy: Option<KeyPolicy>,
    /// What conditions see of the resource: `kms:tag/<key>` and its value.
    pub conditions: Vec<(String, String)>,
}

/// Somebody who may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedPrincipal {
    /// Name of the user or role; empty for the account itself.
    pub name: String,
    /// ARN of it.
    pub arn: Arn,
    /// The policy that allows it; `None` for a key's own policy and for the account, which needs none.
    pub policy: Option<String>,
}

impl Ram {
    /// The account itself, if it may: a key policy can deny it.
    ///
    /// Users, roles and the account are judged as if each called now, from where the caller of this is: what a policy makes of another
    /// time or place is not seen. Asks for [`Arn::of_principals`].
    pub async fn account_allowed(&self, permit: &Permit, question: &Question) -> Result<Option<AllowedPrincipal>> {
        let account = permit.account();
        require(permit, LIST_PRINCIPALS_ALLOWED, &Arn::of_principals(account))?;
        let decision = judged(permit, Principal::Root, &PolicySet::default(), question);
        Ok(allowed(&decision, String::new(), Arn::of_root(account)))
    }

    /// Users who may, of those of one part of the list of all: the marker is that of all. Asks for [`Arn::of_principals`].
    pub async fn users_allowed(
        &self,
        permit: &Permit,
        question: &Question,
        after: &AfterName,
    ) -> Result<Listed<AllowedPrincipal>> {
        let account = permit.account();
        require(permit, LIST_PRINCIPALS_ALLOWED, &Arn::of_principals(account))?;
        let Listed { items, marker } = self.catalog.read().users_list(&owner(account), after).await?;
        let mut found = Vec::new();
        for UserRecord { id, name, .. } in items {
            let user = name.parse().map_err(|_| damaged("name", &name))?;
            let arn = Arn::of_user(account, &user);
            let principal = Principal::User { name: user, id: id.parse().map_err(|_| damaged("id", &id))? };
            let decision = self.judged_by_id(permit, principal, &id, question).await?;
            found.extend(allowed(&decision, name, arn));
        }
        Ok(Listed { items: found, marker })
    }

    /// The same for roles: whoever assumes one may. Asks for [`Arn::of_principals`].
    pub async fn roles_allowed(
        &self,
        permit: &Permit,
        question: &Question,
        after: &AfterName,
    ) -> Result<Listed<AllowedPrincipal>> {
        let account = permit.account();
        require(permit, LIST_PRINCIPALS_ALLOWED, &Arn::of_principals(account))?;
        let Listed { items, marker } = self.catalog.read().roles_list(&owner(account), after).await?;
        let session: SessionName = SESSION.parse().expect("letters and a hyphen are the name of a session");
        let mut found = Vec::new();
        for RoleRecord { id, name, .. } in items {
            let role = name.parse().map_err(|_| damaged("name", &name))?;
            let arn = Arn::of_role(account, &role);
            let principal = Principal::Session { role, session: session.clone() };
            let decision = self.judged_by_id(permit, principal, &id, question).await?;
            found.extend(allowed(&decision, name, arn));
        }
        Ok(Listed { items: found, marker })
    }

    async fn judged_by_id(
        &self,
        permit: &Permit,
        principal: Principal,
        id: &str,
        question: &Question,
    ) -> Result<Decision> {
        let identity = self.policies_by_id(id, permit.caller().request_time).await?.to_vec();
        Ok(judged(permit, principal, &PolicySet { identity, session: None }, question))
    }
}

fn judged(permit: &Permit, principal: Principal, policies: &PolicySet, question: &Question) -> Decision {
    let caller = Caller { principal, access_key_id: None, ..permit.caller().clone() };
    let mut conditions = ConditionContext::of(&caller);
    for (key, value) in &question.conditions {
        conditions.set(key.as_str(), value.as_str());
    }
    decide(&caller, &question.ask, policies, question.key_policy.as_ref(), &conditions)
}

fn allowed(decision: &Decision, name: String, arn: Arn) -> Option<AllowedPrincipal> {
    let policy = || decision.decided_by.as_ref().and_then(|StatementRef { policy, .. }| policy.clone());
    decision.allows().then(|| AllowedPrincipal { name, arn, policy: policy() })
}
