//! Patterns of resources: `*`, or an ARN with wildcards in its parts.

use std::fmt;

use super::error::PolicyError;
use super::node::Node;
use super::pattern::Pattern;
use crate::identity::{Arn, parts};

/// Which resources a statement is about.
///
/// Each part is matched on its own, so a `*` in the region does not reach into the account. An empty service, region or account
/// is written for "unknown" and stands for `*` (ram.md 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResourcePattern {
    /// `*`.
    Any,
    /// `acs:…`.
    Arn { service: Pattern, region: Pattern, account: Pattern, relative_id: Pattern },
}

impl ResourcePattern {
    pub(super) fn read(node: &Node<'_>, text: &str) -> Result<Self, PolicyError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let form = "write \"*\" or acs:<service>:<region>:<account>:<relative-id>";
        let [service, region, account, relative_id] =
            parts(text)
                .filter(|[.., relative_id]| !relative_id.is_empty())
                .ok_or_else(|| node.refuse(format_args!("{text:?} is not a resource: {form}")))?;
        let part = |part: &str| if part.is_empty() { Pattern::any() } else { Pattern::new(part) };
        Ok(Self::Arn {
            service: part(service),
            region: part(region),
            account: part(account),
            relative_id: Pattern::new(relative_id),
        })
    }

    pub(super) fn matches(&self, arn: &Arn) -> bool {
        match self {
            Self::Any => true,
            Self::Arn { service, region, account, relative_id } => {
                service.matches(arn.service())
                    && region.matches(arn.region())
                    && account.matches(&arn.owner().to_string())
                    && relative_id.matches(arn.relative_id())
            }
        }
    }
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Arn { service, region, account, relative_id } => {
                write!(f, "acs:{service}:{region}:{account}:{relative_id}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn matches(pattern: &str, arn: &str) -> bool {
        let pattern = ResourcePattern::read(&Node::root(&Value::Null), pattern).unwrap();
        pattern.matches(&arn.parse().unwrap())
    }

    /// Every part decides alone; empty parts of a pattern are open; the last part keeps its colons.
    #[test]
    fn resources_match_part_by_part() {
        let key = "acs:kms:cn-hangzhou:1234567890123456:key/k-1";
        for good in [
            "*",
            "acs:*:*:*:*",
            "acs:kms:*:*:*",
            "acs:kms:::key/*",
            "acs:kms:cn-*:1234567890123456:key/k-1",
            "acs:kms:cn-hangzhou:1234567890123456:key/k-?",
        ] {
            assert!(matches(good, key), "{good}");
        }
        for other in [
            "acs:ecs:*:*:*",
            "acs:kms:cn-beijing:*:*",
            "acs:kms:*:1234567890123457:*",
            "acs:kms:*:*:key",
            "acs:kms:*:*:alias/*",
            "acs:KMS:*:*:*",
            "acs:kms:*:key/k-1:*",
        ] {
            assert!(!matches(other, key), "{other}");
        }
        assert!(matches("acs:ram::1234567890123456:role/ops", "acs:ram:*:1234567890123456:role/ops"));
        assert!(matches("acs:ram:*:system:policy/*", "acs:ram::system:policy/ReadOnlyAccess"));
        assert!(matches("acs:oss:*:*:b/*:x", "acs:oss:::b/y:x"));
    }

    #[test]
    fn other_text_is_no_resource_pattern() {
        for bad in ["", "**", "acs:*", "acs:kms:*:*", "acs:kms:*:*:", "arn:kms:*:*:*", "key/1", "ACS:kms:*:*:*"] {
            assert!(ResourcePattern::read(&Node::root(&Value::Null), bad).is_err(), "{bad}");
        }
    }
}
