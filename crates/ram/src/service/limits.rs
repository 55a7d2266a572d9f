//! How many of each there may be. Source: ram.md 2, "Limits 2021".

/// Users of an account.
pub(super) const USERS: u64 = 1000;
/// Roles of an account.
pub(super) const ROLES: u64 = 1000;
/// Groups of an account.
pub(super) const GROUPS: u64 = 50;
/// Custom policies of an account.
pub(super) const POLICIES: u64 = 1500;
/// Versions of a policy.
pub(super) const POLICY_VERSIONS: u64 = 5;
/// Access keys of a user, and of an account itself.
pub(super) const ACCESS_KEYS: u64 = 2;
/// System policies at one user, group or role.
pub(super) const SYSTEM_ATTACHMENTS: u64 = 20;
/// Custom policies at a user.
pub(super) const CUSTOM_ATTACHMENTS_USER: u64 = 10;
/// Custom policies at a group or role.
pub(super) const CUSTOM_ATTACHMENTS: u64 = 5;
