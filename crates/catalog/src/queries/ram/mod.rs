//! Accounts, users, groups, roles, access keys, policies and who has which. Rules and limits live in `ram`; nothing is deleted along with
//! something else here, as the API refuses to delete what is in use.

pub use access_keys::{AccessKeyRecord, AccessKeyStatus};
pub use accounts::AccountRecord;
pub use attachments::{Attachment, AttachmentTarget, Grant, PolicyName, PolicyType, TargetKind, UnknownWord};
pub use groups::GroupRecord;
pub use policies::PolicyRecord;
pub use policy_versions::PolicyVersionRecord;
pub use roles::RoleRecord;
pub use users::UserRecord;

mod access_keys;
mod accounts;
mod attachments;
mod group_members;
mod groups;
mod policies;
mod policy_versions;
mod roles;
mod users;
