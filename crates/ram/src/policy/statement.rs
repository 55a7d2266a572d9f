//! One statement: what is allowed or denied, on what, and when.

use std::fmt::Display;

use serde_json::{Map, Value, json};

use super::action::{Action, ActionPattern};
use super::condition::Conditions;
use super::context::ConditionContext;
use super::error::PolicyError;
use super::node::{Members, Node, one_or_more};
use super::resource::ResourcePattern;
use crate::identity::Arn;

/// What a statement does when it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Forbids, whatever else grants.
    Deny,
}

/// A statement of an identity, session or key policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(super) effect: Effect,
    pub(super) actions: Vec<ActionPattern>,
    pub(super) resources: Vec<ResourcePattern>,
    pub(super) conditions: Conditions,
}

/// Names of the elements that a [`Statement`] is read from.
pub(super) const ELEMENTS: [&str; 4] = ["Effect", "Action", "Resource", "Condition"];

impl Effect {
    pub(super) fn read(members: &Members<'_>) -> Result<Self, PolicyError> {
        let node = members.required("Effect")?;
        match node.text()? {
            "Allow" => Ok(Self::Allow),
            "Deny" => Ok(Self::Deny),
            other => Err(node.refuse(format_args!("{other:?} is neither \"Allow\" nor \"Deny\""))),
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

impl Statement {
    pub(super) fn read(node: &Node<'_>) -> Result<Self, PolicyError> {
        Self::of_members(&node.members(&ELEMENTS)?)
    }

    /// Reads the elements that all kinds of policies with actions and resources share.
    pub(super) fn of_members(members: &Members<'_>) -> Result<Self, PolicyError> {
        Ok(Self {
            effect: Effect::read(members)?,
            actions: members.required("Action")?.texts(ActionPattern::read)?,
            resources: members.required("Resource")?.texts(ResourcePattern::read)?,
            conditions: conditions(members)?,
        })
    }

    pub(crate) fn effect(&self) -> Effect {
        self.effect
    }

    /// Whether the statement speaks of this request at all.
    pub(crate) fn applies(&self, action: Action, resource: &Arn, context: &ConditionContext) -> bool {
        self.actions.iter().any(|pattern| pattern.matches(action))
            && self.resources.iter().any(|pattern| pattern.matches(resource))
            && self.conditions.hold(context)
    }

    pub(super) fn to_json(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("Effect".to_owned(), json!(self.effect.as_str()));
        object.insert("Action".to_owned(), patterns(&self.actions));
        object.insert("Resource".to_owned(), patterns(&self.resources));
        object.extend(self.conditions.to_json().map(|conditions| ("Condition".to_owned(), conditions)));
        object
    }
}

/// The element `Condition`, which may be absent.
pub(super) fn conditions(members: &Members<'_>) -> Result<Conditions, PolicyError> {
    members.optional("Condition").map_or_else(|| Ok(Conditions::default()), |node| Conditions::read(&node))
}

fn patterns<T: Display>(patterns: &[T]) -> Value {
    one_or_more(patterns.iter().map(ToString::to_string))
}
