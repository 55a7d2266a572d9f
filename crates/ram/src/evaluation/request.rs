//! What is asked, and the policies that answer.

use std::sync::Arc;

use crate::identity::Arn;
use crate::policy::{Action, IdentityPolicy, SessionPolicy};

/// One action on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ask {
    /// What is to be done.
    pub action: Action,
    /// On what. Actions without a resource ask for all: `acs:ecs:<region>:<account>:*`.
    pub resource: Arn,
}

/// A policy of the caller, its groups or its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedPolicy {
    /// Its name, for the reason of a decision.
    pub name: String,
    /// What it says. Shared, because many requests are judged by the same document.
    pub document: Arc<IdentityPolicy>,
}

/// All policies on the caller's side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicySet {
    /// In any order.
    pub identity: Vec<AttachedPolicy>,
    /// The policy given to AssumeRole, for sessions that have one. It narrows.
    pub session: Option<Arc<SessionPolicy>>,
}
