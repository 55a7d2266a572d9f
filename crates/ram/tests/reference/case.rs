//! One request with its policies, as text and JSON; and what the crate makes of it.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use ram::{
    Action, Ask, AttachedPolicy, Caller, ConditionContext, DenialKind, PolicyError, PolicySet, Principal, authorize,
    authorize_assume_role,
};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Allow,
    ImplicitDeny,
    ExplicitDeny,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) account: &'static str,
    pub(crate) who: Who,
    pub(crate) action: &'static str,
    /// The ARN; that of the role when there is a trust policy.
    pub(crate) resource: String,
    pub(crate) context: BTreeMap<String, String>,
    pub(crate) identity: Vec<Value>,
    pub(crate) session: Option<Value>,
    pub(crate) key: Option<Value>,
    pub(crate) trust: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Root,
    User(&'static str),
    Session(&'static str, &'static str),
    Service(&'static str),
}

impl Case {
    /// What the crate decides.
    pub(crate) fn decide(&self) -> Verdict {
        let caller = self.caller();
        let attached = |document: &Value| AttachedPolicy { name: "p".to_owned(), document: Arc::new(parsed(document)) };
        let policies = PolicySet {
            identity: self.identity.iter().map(attached).collect(),
            session: self.session.as_ref().map(|document| Arc::new(parsed(document))),
        };
        let mut context = ConditionContext::default();
        for (key, value) in &self.context {
            context.set(key, value);
        }
        let outcome = match &self.trust {
            None => {
                let ask = Ask { action: Action::new(self.action), resource: self.resource.parse().unwrap() };
                let key = self.key.as_ref().map(parsed);
                authorize(&caller, &[ask], &policies, key.as_ref(), &context)
            }
            Some(trust) => {
                let (account, role) = self.resource.strip_prefix("acs:ram::").unwrap().split_once(":role/").unwrap();
                let (account, role) = (account.parse().unwrap(), role.parse().unwrap());
                authorize_assume_role(&caller, account, &role, &policies, &parsed(trust), &context)
            }
        };
        match outcome {
            Ok(permit) => {
                assert!(permit.covers(Action::new(self.action), &self.resource.parse().unwrap()));
                Verdict::Allow
            }
            Err(denial) if denial.kind == DenialKind::ExplicitDeny => Verdict::ExplicitDeny,
            Err(_) => Verdict::ImplicitDeny,
        }
    }

    fn caller(&self) -> Caller {
        let principal = match self.who {
            Who::Root => Principal::Root,
            Who::User(name) => {
                Principal::User { name: name.parse().unwrap(), id: "200000000000000001".parse().unwrap() }
            }
            Who::Session(role, session) => {
                Principal::Session { role: role.parse().unwrap(), session: session.parse().unwrap() }
            }
            Who::Service(name) => Principal::Service(name.parse().unwrap()),
        };
        Caller {
            account: self.account.parse().unwrap(),
            principal,
            access_key_id: None,
            source_ip: None,
            secure_transport: false,
            request_time: "2026-11-27T00:00:00Z".parse().unwrap(),
        }
    }
}

/// Every generated document is one that the crate reads.
fn parsed<T: FromStr<Err = PolicyError>>(document: &Value) -> T {
    let text = document.to_string();
    text.parse().unwrap_or_else(|error| panic!("{error}: {text}"))
}
