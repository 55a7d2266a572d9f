//! Who may do what: users, access keys, roles, policies; hands out `Permit`.
//!
//! ```text
//!   document ──policy──▶ IdentityPolicy, SessionPolicy, KeyPolicy, TrustPolicy ─┐
//!   Caller, Ask (action, resource), ConditionContext ──────────────────────────┴─evaluation──▶ Permit | Denial
//!
//!   service: the use cases on the catalog
//!   keys:    access keys, and the security tokens of role sessions
//!   system:  the policies and roles that every account is born with
//! ```
//!
//! Everything but `service` is pure: time, randomness and stored records are arguments. A use case, here or elsewhere, takes a
//! [`Permit`], which only [`authorize`], [`authorize_assume_role`], [`Permit::for_local_operator`] and
//! [`Permit::of_service_on_its_own`] can make, so a forgotten check does not compile.
//!
//! Deliberately absent: HTTP.

pub use catalog::{
    AccessKeyStatus, AfterName, GroupRecord, Listed, LoginProfileRecord, PolicyType as PolicyOrigin, RoleRecord,
    TargetKind, UserRecord,
};
pub use evaluation::{
    Ask, AttachedPolicy, Decision, Denial, DenialKind, Permit, PolicySet, PolicyType, StatementRef, Verdict, authorize,
    authorize_assume_role, decide,
};
pub use identity::{
    AccountId, AccountName, Arn, ArnOwner, Caller, EntityId, GroupName, Identity, InvalidAccountId, InvalidArn,
    InvalidEntityId, InvalidName, InvalidServiceName, NameFault, NameKind, PolicyName, Principal, ResourceKind,
    RoleName, ServiceName, SessionName, UserName,
};
pub use policy::{
    Action, ConditionContext, Effect, IdentityPolicy, KeyPolicy, PolicyError, SessionPolicy, TrustPolicy,
};

pub use service::{
    ACTIONS_ASKED_ABOUT, AccessKeyInfo, AllowedPrincipal, AssumeRole, AttachedPolicyInfo, AuthenticateError,
    Authenticated, CallerIdentity, Conflict, ConsoleSession, Entities, Entity, Exceeded, GroupChange, IdentityType,
    InvalidRoleArn, InvalidVersionId, KeyOwner, LoginProfileChange, NewGroup, NewPolicy, NewPolicyVersion, NewRole,
    NewUser, PasswordFault, PasswordField, PolicyInfo, PolicyRef, PolicyVersionInfo, Question, REMEMBERED_S, Ram,
    RamError, RequestFacts, Result, RoleArn, RoleChange, RotateStrategy, Session, SessionError, SessionToken,
    SessionUse, SignIn, SignInError, Target, TextField, UserChange, VersionId,
};

pub mod keys;
pub mod system;
pub mod trail;

mod evaluation;
mod identity;
mod policy;
mod service;
