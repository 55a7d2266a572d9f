//! Accounts, users, groups, roles, access keys, passwords, policies and who has which, and who is signed in to the console. Rules and limits live in `ram`; nothing is deleted along with
//! something else here, as the API refuses to delete what is in use.

pub use access_keys::{AccessKeyRecord, AccessKeyStatus};
pub use accounts::AccountRecord;
pub use attachments::{Attachment, AttachmentTarget, Grant, PolicyName, PolicyType, TargetKind, UnknownWord};
pub use console_sessions::ConsoleSessionRecord;
pub use groups::GroupRecord;
pub use login_profiles::LoginProfileRecord;
pub use policies::PolicyRecord;
pub use policy_versions::PolicyVersionRecord;
pub use roles::RoleRecord;
pub use users::UserRecord;

mod access_keys;
mod accounts;
mod attachments;
mod console_sessions;
mod group_members;
mod groups;
mod login_profiles;
mod policies;
mod policy_versions;
mod roles;
mod users;
