//! The codes of errors on the wire.

use super::RamError;
use crate::identity::{InvalidName, NameFault, NameKind};
use crate::policy::PolicyError;
use crate::service::attachments::Target;
use crate::service::password::PasswordField;
use crate::service::text::TextField;

impl RamError {
    /// Code of the RAM or STS API. Source: ram.md 3, and for passwords the pages of RAM 2015-05-01; what is
    /// not listed there follows its pattern and is our choice.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidName(error) => name_code(error),
            Self::InvalidVersionId(_) => "InvalidParameter.VersionId.Format",
            Self::InvalidRoleArn(_) => "InvalidParameter.RoleArn",
            Self::TextTooLong { field, .. } => match field {
                TextField::DisplayName => "InvalidParameter.DisplayName.Length",
                TextField::Comments => "InvalidParameter.Comments.Length",
                TextField::Email => "InvalidParameter.Email.Length",
                TextField::MobilePhone => "InvalidParameter.MobilePhone.Length",
                TextField::Description => "InvalidParameter.Description.Length",
            },
            Self::MalformedPolicy(PolicyError::TooLong { .. }) => "InvalidParameter.PolicyDocument.Length",
            Self::MalformedPolicy(PolicyError::Json { .. } | PolicyError::Grammar { .. }) => "MalformedPolicyDocument",
            Self::MalformedSessionPolicy(PolicyError::TooLong { .. }) => "InvalidParameter.PolicySize",
            Self::MalformedSessionPolicy(PolicyError::Json { .. } | PolicyError::Grammar { .. }) => {
                "InvalidParameter.PolicyGrammar"
            }
            Self::InvalidDuration { .. } => "InvalidParameter.DurationSeconds",
            Self::InvalidSessionMax { .. } => "InvalidParameter.MaxSessionDuration",
            Self::InvalidSecret => "InvalidParameter",
            Self::WeakPassword { field, .. } => match field {
                PasswordField::Password => "InvalidParameter.Password.TooWeak",
                PasswordField::NewPassword => "InvalidParameter.NewPassword.TooWeak",
            },
            Self::PasswordReused => "InvalidParameter.NewPassword.ReusePrevention",
            Self::OldPasswordIncorrect => "InvalidParameter.OldPassword.Incorrect",
            Self::NotAUser => "NotSupport.Account",
            Self::TooManyAttempts { .. } => "Throttling.User",
            Self::NoOwnKeys => "MissingParameter",
            Self::UserNotFound(_) => "EntityNotExist.User",
            Self::LoginProfileNotFound(_) => "EntityNotExist.User.LoginProfile",
            Self::AccessKeyNotFound(_) => "EntityNotExist.User.AccessKey",
            Self::GroupNotFound(_) => "EntityNotExist.Group",
            Self::RoleNotFound(_) => "EntityNotExist.Role",
            Self::PolicyNotFound(_) | Self::SystemPolicyNotFound(_) => "EntityNotExist.Policy",
            Self::PolicyVersionNotFound { .. } => "EntityNotExist.Policy.Version",
            Self::NotAttached { target, .. } => match target {
                Target::User(_) => "EntityNotExist.User.Policy",
                Target::Group(_) => "EntityNotExist.Group.Policy",
                Target::Role(_) => "EntityNotExist.Role.Policy",
            },
            Self::NotInGroup { .. } => "EntityNotExist.User.Group",
            Self::UserExists(_) => "EntityAlreadyExists.User",
            Self::LoginProfileExists(_) => "EntityAlreadyExists.User.LoginProfile",
            Self::AccessKeyExists(_) => "EntityAlreadyExists.User.AccessKey",
            Self::GroupExists(_) => "EntityAlreadyExists.Group",
            Self::RoleExists(_) => "EntityAlreadyExists.Role",
            Self::PolicyExists(_) => "EntityAlreadyExists.Policy",
            Self::AlreadyAttached { target, .. } => match target {
                Target::User(_) => "EntityAlreadyExists.User.Policy",
                Target::Group(_) => "EntityAlreadyExists.Group.Policy",
                Target::Role(_) => "EntityAlreadyExists.Role.Policy",
            },
            Self::AlreadyInGroup { .. } => "EntityAlreadyExists.User.Group",
            Self::DeleteConflict { conflict, .. } => conflict.code(),
            Self::LimitExceeded { what, .. } => what.code(),
            Self::Denied(_) => "NoPermission",
            // No call of the API makes or names accounts.
            Self::AccountNotFound(_) | Self::AccountExists(_) => "InternalError",
            Self::Busy => "ServiceUnavailable",
            Self::NotCovered { .. }
            | Self::SecretDamaged { .. }
            | Self::PasswordUnchecked(_)
            | Self::Unrecorded(_)
            | Self::Catalog(_) => "InternalError",
        }
    }
}

fn name_code(InvalidName { kind, fault, .. }: &InvalidName) -> &'static str {
    match (kind, fault) {
        (NameKind::User, NameFault::InvalidChars) => "InvalidParameter.UserName.InvalidChars",
        (NameKind::User, NameFault::Length) => "InvalidParameter.UserName.Length",
        (NameKind::Role, NameFault::InvalidChars) => "InvalidParameter.RoleName.InvalidChars",
        (NameKind::Role, NameFault::Length) => "InvalidParameter.RoleName.Length",
        (NameKind::Group, NameFault::InvalidChars) => "InvalidParameter.GroupName.InvalidChars",
        (NameKind::Group, NameFault::Length) => "InvalidParameter.GroupName.Length",
        (NameKind::Policy, NameFault::InvalidChars) => "InvalidParameter.PolicyName.InvalidChars",
        (NameKind::Policy, NameFault::Length) => "InvalidParameter.PolicyName.Length",
        (NameKind::Session, _) => "InvalidParameter.RoleSessionName",
        (NameKind::Account, _) => "InvalidParameter",
    }
}
