//! Trust policies: who may assume a role. Grammar: ram.md 4.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::action::Action;
use super::condition::Conditions;
use super::context::ConditionContext;
use super::document;
use super::error::PolicyError;
use super::node::Node;
use super::principal::TrustPrincipals;
use super::statement::{Effect, conditions};
use crate::identity::{AccountId, Identity};

/// Longest `AssumeRolePolicyDocument`. The sources give none; it is that of identity policies.
const BYTES_MAX: usize = 6144;

/// Who may assume a role.
///
/// Its only action is `sts:AssumeRole`, and it has no resource. `FromStr` reads a document. Errors: [`PolicyError`].
/// `Display` writes it in a canonical form, without white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustPolicy {
    statements: Vec<TrustStatement>,
}

/// One statement of a trust policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrustStatement {
    effect: Effect,
    principals: TrustPrincipals,
    conditions: Conditions,
}

impl TrustPolicy {
    pub(crate) fn statements(&self) -> &[TrustStatement] {
        &self.statements
    }
}

impl TrustStatement {
    fn read(node: &Node<'_>) -> Result<Self, PolicyError> {
        let members = node.members(&["Effect", "Principal", "Action", "Condition"])?;
        let statement = Self {
            effect: Effect::read(&members)?,
            principals: TrustPrincipals::read(&members.required("Principal")?)?,
            conditions: conditions(&members)?,
        };
        members.required("Action")?.texts(assume_role)?;
        Ok(statement)
    }

    pub(crate) fn effect(&self) -> Effect {
        self.effect
    }

    /// Whether the statement of a role of `role_account` speaks of this identity now.
    pub(crate) fn applies(&self, identity: Identity<'_>, role_account: AccountId, context: &ConditionContext) -> bool {
        self.principals.name(identity, role_account) && self.conditions.hold(context)
    }

    fn to_json(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("Effect".to_owned(), json!(self.effect.as_str()));
        object.insert("Principal".to_owned(), self.principals.to_json());
        object.insert("Action".to_owned(), json!(Action::ASSUME_ROLE.as_str()));
        object.extend(self.conditions.to_json().map(|conditions| ("Condition".to_owned(), conditions)));
        object
    }
}

fn assume_role(node: &Node<'_>, text: &str) -> Result<(), PolicyError> {
    if text.eq_ignore_ascii_case(Action::ASSUME_ROLE.as_str()) {
        Ok(())
    } else {
        Err(node.refuse("the action of a trust policy is \"sts:AssumeRole\""))
    }
}

impl FromStr for TrustPolicy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        document::read(text, BYTES_MAX, TrustStatement::read).map(|statements| Self { statements })
    }
}

impl fmt::Display for TrustPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&document::write(self.statements.iter().map(TrustStatement::to_json)))
    }
}
