//! Key policies. Grammar: kms.md 7.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::action::ActionPattern;
use super::condition::Conditions;
use super::document;
use super::error::PolicyError;
use super::node::{Members, Node, one_or_more};
use super::principal::{AccountPrincipal, Naming};
use super::resource::ResourcePattern;
use super::statement::{ELEMENTS, Effect, Statement};
use crate::identity::{AccountId, Identity};

/// Longest key policy: 32,768 bytes. Source: kms.md 7, SetKeyPolicy.
const BYTES_MAX: usize = 32_768;

/// Longest `Sid`, in characters. Source: kms.md 7.
const SID_CHARS_MAX: usize = 128;

/// Who may use one key, said at the key.
///
/// Its resource is always `*`: the key that has the policy. `FromStr` reads a document. Errors: [`PolicyError`]. `Display`
/// writes it in a canonical form, without white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPolicy {
    statements: Vec<KeyStatement>,
}

/// One statement of a key policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyStatement {
    sid: Option<String>,
    principals: Vec<AccountPrincipal>,
    statement: Statement,
}

impl KeyPolicy {
    /// What a key has that was made without a policy: its account may do everything, and decides by its own policies who
    /// else may.
    #[must_use]
    pub fn of_account(account: AccountId) -> Self {
        let statement = Statement {
            effect: Effect::Allow,
            actions: vec![ActionPattern::all_of("kms")],
            resources: vec![ResourcePattern::Any],
            conditions: Conditions::default(),
        };
        let principals = vec![AccountPrincipal::account(account)];
        Self { statements: vec![KeyStatement { sid: None, principals, statement }] }
    }

    pub(crate) fn statements(&self) -> &[KeyStatement] {
        &self.statements
    }
}

impl KeyStatement {
    fn read(node: &Node<'_>) -> Result<Self, PolicyError> {
        let [effect, action, resource, condition] = ELEMENTS;
        let members = node.members(&["Sid", effect, "Principal", action, resource, condition])?;
        let statement = Statement::of_members(&members)?;
        if statement.actions.iter().any(|action| !action.is_of("kms")) {
            return Err(members.required(action)?.refuse("a key policy speaks of kms:… only"));
        }
        if statement.resources != [ResourcePattern::Any] {
            return Err(members.required(resource)?.refuse("the resource of a key policy is [\"*\"]: its key"));
        }
        let principals = members.required("Principal")?.members(&["RAM"])?.required("RAM")?;
        Ok(Self { sid: sid(&members)?, principals: principals.texts(AccountPrincipal::read)?, statement })
    }

    pub(crate) fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    pub(crate) fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The strongest way in which the statement names this identity.
    pub(crate) fn naming(&self, identity: Identity<'_>) -> Naming {
        self.principals.iter().map(|principal| principal.naming(identity)).max().unwrap_or(Naming::No)
    }

    fn to_json(&self) -> Map<String, Value> {
        let mut object = self.statement.to_json();
        object.insert(
            "Principal".to_owned(),
            json!({ "RAM": one_or_more(self.principals.iter().map(ToString::to_string)) }),
        );
        object.extend(self.sid.as_ref().map(|sid| ("Sid".to_owned(), json!(sid))));
        object
    }
}

fn sid(members: &Members<'_>) -> Result<Option<String>, PolicyError> {
    let Some(node) = members.optional("Sid") else { return Ok(None) };
    let sid = node.text()?;
    if sid.chars().count() > SID_CHARS_MAX {
        return Err(node.refuse("a Sid has at most 128 characters"));
    }
    Ok(Some(sid.to_owned()))
}

impl FromStr for KeyPolicy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        document::read(text, BYTES_MAX, KeyStatement::read).map(|statements| Self { statements })
    }
}

impl fmt::Display for KeyPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&document::write(self.statements.iter().map(KeyStatement::to_json)))
    }
}
