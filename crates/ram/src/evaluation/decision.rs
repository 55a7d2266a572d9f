//! What policies say to a request, and which statement said it.

use std::fmt;

use crate::policy::Effect;

/// The answer of a set of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Granted.
    Allow,
    /// Nothing grants it.
    ImplicitDeny,
    /// A statement forbids it.
    ExplicitDeny,
}

/// A kind of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyType {
    /// Policies of the user and its groups, or of the role.
    Identity,
    /// The policy given to AssumeRole.
    Session,
    /// The policy of a key.
    Key,
    /// A policy at another kind of resource. Reseal has none, so another account's resources stay closed.
    Resource,
    /// The trust policy of a role.
    Trust,
}

/// Where a statement stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StatementRef {
    /// Name of the policy, for identity policies; the others are the only one of their kind.
    pub policy: Option<String>,
    /// Its place in the document, counted from 0 as in messages of the parser.
    pub index: usize,
    /// Its name, if it has one.
    pub sid: Option<String>,
}

/// A verdict with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decision {
    /// What was decided.
    pub verdict: Verdict,
    /// The kind of policy that decided, or that should have allowed.
    pub policy_type: PolicyType,
    /// The statement that decided. `None` for an implicit deny, and for an account's right on what it owns.
    pub decided_by: Option<StatementRef>,
}

impl Decision {
    /// What statements that apply to a request decide: a Deny wins, then an Allow; of equal ones the first is named.
    pub(super) fn among(policy_type: PolicyType, matching: impl Iterator<Item = (Effect, StatementRef)>) -> Self {
        let mut decision = Self { verdict: Verdict::ImplicitDeny, policy_type, decided_by: None };
        for (effect, statement) in matching {
            match effect {
                Effect::Deny => {
                    return Self { verdict: Verdict::ExplicitDeny, policy_type, decided_by: Some(statement) };
                }
                Effect::Allow if decision.allows() => {}
                Effect::Allow => decision = Self { verdict: Verdict::Allow, policy_type, decided_by: Some(statement) },
            }
        }
        decision
    }

    /// Turns the silence of policies into a grant, for those who need none.
    pub(super) fn or_by_right(self) -> Self {
        match self.verdict {
            Verdict::ImplicitDeny => Self { verdict: Verdict::Allow, ..self },
            Verdict::Allow | Verdict::ExplicitDeny => self,
        }
    }

    /// Joins what the caller's side and the owner's side say.
    pub(super) fn join(identity: Self, owner: Self, both_needed: bool) -> Self {
        if identity.verdict == Verdict::ExplicitDeny {
            return identity;
        }
        if owner.verdict == Verdict::ExplicitDeny {
            return owner;
        }
        match (identity.allows(), owner.allows()) {
            (true, false) if both_needed => owner,
            (false, true) if !both_needed => owner,
            _ => identity,
        }
    }

    /// Whether the verdict is `Allow`.
    #[must_use]
    pub fn allows(&self) -> bool {
        self.verdict == Verdict::Allow
    }
}

impl fmt::Display for PolicyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity policy",
            Self::Session => "session policy",
            Self::Key => "key policy",
            Self::Resource => "resource policy",
            Self::Trust => "trust policy",
        })
    }
}

#[cfg(test)]
mod tests {
    use Verdict::{Allow, ExplicitDeny, ImplicitDeny};

    use super::*;

    fn decision(policy_type: PolicyType, verdict: Verdict) -> Decision {
        Decision { verdict, policy_type, decided_by: None }
    }

    /// Every pair of verdicts: on own resources either Allow is enough, on others both are needed, and Deny wins.
    #[test]
    fn two_sides_are_joined_as_ram_does() {
        let cases = [
            (Allow, Allow, Allow, Allow),
            (Allow, ImplicitDeny, Allow, ImplicitDeny),
            (Allow, ExplicitDeny, ExplicitDeny, ExplicitDeny),
            (ImplicitDeny, Allow, Allow, ImplicitDeny),
            (ImplicitDeny, ImplicitDeny, ImplicitDeny, ImplicitDeny),
            (ImplicitDeny, ExplicitDeny, ExplicitDeny, ExplicitDeny),
            (ExplicitDeny, Allow, ExplicitDeny, ExplicitDeny),
            (ExplicitDeny, ImplicitDeny, ExplicitDeny, ExplicitDeny),
            (ExplicitDeny, ExplicitDeny, ExplicitDeny, ExplicitDeny),
        ];
        for (identity, owner, one_is_enough, both_needed) in cases {
            let join = |both| {
                Decision::join(decision(PolicyType::Identity, identity), decision(PolicyType::Key, owner), both).verdict
            };
            assert_eq!((join(false), join(true)), (one_is_enough, both_needed), "{identity:?} {owner:?}");
        }
    }

    /// The side that is missing is the one that a denial names.
    #[test]
    fn the_missing_side_is_named() {
        let join = |identity, owner| {
            Decision::join(decision(PolicyType::Identity, identity), decision(PolicyType::Key, owner), true).policy_type
        };
        assert_eq!(join(Allow, ImplicitDeny), PolicyType::Key);
        assert_eq!(join(ImplicitDeny, Allow), PolicyType::Identity);
    }
}
