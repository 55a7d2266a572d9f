use std::fmt;

use catalog::TargetKind;

/// What hangs on something that was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conflict {
    /// The user has access keys.
    UserAccessKey,
    /// The user has a password.
    UserLoginProfile,
    /// The user is in groups.
    UserGroup,
    /// The user has policies.
    UserPolicy,
    /// The group has users.
    GroupUser,
    /// The group has policies.
    GroupPolicy,
    /// The role has policies.
    RolePolicy,
    /// Users, groups or roles have the policy; this kind is the first that was found.
    PolicyAttached(TargetKind),
    /// The policy has versions besides its default one.
    PolicyVersions,
    /// The version is the default one.
    DefaultVersion,
}

impl Conflict {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::UserAccessKey => "DeleteConflict.User.AccessKey",
            Self::UserLoginProfile => "DeleteConflict.User.LoginProfile",
            Self::UserGroup => "DeleteConflict.User.Group",
            Self::UserPolicy => "DeleteConflict.User.Policy",
            Self::GroupUser => "DeleteConflict.Group.User",
            Self::GroupPolicy => "DeleteConflict.Group.Policy",
            Self::RolePolicy => "DeleteConflict.Role.Policy",
            Self::PolicyAttached(TargetKind::User) => "DeleteConflict.Policy.User",
            Self::PolicyAttached(TargetKind::Group) => "DeleteConflict.Policy.Group",
            Self::PolicyAttached(TargetKind::Role) => "DeleteConflict.Policy.Role",
            Self::PolicyVersions => "DeleteConflict.Policy.Version",
            Self::DefaultVersion => "DeleteConflict.Policy.Version.Default",
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserAccessKey => f.write_str("it has access keys"),
            Self::UserLoginProfile => f.write_str("it has a login profile"),
            Self::UserGroup => f.write_str("it is in a group"),
            Self::UserPolicy | Self::GroupPolicy | Self::RolePolicy => f.write_str("policies are attached to it"),
            Self::GroupUser => f.write_str("users are in it"),
            Self::PolicyAttached(kind) => write!(f, "it is attached to a {kind}"),
            Self::PolicyVersions => f.write_str("it has versions besides the default one"),
            Self::DefaultVersion => f.write_str("it is the default version"),
        }
    }
}
