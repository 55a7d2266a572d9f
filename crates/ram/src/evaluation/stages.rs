//! The stages of a decision.
//!
//! Where ram.md and kms.md leave a choice, this is ours:
//! - **Root** has all rights on what its account owns, but a Deny of a key policy binds it too. Only `kms:GetKeyPolicy` and
//!   `kms:SetKeyPolicy` cannot be denied to it, so a key never becomes unmanageable.
//! - **A key policy that names an account** allows its root. Users and roles of the *same* account get nothing from that: their
//!   identity policies decide, as the account delegates to them. Without this rule the default key policy would open every
//!   key to every user. A Deny that names the account binds all of them.
//! - **A key policy speaks of keys only**: in CreateAlias it answers for the key and not for the alias.
//! - **A session policy** narrows whatever grants, a key policy too.

use super::decision::{Decision, PolicyType, StatementRef};
use super::request::{Ask, PolicySet};
use crate::identity::{AccountId, Arn, ArnOwner, Caller, Principal, RoleName};
use crate::policy::{
    Action, ConditionContext, Effect, KeyPolicy, KeyStatement, Naming, Statement, TrustPolicy, TrustStatement,
};

/// Decides one ask. Pure: the same arguments give the same decision.
///
/// `key_policy`: the policy of the key that is asked for, if the resource is a key that has one. `conditions`:
/// [`ConditionContext::of`] the caller, and the keys of the service.
#[must_use]
pub fn decide(
    caller: &Caller,
    ask: &Ask,
    policies: &PolicySet,
    key_policy: Option<&KeyPolicy>,
    conditions: &ConditionContext,
) -> Decision {
    let request = Request { caller, ask, conditions };
    if let Some(refusal) = request.refusal_by_session(policies) {
        return refusal;
    }
    let identity = request.by_identity(policies);
    Decision::join(identity, request.by_owner(key_policy), !request.is_own())
}

/// Decides whether the caller may assume a role: both sides must allow. A service has no identity policies and needs none.
pub(super) fn decide_assume_role(
    caller: &Caller,
    ask: &Ask,
    role_account: AccountId,
    policies: &PolicySet,
    trust: &TrustPolicy,
    conditions: &ConditionContext,
) -> Decision {
    let request = Request { caller, ask, conditions };
    if let Some(refusal) = request.refusal_by_session(policies) {
        return refusal;
    }
    let identity = request.by_identity(policies);
    let is_service = matches!(caller.principal, Principal::Service(_));
    let identity = if is_service { identity.or_by_right() } else { identity };
    Decision::join(identity, request.by_trust(trust, role_account), true)
}

/// What AssumeRole asks for.
pub(super) fn ask_to_assume(role_account: AccountId, role: &RoleName) -> Ask {
    Ask { action: Action::ASSUME_ROLE, resource: Arn::of_role(role_account, role) }
}

#[derive(Clone, Copy)]
struct Request<'a> {
    caller: &'a Caller,
    ask: &'a Ask,
    conditions: &'a ConditionContext,
}

impl Request<'_> {
    /// The answer of a session policy that does not allow.
    fn refusal_by_session(self, policies: &PolicySet) -> Option<Decision> {
        let session = policies.session.as_ref()?;
        let decision = Decision::among(PolicyType::Session, self.matching(session.statements(), None));
        (!decision.allows()).then_some(decision)
    }

    fn by_identity(self, policies: &PolicySet) -> Decision {
        let matching =
            policies.identity.iter().flat_map(|policy| self.matching(policy.document.statements(), Some(&policy.name)));
        let decision = Decision::among(PolicyType::Identity, matching);
        if self.caller.principal == Principal::Root { decision.or_by_right() } else { decision }
    }

    fn by_owner(self, key_policy: Option<&KeyPolicy>) -> Decision {
        let resource = &self.ask.resource;
        let is_key = resource.service() == "kms" && resource.relative_id().starts_with("key/");
        let policy_type = if is_key { PolicyType::Key } else { PolicyType::Resource };
        let statements = key_policy.filter(|_| is_key).map_or(&[][..], KeyPolicy::statements).iter().enumerate();
        let matching = statements.filter(|(_, statement)| self.key_statement_counts(statement));
        Decision::among(
            policy_type,
            matching.map(|(index, statement)| {
                let sid = statement.sid().map(str::to_owned);
                (statement.statement().effect(), StatementRef { policy: None, index, sid })
            }),
        )
    }

    /// See the module's text for what counts.
    fn key_statement_counts(self, statement: &KeyStatement) -> bool {
        match statement.statement().effect() {
            _ if !self.applies(statement.statement()) => false,
            Effect::Deny if self.is_owner_who_repairs() => false,
            Effect::Allow if self.is_own() => statement.naming(self.caller.identity()) == Naming::Identity,
            Effect::Allow | Effect::Deny => statement.naming(self.caller.identity()) > Naming::No,
        }
    }

    fn is_owner_who_repairs(self) -> bool {
        self.is_own()
            && self.caller.principal == Principal::Root
            && [Action::GET_KEY_POLICY, Action::SET_KEY_POLICY].contains(&self.ask.action)
    }

    fn by_trust(self, trust: &TrustPolicy, role_account: AccountId) -> Decision {
        let identity = self.caller.identity();
        let applies = |statement: &&TrustStatement| statement.applies(identity, role_account, self.conditions);
        let statements = trust.statements().iter().enumerate();
        let matching = statements.filter(|(_, statement)| applies(statement));
        Decision::among(
            PolicyType::Trust,
            matching.map(|(index, statement)| (statement.effect(), StatementRef { policy: None, index, sid: None })),
        )
    }

    /// The statements that apply, each with its place.
    fn matching<'s>(
        self,
        statements: &'s [Statement],
        policy: Option<&'s str>,
    ) -> impl Iterator<Item = (Effect, StatementRef)> {
        statements.iter().enumerate().filter(move |(_, statement)| self.applies(statement)).map(
            move |(index, statement)| {
                (statement.effect(), StatementRef { policy: policy.map(str::to_owned), index, sid: None })
            },
        )
    }

    fn applies(self, statement: &Statement) -> bool {
        statement.applies(self.ask.action, &self.ask.resource, self.conditions)
    }

    /// Whether the caller's account owns the resource. What belongs to nobody or to the system is everyone's own: the
    /// caller's policies decide.
    fn is_own(self) -> bool {
        match self.ask.resource.owner() {
            ArnOwner::Account(owner) => owner == self.caller.account,
            ArnOwner::Nobody | ArnOwner::System => true,
        }
    }
}
