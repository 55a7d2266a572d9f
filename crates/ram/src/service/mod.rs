//! The use cases: identities and policies in the catalog, and the requests that are judged by them.
//!
//! ```text
//!   access key id, token ── authenticate ──▶ secret + Authenticated ── authorize ──▶ Permit ── use case ──▶ catalog
//!                                 │                                        │                        │
//!                                 └──────────── remembered for a moment ───┴────── forgotten ◀──────┘
//! ```
//!
//! - Every use case takes a [`Permit`](crate::Permit) and refuses one that does not cover its action and resource; the account is the
//!   permit's.
//! - Each change is one transaction: load, decide, apply.
//! - `authenticate`, `session` and `authorize` remember what they read. A change made through the same [`Ram`] is seen by the next request. A change
//!   made by another process on the same catalog is seen after [`REMEMBERED_S`] seconds at most.

pub use access_keys::{AccessKeyInfo, KeyOwner};
pub use assume_role::{AssumeRole, InvalidRoleArn, RoleArn, Session};
pub use attachments::{AttachedPolicyInfo, Entities, Entity, Target};
pub use authenticate::{AuthenticateError, Authenticated, CallerIdentity, IdentityType, RequestFacts};
pub use catalog::REMEMBERED_S;
pub use console::{ConsoleSession, SessionError, SessionToken, SessionUse, SignIn, SignInError};
pub use error::{Conflict, Exceeded, RamError, Result};
pub use groups::{GroupChange, NewGroup};
pub use login_profiles::LoginProfileChange;
pub use password::{PasswordFault, PasswordField};
pub use policies::{NewPolicy, PolicyInfo, PolicyRef};
pub use policy_versions::{InvalidVersionId, NewPolicyVersion, PolicyVersionInfo, RotateStrategy, VersionId};
pub use principals_allowed::{ACTIONS_ASKED_ABOUT, AllowedPrincipal, Question};
pub use ram::Ram;
pub use roles::{NewRole, RoleChange};
pub use text::TextField;
pub use users::{NewUser, UserChange};

mod access_keys;
mod accounts;
mod act_for_account;
mod assume_role;
mod attachments;
mod authenticate;
mod authorize;
mod change;
mod console;
mod entities;
mod error;
mod events;
mod groups;
mod key_secret;
mod limits;
mod login_profiles;
mod members;
mod own_password;
mod password;
mod policies;
mod policy_list;
mod policy_versions;
mod principals_allowed;
mod ram;
mod roles;
mod root_keys;
mod text;
mod users;
