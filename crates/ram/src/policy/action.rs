//! Actions: `<service>:<ApiName>`, and the patterns of policies.

use std::fmt;

use super::error::PolicyError;
use super::node::Node;
use super::pattern::Pattern;

/// An action that this program checks, such as `kms:Encrypt`. A constant of the program, never text from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Action(&'static str);

impl Action {
    /// `sts:AssumeRole`: what trust policies speak of.
    pub const ASSUME_ROLE: Self = Self::new("sts:AssumeRole");
    /// `kms:GetKeyPolicy`: a key policy cannot take it from the owner.
    pub const GET_KEY_POLICY: Self = Self::new("kms:GetKeyPolicy");
    /// `kms:SetKeyPolicy`: a key policy cannot take it from the owner.
    pub const SET_KEY_POLICY: Self = Self::new("kms:SetKeyPolicy");

    /// An action. In a constant, a wrong form does not compile.
    ///
    /// Panics unless `name` has one colon with text on both sides and no wildcards.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        let (mut colon, mut i) = (None, 0);
        while i < bytes.len() {
            assert!(bytes[i] != b'*' && bytes[i] != b'?', "an action has no wildcards");
            if bytes[i] == b':' {
                assert!(colon.is_none(), "an action has one colon");
                colon = Some(i);
            }
            i += 1;
        }
        assert!(
            matches!(colon, Some(at) if at > 0 && at + 1 < bytes.len()),
            "an action is written <service>:<ApiName>"
        );
        Self(name)
    }

    /// The action as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `*`, or `<service>:<ApiName>` with wildcards.
///
/// Matches without regard to case. ram.md leaves it open; the help page "Policy elements" says that case does not count in most
/// cases, and a Deny that misses for a letter would be worse than an Allow that hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionPattern(Pattern);

impl ActionPattern {
    pub(super) fn read(node: &Node<'_>, text: &str) -> Result<Self, PolicyError> {
        let part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'*' | b'?'))
        };
        let fits = text == "*" || text.split_once(':').is_some_and(|(service, api)| part(service) && part(api));
        if fits {
            Ok(Self(Pattern::new(text)))
        } else {
            Err(node.refuse(format_args!("{text:?} is not an action: write \"*\" or <service>:<ApiName>")))
        }
    }

    /// Every action of a service.
    pub(super) fn all_of(service: &str) -> Self {
        Self(Pattern::new(format!("{service}:*")))
    }

    /// Whether it can only match actions of this service.
    pub(super) fn is_of(&self, service: &str) -> bool {
        self.0.as_str().split_once(':').is_some_and(|(own, _)| own.eq_ignore_ascii_case(service))
    }

    pub(super) fn matches(&self, action: Action) -> bool {
        self.0.matches_ignoring_ascii_case(action.0)
    }
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn pattern(text: &str) -> Result<ActionPattern, PolicyError> {
        ActionPattern::read(&Node::root(&Value::Null), text)
    }

    /// Wildcards stay within their side of the colon, and case does not count.
    #[test]
    fn action_patterns_match_actions() {
        let encrypt = Action::new("kms:Encrypt");
        for good in ["*", "*:*", "kms:*", "kms:Encrypt", "KMS:encrypt", "k?s:Enc*", "*:Encrypt", "kms:*t"] {
            assert!(pattern(good).unwrap().matches(encrypt), "{good}");
        }
        for other in ["ecs:*", "kms:Encrypt?", "kms:E", "k:*", "kms:Decrypt", "*:kms"] {
            assert!(!pattern(other).unwrap().matches(encrypt), "{other}");
        }
    }

    #[test]
    fn other_text_is_no_action_pattern() {
        for bad in ["", ":", "kms", "kms:", ":Encrypt", "kms:Encrypt:x", "kms*", "kms Encrypt", "kms:Enc rypt", "**"] {
            assert!(pattern(bad).is_err(), "{bad}");
        }
    }
}
