pub use conflict::Conflict;
pub use exceeded::Exceeded;

mod code;
mod conflict;
mod exceeded;

use catalog::CatalogError;
use crypto::CryptoError;

use super::assume_role::InvalidRoleArn;
use super::attachments::Target;
use super::password::{PasswordFault, PasswordField};
use super::policies::PolicyRef;
use super::policy_versions::{InvalidVersionId, VersionId};
use super::text::TextField;
use crate::evaluation::Denial;
use crate::identity::{AccountId, Arn, GroupName, InvalidName, PolicyName, RoleName, UserName};
use crate::keys::AccessKeyId;
use crate::policy::{Action, PolicyError};
use crate::trail::LedgerError;

/// Shorthand for what the use cases return.
pub type Result<T> = std::result::Result<T, RamError>;

/// Why a use case was refused or failed. No text holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum RamError {
    /// Text that is not a name of its kind.
    #[error(transparent)]
    InvalidName(#[from] InvalidName),
    /// Text that is not the id of a policy version.
    #[error(transparent)]
    InvalidVersionId(#[from] InvalidVersionId),
    /// Text that does not name a role.
    #[error(transparent)]
    InvalidRoleArn(#[from] InvalidRoleArn),
    /// A text for people that is too long.
    #[error("{field} has {found} characters; at most {max} are allowed")]
    TextTooLong {
        /// Which.
        field: TextField,
        /// Its characters.
        found: usize,
        /// What is allowed.
        max: usize,
    },
    /// A document that is not a policy.
    #[error(transparent)]
    MalformedPolicy(#[from] PolicyError),
    /// `Policy` of AssumeRole that is not a policy.
    #[error("the session policy is refused: {0}")]
    MalformedSessionPolicy(#[source] PolicyError),
    /// A session that is too short, or too long for its role.
    #[error("a session of {found} s was asked for; {min} to {max} s are allowed")]
    InvalidDuration {
        /// What was given, in seconds.
        found: u32,
        /// Shortest.
        min: u32,
        /// Longest, by the role.
        max: u32,
    },
    /// A role whose longest session is too short or too long.
    #[error("sessions of up to {found} s were asked for; {min} to {max} s are allowed")]
    InvalidSessionMax {
        /// What was given, in seconds.
        found: u32,
        /// Least.
        min: u32,
        /// Most.
        max: u32,
    },
    /// The secret of a key that is brought along cannot be one.
    #[error("an AccessKeySecret has 16 to 128 printable ASCII characters without spaces")]
    InvalidSecret,
    /// A new password that is too weak.
    #[error("the password is too weak: {fault}")]
    WeakPassword {
        /// Where it was given.
        field: PasswordField,
        /// What it lacks.
        fault: PasswordFault,
    },
    /// A new password that is the old one.
    #[error("the new password is the old one")]
    PasswordReused,
    /// Not the password that is to be changed.
    #[error("the old password is not right")]
    OldPasswordIncorrect,
    /// Only users have a password that they change by a call.
    #[error("only a user changes its own password")]
    NotAUser,
    /// There were too many failed attempts with this password.
    #[error("there were too many failed attempts; try again in {wait_s} s")]
    TooManyAttempts {
        /// In how many seconds another attempt is possible.
        wait_s: u64,
    },
    /// A session has no access keys of its own.
    #[error("a session of a role has no access keys: name a user")]
    NoOwnKeys,
    /// No such account.
    #[error("account {0} does not exist")]
    AccountNotFound(AccountId),
    /// No such user.
    #[error("user {0} does not exist")]
    UserNotFound(UserName),
    /// The user has no password.
    #[error("user {0} has no login profile")]
    LoginProfileNotFound(UserName),
    /// No such access key with this owner.
    #[error("access key {0} does not exist")]
    AccessKeyNotFound(AccessKeyId),
    /// No such group.
    #[error("group {0} does not exist")]
    GroupNotFound(GroupName),
    /// No such role.
    #[error("role {0} does not exist")]
    RoleNotFound(RoleName),
    /// No such policy of this type.
    #[error("{0} does not exist")]
    PolicyNotFound(PolicyRef),
    /// No system policy has this name.
    #[error("system policy {0} does not exist")]
    SystemPolicyNotFound(PolicyName),
    /// The policy has no such version.
    #[error("{policy} has no version {version}")]
    PolicyVersionNotFound {
        /// The policy.
        policy: PolicyRef,
        /// The version.
        version: VersionId,
    },
    /// The policy is not attached there.
    #[error("{policy} is not attached to {target}")]
    NotAttached {
        /// The policy.
        policy: PolicyRef,
        /// Where it was looked for.
        target: Target,
    },
    /// The user is not in the group.
    #[error("user {user} is not in group {group}")]
    NotInGroup {
        /// The user.
        user: UserName,
        /// The group.
        group: GroupName,
    },
    /// The number that was drawn for a new account is taken.
    #[error("account {0} exists already; try again")]
    AccountExists(AccountId),
    /// The name is taken.
    #[error("user {0} exists already")]
    UserExists(UserName),
    /// The user has a password already.
    #[error("user {0} has a login profile already")]
    LoginProfileExists(UserName),
    /// The id is taken.
    #[error("access key {0} exists already and belongs to somebody else")]
    AccessKeyExists(AccessKeyId),
    /// The name is taken.
    #[error("group {0} exists already")]
    GroupExists(GroupName),
    /// The name is taken.
    #[error("role {0} exists already")]
    RoleExists(RoleName),
    /// The name is taken.
    #[error("policy {0} exists already")]
    PolicyExists(PolicyName),
    /// The policy is attached there already.
    #[error("{policy} is attached to {target} already")]
    AlreadyAttached {
        /// The policy.
        policy: PolicyRef,
        /// Where.
        target: Target,
    },
    /// The user is in the group already.
    #[error("user {user} is in group {group} already")]
    AlreadyInGroup {
        /// The user.
        user: UserName,
        /// The group.
        group: GroupName,
    },
    /// Something else hangs on what was to be deleted.
    #[error("{name} cannot be deleted: {conflict}")]
    DeleteConflict {
        /// Name of what was to be deleted.
        name: String,
        /// What hangs on it.
        conflict: Conflict,
    },
    /// There may be no more of them.
    #[error("there are {max} {what} already, which is the limit")]
    LimitExceeded {
        /// Of what.
        what: Exceeded,
        /// The limit.
        max: u64,
    },
    /// The policies do not allow it.
    #[error(transparent)]
    Denied(#[from] Box<Denial>),
    /// A permit for something else: a mistake of the program, which asked for the wrong permit.
    #[error("the permit does not cover {action} on {resource}")]
    NotCovered {
        /// What it should cover.
        action: Action,
        /// On what.
        resource: Arn,
    },
    /// The secret of an access key does not open under our key.
    #[error("the stored secret of access key {access_key_id} is damaged, or was stored under another key")]
    SecretDamaged {
        /// The key.
        access_key_id: String,
    },
    /// Too many passwords are being checked at once. Nothing was done.
    #[error("too many passwords are being checked; try again in a moment")]
    Busy,
    /// A password could not be hashed or compared.
    #[error("the password could not be checked: {0}")]
    PasswordUnchecked(#[source] CryptoError),
    /// Who signed in or out could not be written down.
    #[error(transparent)]
    Unrecorded(LedgerError),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl RamError {
    /// Whether nothing was done and the same call may succeed in a moment.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::Catalog(CatalogError::Busy { .. }))
    }
}
