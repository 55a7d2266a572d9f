//! Policies attached to a user, a group or a role: the list, and those that may be added.

use serde_json::Value;

use super::{AccessWords, CHOICES_MAX, system_policies};
use crate::calls::{Product, Refusal};
use crate::change::Change;
use crate::form::Fields;
use crate::language::Language;
use crate::pages::own_keys::OtherTexts;
use crate::shown::{list, text};
use crate::visit::Visit;

/// What has policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    User,
    Group,
    Role,
}

/// What one of them has. Shown by `{% include "access/attached.html" %}`.
pub(super) struct Attached {
    pub(super) words: &'static AccessWords,
    pub(super) rows: Vec<AttachedPolicy>,
    /// `type/name` of all others.
    pub(super) others: Vec<String>,
    /// Whether there are more than are listed.
    pub(super) has_more: bool,
    pub(super) other_texts: &'static OtherTexts,
    /// Where its changes are sent: `attach` and `detach` are behind it.
    pub(super) address: String,
}

pub(super) struct AttachedPolicy {
    pub(super) name: String,
    pub(super) policy_type: String,
    pub(super) kind: &'static str,
    pub(super) description: String,
}

impl Holder {
    /// Parameter that names it.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Self::User => "UserName",
            Self::Group => "GroupName",
            Self::Role => "RoleName",
        }
    }

    fn list_action(self) -> &'static str {
        match self {
            Self::User => "ListPoliciesForUser",
            Self::Group => "ListPoliciesForGroup",
            Self::Role => "ListPoliciesForRole",
        }
    }

    fn attach_action(self) -> &'static str {
        match self {
            Self::User => "AttachPolicyToUser",
            Self::Group => "AttachPolicyToGroup",
            Self::Role => "AttachPolicyToRole",
        }
    }

    fn detach_action(self) -> &'static str {
        match self {
            Self::User => "DetachPolicyFromUser",
            Self::Group => "DetachPolicyFromGroup",
            Self::Role => "DetachPolicyFromRole",
        }
    }

    /// The call for `attach` or `detach` of the policy that the field `policy` names as `type/name`.
    pub(super) fn change(self, what: &str, name: &str, fields: &Fields) -> Option<Change> {
        let action = match what {
            "attach" => self.attach_action(),
            "detach" => self.detach_action(),
            _ => return None,
        };
        let (policy_type, policy) = fields.get("policy").split_once('/').unwrap_or_default();
        let own = (self.parameter(), name.to_owned());
        let policy = [("PolicyType", policy_type.to_owned()), ("PolicyName", policy.to_owned()), own];
        Some(Change::new(action, policy.into()))
    }
}

impl Attached {
    /// Asks for it. `address`: where changes are sent.
    pub(super) async fn look(visit: &Visit, holder: Holder, name: &str, address: String) -> Result<Self, Refusal> {
        let words = AccessWords::of(visit.language);
        let of_holder = [(holder.parameter(), name)];
        let (answer, all) = tokio::join!(
            visit.call(Product::Ram, holder.list_action(), &of_holder),
            visit.call(Product::Ram, "ListPolicies", &[("MaxItems", CHOICES_MAX)]),
        );
        let answer = answer?;
        let rows: Vec<_> =
            list(&answer, "Policies", "Policy").iter().map(|policy| attached(policy, visit.language)).collect();
        // Whoever may see what is attached need not be allowed to see what there is: then nothing can be chosen.
        let all = all.unwrap_or_default();
        let mut others: Vec<String> = list(&all, "Policies", "Policy").iter().map(named).collect();
        others.retain(|other| !rows.iter().any(|row| *other == format!("{}/{}", row.policy_type, row.name)));
        let has_more = all["IsTruncated"] == true;
        Ok(Self { words, rows, others, has_more, other_texts: OtherTexts::of(visit.language), address })
    }
}

/// `type/name`.
fn named(policy: &Value) -> String {
    format!("{}/{}", text(policy, "PolicyType"), text(policy, "PolicyName"))
}

fn attached(policy: &Value, language: Language) -> AttachedPolicy {
    let (policy_type, words) = (text(policy, "PolicyType"), AccessWords::of(language));
    AttachedPolicy {
        name: text(policy, "PolicyName"),
        kind: words.policy_type(&policy_type),
        policy_type,
        description: system_policies::description(policy, language),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy is named by its type and name; a field that names none leads to a refusal of the API, not to another policy.
    #[test]
    fn a_policy_is_attached_by_type_and_name() {
        let fields = Fields::read(b"policy=System%2FReadOnlyAccess").unwrap();
        let change = Holder::Role.change("attach", "ops", &fields).unwrap();
        assert_eq!(change.written(), "AttachPolicyToRole PolicyType=System PolicyName=ReadOnlyAccess RoleName=ops");
        assert_eq!(Holder::User.change("detach", "bob", &fields).unwrap().action, "DetachPolicyFromUser");
        assert_eq!(Holder::User.change("x", "bob", &fields), None);
        assert_eq!(Holder::Group.change("attach", "dev", &Fields::default()).unwrap().parameters[0].1, "");
    }
}
