//! Who may do what: users, access keys, roles, policies; hands out `Permit`.
//!
//! ```text
//!   document ──policy──▶ IdentityPolicy, SessionPolicy, KeyPolicy, TrustPolicy ─┐
//!   Caller, Ask (action, resource), ConditionContext ──────────────────────────┴─evaluation──▶ Permit | Denial
//!
//!   keys:   access keys, and the security tokens of role sessions
//!   system: the policies and roles that every account is born with
//! ```
//!
//! Everything here is pure: time, randomness and stored records are arguments. A use case elsewhere takes a [`Permit`], which
//! only [`authorize`], [`authorize_assume_role`] and [`Permit::for_local_operator`] can make, so a forgotten check does not
//! compile.
//!
//! Deliberately absent: HTTP, wire codes, and the storage of users, keys and policies.

pub use evaluation::{
    Ask, AttachedPolicy, Decision, Denial, DenialKind, Permit, PolicySet, PolicyType, StatementRef, Verdict, authorize,
    authorize_assume_role, decide,
};
pub use identity::{
    AccountId, Arn, ArnOwner, Caller, EntityId, GroupName, Identity, InvalidAccountId, InvalidArn, InvalidEntityId,
    InvalidName, InvalidServiceName, NameFault, NameKind, PolicyName, Principal, RoleName, ServiceName, SessionName,
    UserName,
};
pub use policy::{
    Action, ConditionContext, Effect, IdentityPolicy, KeyPolicy, PolicyError, SessionPolicy, TrustPolicy,
};

pub mod keys;
pub mod system;
pub mod trail;

mod evaluation;
mod identity;
mod policy;
