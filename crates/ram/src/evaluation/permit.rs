//! The proof that a caller may do something.

use jiff::Timestamp;

use super::denial::Denial;
use super::request::{Ask, PolicySet};
use super::stages::{ask_to_assume, decide, decide_assume_role};
use crate::identity::{AccountId, Arn, Caller, Principal, RoleName, ServiceName};
use crate::policy::{Action, ConditionContext, KeyPolicy, TrustPolicy};

/// Who may do what: made here after a decision, taken by every use case. It is for one request and is not stored.
#[derive(Debug, Clone)]
pub struct Permit {
    caller: Caller,
    allowed: Allowed,
}

#[derive(Debug, Clone)]
enum Allowed {
    Everything,
    Asked(Vec<Ask>),
}

/// Judges all `asks` of a request; the first that is refused ends it. No asks need no right: the permit then covers nothing.
///
/// Arguments as in [`decide`]; `key_policy` is that of the one key among the asks. A call on two keys (ReEncrypt) is judged
/// twice and joined with [`Permit::and`].
///
/// Errors: [`Denial`].
pub fn authorize(
    caller: &Caller,
    asks: &[Ask],
    policies: &PolicySet,
    key_policy: Option<&KeyPolicy>,
    conditions: &ConditionContext,
) -> Result<Permit, Box<Denial>> {
    for ask in asks {
        let decision = decide(caller, ask, policies, key_policy, conditions);
        if let Some(denial) = Denial::of(caller, ask, decision) {
            return Err(Box::new(denial));
        }
    }
    Ok(Permit { caller: caller.clone(), allowed: Allowed::Asked(asks.to_vec()) })
}

/// Judges `sts:AssumeRole` on one role: the caller's policies and the role's `trust` must both allow.
///
/// Errors: [`Denial`].
pub fn authorize_assume_role(
    caller: &Caller,
    role_account: AccountId,
    role: &RoleName,
    policies: &PolicySet,
    trust: &TrustPolicy,
    conditions: &ConditionContext,
) -> Result<Permit, Box<Denial>> {
    let ask = ask_to_assume(role_account, role);
    let decision = decide_assume_role(caller, &ask, role_account, policies, trust, conditions);
    match Denial::of(caller, &ask, decision) {
        Some(denial) => Err(Box::new(denial)),
        None => Ok(Permit { caller: caller.clone(), allowed: Allowed::Asked(vec![ask]) }),
    }
}

impl Permit {
    /// For the command line on a data directory: whoever holds the root key may do everything.
    #[must_use]
    pub fn for_local_operator(account: AccountId, now: Timestamp) -> Self {
        let caller = Caller {
            account,
            principal: Principal::Root,
            access_key_id: None,
            source_ip: None,
            secure_transport: false,
            request_time: now,
        };
        Self { caller, allowed: Allowed::Everything }
    }

    /// For a service that uses what is its own in an account, such as its service key: nobody gives it that right or takes it away.
    #[must_use]
    pub fn of_service_on_its_own(account: AccountId, service: ServiceName, asks: Vec<Ask>, now: Timestamp) -> Self {
        let caller = Caller {
            account,
            principal: Principal::Service(service),
            access_key_id: None,
            source_ip: None,
            secure_transport: true,
            request_time: now,
        };
        Self { caller, allowed: Allowed::Asked(asks) }
    }

    /// Who may.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The caller's account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.caller.account
    }

    /// Whether this action on this resource was allowed.
    #[must_use]
    pub fn covers(&self, action: Action, resource: &Arn) -> bool {
        match &self.allowed {
            Allowed::Everything => true,
            Allowed::Asked(asks) => asks.iter().any(|ask| ask.action == action && ask.resource == *resource),
        }
    }

    /// One permit for what both cover. `None` when they are not of the same caller and request.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        if self.caller != other.caller {
            return None;
        }
        let allowed = match (self.allowed, other.allowed) {
            (Allowed::Asked(mut asks), Allowed::Asked(others)) => {
                asks.extend(others);
                Allowed::Asked(asks)
            }
            _ => Allowed::Everything,
        };
        Some(Self { caller: self.caller, allowed })
    }
}
