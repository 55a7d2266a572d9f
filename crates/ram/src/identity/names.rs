//! Names that people choose. Text becomes one of these at the edge and is not checked again.

use std::fmt;
use std::str::FromStr;

/// What a name is the name of. The wire codes `InvalidParameter.<kind>.<fault>` follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// `UserName`.
    User,
    /// `RoleName`.
    Role,
    /// `GroupName`.
    Group,
    /// `PolicyName`.
    Policy,
    /// `RoleSessionName` of AssumeRole.
    Session,
    /// Of an account: no call of the API takes one.
    Account,
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameFault {
    /// Too short or too long.
    Length,
    /// A character that names of this kind do not have.
    InvalidChars,
}

/// Text that is not a name of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a {kind} name has {min} to {max} characters of A-Z, a-z, 0-9 and {others}")]
pub struct InvalidName {
    /// What was wanted.
    pub kind: NameKind,
    /// What is wrong.
    pub fault: NameFault,
    min: usize,
    max: usize,
    others: &'static str,
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Role => "role",
            Self::Group => "group",
            Self::Policy => "policy",
            Self::Session => "role session",
            Self::Account => "account",
        })
    }
}

/// The rule of one kind of name.
struct Rule {
    kind: NameKind,
    min: usize,
    max: usize,
    /// Allowed besides letters and digits of ASCII.
    others: &'static str,
}

impl Rule {
    fn check(&self, text: &str) -> Result<(), InvalidName> {
        let Self { kind, min, max, others } = *self;
        let allowed = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
        let fault = if !text.chars().all(allowed) {
            NameFault::InvalidChars
        } else if !(min..=max).contains(&text.len()) {
            NameFault::Length
        } else {
            return Ok(());
        };
        Err(InvalidName { kind, fault, min, max, others })
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $min:literal to $max:literal, $others:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                const RULE: Rule = Rule { kind: NameKind::$kind, min: $min, max: $max, others: $others };
                RULE.check(text).map(|()| Self(text.to_owned()))
            }
        }
    };
}

name!(
    /// Name of a RAM user: 1 to 64 of `[A-Za-z0-9._-]`. Source: ram.md 1.
    UserName, User, 1 to 64, "._-"
);
name!(
    /// Name of a role: 1 to 64 of `[A-Za-z0-9.-]`. Source: ram.md 1.
    RoleName, Role, 1 to 64, ".-"
);
name!(
    /// Name of a group: 1 to 64 of `[A-Za-z0-9._-]`. The sources give no rule; it is that of users.
    GroupName, Group, 1 to 64, "._-"
);
name!(
    /// Name of a policy: 1 to 128 of `[A-Za-z0-9-]`. Source: ram.md 2, CreatePolicy.
    PolicyName, Policy, 1 to 128, "-"
);
name!(
    /// Name of a role's session: 2 to 64 of `[A-Za-z0-9.@_-]`. Source: ram.md 2, AssumeRole.
    SessionName, Session, 2 to 64, ".@_-"
);

name!(
    /// Name of an account, for people: 1 to 64 of `[A-Za-z0-9.@_-]`. Ours.
    AccountName, Account, 1 to 64, ".@_-"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn fault<T: FromStr<Err = InvalidName>>(text: &str) -> Option<NameFault> {
        text.parse::<T>().err().map(|error| error.fault)
    }

    /// Each kind has its own characters and lengths, and says which of the two is wrong.
    #[test]
    fn names_follow_the_rule_of_their_kind() {
        use NameFault::{InvalidChars, Length};
        let long = |len: usize| "a".repeat(len);
        let cases = [
            (fault::<UserName>("bob.b_1-x"), None),
            (fault::<UserName>(""), Some(Length)),
            (fault::<UserName>(&long(64)), None),
            (fault::<UserName>(&long(65)), Some(Length)),
            (fault::<UserName>("bob@x"), Some(InvalidChars)),
            (fault::<UserName>("b/b"), Some(InvalidChars)),
            (fault::<UserName>("b*"), Some(InvalidChars)),
            (fault::<UserName>("é"), Some(InvalidChars)),
            (fault::<RoleName>("ops.role-1"), None),
            (fault::<RoleName>("ops_role"), Some(InvalidChars)),
            (fault::<GroupName>("dev_ops"), None),
            (fault::<PolicyName>("read-only"), None),
            (fault::<PolicyName>("read.only"), Some(InvalidChars)),
            (fault::<PolicyName>(&long(128)), None),
            (fault::<PolicyName>(&long(129)), Some(Length)),
            (fault::<SessionName>("bob@laptop"), None),
            (fault::<SessionName>("b"), Some(Length)),
            (fault::<SessionName>("b:b"), Some(InvalidChars)),
            (fault::<AccountName>("a@example.com"), None),
            (fault::<AccountName>(""), Some(Length)),
            (fault::<AccountName>("a b"), Some(InvalidChars)),
        ];
        for (row, (found, wanted)) in cases.into_iter().enumerate() {
            assert_eq!(found, wanted, "row {row}");
        }
    }

    /// The message says what a good name looks like.
    #[test]
    fn messages_state_the_rule() {
        let error = "b".parse::<SessionName>().unwrap_err();
        assert_eq!(error.to_string(), "a role session name has 2 to 64 characters of A-Z, a-z, 0-9 and .@_-");
    }
}
