//! Policies of users, groups, roles, and of one session.

use std::fmt;
use std::str::FromStr;

use super::document;
use super::error::PolicyError;
use super::statement::Statement;

/// Longest document of a custom policy: 6,144. Source: ram.md 2, CreatePolicy. The sources count characters; we count bytes,
/// which is the same for all but tags in other scripts.
const IDENTITY_BYTES_MAX: usize = 6144;

/// Longest `Policy` of AssumeRole: 2,048. Source: ram.md 2.
const SESSION_BYTES_MAX: usize = 2048;

/// What an identity may do: attached to a user, a group or a role.
///
/// `FromStr` reads a document. Errors: [`PolicyError`]. `Display` writes it in a canonical form, without white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityPolicy {
    statements: Vec<Statement>,
}

/// What narrows one session of a role: `Policy` of AssumeRole. It grants nothing by itself.
///
/// Reads and writes like [`IdentityPolicy`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPolicy {
    statements: Vec<Statement>,
}

impl IdentityPolicy {
    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

impl SessionPolicy {
    /// Reads what `Display` wrote. It may be longer than what a caller may send: a date in a short form, for example, is
    /// written in full.
    ///
    /// Errors: [`PolicyError`].
    pub(crate) fn from_canonical(text: &str) -> Result<Self, PolicyError> {
        document::read(text, 2 * SESSION_BYTES_MAX, Statement::read).map(|statements| Self { statements })
    }

    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

impl FromStr for IdentityPolicy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        document::read(text, IDENTITY_BYTES_MAX, Statement::read).map(|statements| Self { statements })
    }
}

impl FromStr for SessionPolicy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        document::read(text, SESSION_BYTES_MAX, Statement::read).map(|statements| Self { statements })
    }
}

impl fmt::Display for IdentityPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&document::write(self.statements.iter().map(Statement::to_json)))
    }
}

impl fmt::Display for SessionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&document::write(self.statements.iter().map(Statement::to_json)))
    }
}
