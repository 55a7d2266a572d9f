use std::fmt;

use catalog::TargetKind;

/// What there may be no more of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exceeded {
    /// Users of the account.
    Users,
    /// Access keys of a user, or of the account itself.
    AccessKeys,
    /// Groups of the account.
    Groups,
    /// Roles of the account.
    Roles,
    /// Custom policies of the account.
    Policies,
    /// Versions of a policy.
    PolicyVersions,
    /// Policies of one type at something of this kind.
    Attachments(TargetKind),
}

impl Exceeded {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Users => "LimitExceeded.User",
            Self::AccessKeys => "LimitExceeded.User.AccessKey",
            Self::Groups => "LimitExceeded.Group",
            Self::Roles => "LimitExceeded.Role",
            Self::Policies => "LimitExceeded.Policy",
            Self::PolicyVersions => "LimitExceeded.Policy.Version",
            Self::Attachments(TargetKind::User) => "LimitExceeded.User.Policy",
            Self::Attachments(TargetKind::Group) => "LimitExceeded.Group.Policy",
            Self::Attachments(TargetKind::Role) => "LimitExceeded.Role.Policy",
        }
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Users => f.write_str("users"),
            Self::AccessKeys => f.write_str("access keys"),
            Self::Groups => f.write_str("groups"),
            Self::Roles => f.write_str("roles"),
            Self::Policies => f.write_str("custom policies"),
            Self::PolicyVersions => f.write_str("versions"),
            Self::Attachments(kind) => write!(f, "policies of this type at the {kind}"),
        }
    }
}
