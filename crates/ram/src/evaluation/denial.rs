//! A refusal that says what was missing.

use std::fmt;

use super::decision::{Decision, PolicyType, StatementRef, Verdict};
use super::request::Ask;
use crate::identity::{AccountId, Arn, Caller, Identity, Principal};
use crate::policy::Action;

/// Who was refused what, and by which kind of policy. Its text holds no secret: the caller may read it (report R11).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} may not do {action} on {resource}: {}", self.identity(), self.reason())]
pub struct Denial {
    /// The account of the principal.
    pub account: AccountId,
    /// Who asked.
    pub principal: Principal,
    /// What for.
    pub action: Action,
    /// On what.
    pub resource: Arn,
    /// Whether something forbids it or nothing allows it.
    pub kind: DenialKind,
    /// The kind of policy that forbids, or that does not allow.
    pub policy_type: PolicyType,
    /// The statement that forbids; for the operator's log, as policies of others are not the caller's business.
    pub decided_by: Option<StatementRef>,
}

/// Displays as `NoPermissionType` of `AccessDeniedDetail`. Source: wire.md 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DenialKind {
    /// Nothing allows it.
    ImplicitDeny,
    /// A statement forbids it.
    ExplicitDeny,
}

impl Denial {
    /// The denial in a decision; `None` when it allows.
    pub(super) fn of(caller: &Caller, ask: &Ask, decision: Decision) -> Option<Self> {
        let kind = match decision.verdict {
            Verdict::Allow => return None,
            Verdict::ImplicitDeny => DenialKind::ImplicitDeny,
            Verdict::ExplicitDeny => DenialKind::ExplicitDeny,
        };
        Some(Self {
            account: caller.account,
            principal: caller.principal.clone(),
            action: ask.action,
            resource: ask.resource.clone(),
            kind,
            policy_type: decision.policy_type,
            decided_by: decision.decided_by,
        })
    }

    /// Who was refused.
    #[must_use]
    pub fn identity(&self) -> Identity<'_> {
        Identity { account: self.account, principal: &self.principal }
    }

    fn reason(&self) -> String {
        match self.kind {
            DenialKind::ImplicitDeny => format!("no {} allows it (ImplicitDeny)", self.policy_type),
            DenialKind::ExplicitDeny => format!("a statement of a {} forbids it (ExplicitDeny)", self.policy_type),
        }
    }
}

impl fmt::Display for DenialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ImplicitDeny => "ImplicitDeny",
            Self::ExplicitDeny => "ExplicitDeny",
        })
    }
}
