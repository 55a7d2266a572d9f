//! Errors of `ram` in the words of the wire.

use ram::{
    Conflict, Exceeded, InvalidName, NameFault, NameKind, PasswordField, PolicyError, RamError, Target, TargetKind,
    TextField,
};

use crate::errors::{self, ErrorRow, Refusal};

/// The refusal for an error; what is no fault of the client is written to the log.
pub(crate) fn reported(error: &RamError, request_id: &str) -> Refusal {
    let refusal = Refusal::from(error);
    if refusal.row().status >= 500 {
        tracing::error!(request.id = request_id, error = %error, "access control failed");
    }
    refusal
}

impl From<RamError> for Refusal {
    fn from(error: RamError) -> Self {
        Self::from(&error)
    }
}

impl From<&RamError> for Refusal {
    fn from(error: &RamError) -> Self {
        let why = error.to_string();
        let named = |row: &'static ErrorRow, name: &dyn std::fmt::Display| Self::new(row, &[&name.to_string()]);
        let explained = |row: &'static ErrorRow| Self::new(row, &[&why]);
        match error {
            RamError::InvalidName(invalid) => explained(invalid_name(invalid)),
            RamError::InvalidVersionId(_) => explained(&errors::RAM_VERSION_ID),
            RamError::InvalidRoleArn(_) => explained(&errors::STS_ROLE_ARN),
            RamError::TextTooLong { field, .. } => explained(too_long(*field)),
            RamError::MalformedPolicy(PolicyError::TooLong { .. }) => explained(&errors::RAM_POLICY_LENGTH),
            RamError::MalformedPolicy(PolicyError::Json { .. } | PolicyError::Grammar { .. }) => {
                explained(&errors::RAM_MALFORMED_POLICY)
            }
            RamError::MalformedSessionPolicy(PolicyError::TooLong { .. }) => explained(&errors::STS_POLICY_SIZE),
            RamError::MalformedSessionPolicy(PolicyError::Json { .. } | PolicyError::Grammar { .. }) => {
                explained(&errors::STS_POLICY_GRAMMAR)
            }
            RamError::InvalidDuration { .. } => explained(&errors::STS_DURATION),
            RamError::InvalidSessionMax { .. } => explained(&errors::RAM_SESSION_DURATION),
            RamError::WeakPassword { field: PasswordField::Password, .. } => explained(&errors::RAM_WEAK_PASSWORD),
            RamError::WeakPassword { field: PasswordField::NewPassword, .. } => {
                explained(&errors::RAM_WEAK_NEW_PASSWORD)
            }
            RamError::PasswordReused => Self::new(&errors::RAM_PASSWORD_REUSED, &[]),
            RamError::OldPasswordIncorrect => Self::new(&errors::RAM_OLD_PASSWORD, &[]),
            RamError::NotAUser => Self::new(&errors::RAM_NOT_A_USER, &[]),
            RamError::TooManyAttempts { .. } => explained(&errors::RAM_TOO_MANY_ATTEMPTS),
            RamError::NoOwnKeys => Self::new(&errors::MISSING_PARAMETER, &["UserName"]),
            RamError::UserNotFound(name) => named(&errors::RAM_NO_USER, name),
            RamError::LoginProfileNotFound(name) => named(&errors::RAM_NO_LOGIN_PROFILE, name),
            RamError::AccessKeyNotFound(id) => named(&errors::RAM_NO_ACCESS_KEY, id),
            RamError::GroupNotFound(name) => named(&errors::RAM_NO_GROUP, name),
            RamError::RoleNotFound(name) => named(&errors::RAM_NO_ROLE, name),
            RamError::PolicyNotFound(policy) => named(&errors::RAM_NO_POLICY, policy),
            RamError::SystemPolicyNotFound(name) => named(&errors::RAM_NO_POLICY, name),
            RamError::PolicyVersionNotFound { .. } => explained(&errors::RAM_NO_POLICY_VERSION),
            RamError::NotAttached { target, .. } => explained(not_attached(target)),
            RamError::NotInGroup { .. } => explained(&errors::RAM_NO_USER_GROUP),
            RamError::UserExists(name) => named(&errors::RAM_USER_EXISTS, name),
            RamError::LoginProfileExists(name) => named(&errors::RAM_LOGIN_PROFILE_EXISTS, name),
            RamError::AccessKeyExists(id) => named(&errors::RAM_ACCESS_KEY_EXISTS, id),
            RamError::GroupExists(name) => named(&errors::RAM_GROUP_EXISTS, name),
            RamError::RoleExists(name) => named(&errors::RAM_ROLE_EXISTS, name),
            RamError::PolicyExists(name) => named(&errors::RAM_POLICY_EXISTS, name),
            RamError::AlreadyAttached { target, .. } => explained(attached(target)),
            RamError::AlreadyInGroup { .. } => explained(&errors::RAM_USER_GROUP_EXISTS),
            RamError::DeleteConflict { name, conflict } => named(conflict_row(*conflict), name),
            RamError::LimitExceeded { what, .. } => explained(limit(*what)),
            RamError::InvalidSecret => named(&errors::INVALID_PARAMETER, &"AccessKeySecret"),
            RamError::Busy => Self::new(&errors::SERVICE_UNAVAILABLE, &[]),
            RamError::Catalog(_) if error.is_temporary() => Self::new(&errors::SERVICE_UNAVAILABLE, &[]),
            // The gate answers a denial before `ram` is called; accounts are made and named by the operator of the host only.
            RamError::Denied(_)
            | RamError::AccountNotFound(_)
            | RamError::AccountExists(_)
            | RamError::NotCovered { .. }
            | RamError::SecretDamaged { .. }
            | RamError::PasswordUnchecked(_)
            | RamError::Unrecorded(_)
            | RamError::Catalog(_) => Self::new(&errors::INTERNAL_ERROR, &[]),
        }
    }
}

fn invalid_name(InvalidName { kind, fault, .. }: &InvalidName) -> &'static ErrorRow {
    match (kind, fault) {
        (NameKind::User, NameFault::InvalidChars) => &errors::RAM_USER_NAME_CHARS,
        (NameKind::User, NameFault::Length) => &errors::RAM_USER_NAME_LENGTH,
        (NameKind::Role, NameFault::InvalidChars) => &errors::RAM_ROLE_NAME_CHARS,
        (NameKind::Role, NameFault::Length) => &errors::RAM_ROLE_NAME_LENGTH,
        (NameKind::Group, NameFault::InvalidChars) => &errors::RAM_GROUP_NAME_CHARS,
        (NameKind::Group, NameFault::Length) => &errors::RAM_GROUP_NAME_LENGTH,
        (NameKind::Policy, NameFault::InvalidChars) => &errors::RAM_POLICY_NAME_CHARS,
        (NameKind::Policy, NameFault::Length) => &errors::RAM_POLICY_NAME_LENGTH,
        (NameKind::Session, _) => &errors::STS_SESSION_NAME,
        (NameKind::Account, _) => &errors::INVALID_PARAMETER,
    }
}

fn too_long(field: TextField) -> &'static ErrorRow {
    match field {
        TextField::DisplayName => &errors::RAM_DISPLAY_NAME_LENGTH,
        TextField::Comments => &errors::RAM_COMMENTS_LENGTH,
        TextField::Email => &errors::RAM_EMAIL_LENGTH,
        TextField::MobilePhone => &errors::RAM_MOBILE_PHONE_LENGTH,
        TextField::Description => &errors::RAM_DESCRIPTION_LENGTH,
    }
}

fn not_attached(target: &Target) -> &'static ErrorRow {
    match target {
        Target::User(_) => &errors::RAM_NO_USER_POLICY,
        Target::Group(_) => &errors::RAM_NO_GROUP_POLICY,
        Target::Role(_) => &errors::RAM_NO_ROLE_POLICY,
    }
}

fn attached(target: &Target) -> &'static ErrorRow {
    match target {
        Target::User(_) => &errors::RAM_USER_POLICY_EXISTS,
        Target::Group(_) => &errors::RAM_GROUP_POLICY_EXISTS,
        Target::Role(_) => &errors::RAM_ROLE_POLICY_EXISTS,
    }
}

fn conflict_row(conflict: Conflict) -> &'static ErrorRow {
    match conflict {
        Conflict::UserAccessKey => &errors::RAM_CONFLICT_USER_ACCESS_KEY,
        Conflict::UserLoginProfile => &errors::RAM_CONFLICT_USER_LOGIN_PROFILE,
        Conflict::UserGroup => &errors::RAM_CONFLICT_USER_GROUP,
        Conflict::UserPolicy => &errors::RAM_CONFLICT_USER_POLICY,
        Conflict::GroupUser => &errors::RAM_CONFLICT_GROUP_USER,
        Conflict::GroupPolicy => &errors::RAM_CONFLICT_GROUP_POLICY,
        Conflict::RolePolicy => &errors::RAM_CONFLICT_ROLE_POLICY,
        Conflict::PolicyAttached(TargetKind::User) => &errors::RAM_CONFLICT_POLICY_USER,
        Conflict::PolicyAttached(TargetKind::Group) => &errors::RAM_CONFLICT_POLICY_GROUP,
        Conflict::PolicyAttached(TargetKind::Role) => &errors::RAM_CONFLICT_POLICY_ROLE,
        Conflict::PolicyVersions => &errors::RAM_CONFLICT_POLICY_VERSION,
        Conflict::DefaultVersion => &errors::RAM_CONFLICT_POLICY_DEFAULT,
    }
}

fn limit(what: Exceeded) -> &'static ErrorRow {
    match what {
        Exceeded::Users => &errors::RAM_LIMIT_USERS,
        Exceeded::AccessKeys => &errors::RAM_LIMIT_ACCESS_KEYS,
        Exceeded::Groups => &errors::RAM_LIMIT_GROUPS,
        Exceeded::Roles => &errors::RAM_LIMIT_ROLES,
        Exceeded::Policies => &errors::RAM_LIMIT_POLICIES,
        Exceeded::PolicyVersions => &errors::RAM_LIMIT_POLICY_VERSIONS,
        Exceeded::Attachments(TargetKind::User) => &errors::RAM_LIMIT_USER_POLICIES,
        Exceeded::Attachments(TargetKind::Group) => &errors::RAM_LIMIT_GROUP_POLICIES,
        Exceeded::Attachments(TargetKind::Role) => &errors::RAM_LIMIT_ROLE_POLICIES,
    }
}

#[cfg(test)]
mod tests {
    use ram::keys::AccessKeyId;
    use ram::{GroupName, PasswordFault, PolicyName, PolicyRef, RoleName, SessionName, UserName};

    use super::*;

    fn samples() -> Vec<RamError> {
        let (user, group): (UserName, GroupName) = ("bob".parse().unwrap(), "dev".parse().unwrap());
        let (role, name): (RoleName, PolicyName) = ("ops".parse().unwrap(), "p".parse().unwrap());
        let (id, policy): (AccessKeyId, _) = ("LTAIbob000000001".parse().unwrap(), PolicyRef::Custom(name.clone()));
        let targets = [Target::User(user.clone()), Target::Group(group.clone()), Target::Role(role.clone())];
        let kinds = [TargetKind::User, TargetKind::Group, TargetKind::Role];
        let documents =
            || [PolicyError::TooLong { found_bytes: 9, max_bytes: 8 }, PolicyError::Json { why: "x".to_owned() }];
        let conflicts = [
            Conflict::UserAccessKey,
            Conflict::UserLoginProfile,
            Conflict::UserGroup,
            Conflict::UserPolicy,
            Conflict::GroupUser,
            Conflict::GroupPolicy,
            Conflict::RolePolicy,
            Conflict::PolicyVersions,
            Conflict::DefaultVersion,
        ];
        let conflicts = conflicts.into_iter().chain(kinds.map(Conflict::PolicyAttached));
        let limits = [
            Exceeded::Users,
            Exceeded::AccessKeys,
            Exceeded::Groups,
            Exceeded::Roles,
            Exceeded::Policies,
            Exceeded::PolicyVersions,
        ];
        let limits = limits.into_iter().chain(kinds.map(Exceeded::Attachments));
        let fields = [
            TextField::DisplayName,
            TextField::Comments,
            TextField::Email,
            TextField::MobilePhone,
            TextField::Description,
        ];
        let mut samples = vec![
            "v0".parse::<ram::VersionId>().unwrap_err().into(),
            "x".parse::<ram::RoleArn>().unwrap_err().into(),
            "x".parse::<SessionName>().unwrap_err().into(),
            RamError::InvalidDuration { found: 1, min: 2, max: 3 },
            RamError::InvalidSessionMax { found: 1, min: 2, max: 3 },
            RamError::NoOwnKeys,
            RamError::InvalidSecret,
            RamError::PasswordReused,
            RamError::OldPasswordIncorrect,
            RamError::NotAUser,
            RamError::TooManyAttempts { wait_s: 1 },
            RamError::Busy,
            RamError::LoginProfileNotFound(user.clone()),
            RamError::LoginProfileExists(user.clone()),
            RamError::UserNotFound(user.clone()),
            RamError::AccessKeyNotFound(id.clone()),
            RamError::GroupNotFound(group.clone()),
            RamError::RoleNotFound(role.clone()),
            RamError::PolicyNotFound(policy.clone()),
            RamError::SystemPolicyNotFound(name.clone()),
            RamError::PolicyVersionNotFound { policy: policy.clone(), version: ram::VersionId::FIRST },
            RamError::NotInGroup { user: user.clone(), group: group.clone() },
            RamError::AlreadyInGroup { user: user.clone(), group: group.clone() },
            RamError::UserExists(user),
            RamError::AccessKeyExists(id),
            RamError::GroupExists(group),
            RamError::RoleExists(role),
            RamError::PolicyExists(name),
            RamError::SecretDamaged { access_key_id: "LTAIbob000000001".to_owned() },
        ];
        for text in ["", "?"] {
            samples.push(text.parse::<UserName>().unwrap_err().into());
            samples.push(text.parse::<GroupName>().unwrap_err().into());
            samples.push(text.parse::<RoleName>().unwrap_err().into());
            samples.push(text.parse::<PolicyName>().unwrap_err().into());
        }
        samples.extend(documents().map(RamError::MalformedPolicy));
        samples.extend(documents().map(RamError::MalformedSessionPolicy));
        samples.extend(fields.map(|field| RamError::TextTooLong { field, found: 9, max: 8 }));
        samples.extend(conflicts.map(|conflict| RamError::DeleteConflict { name: "x".to_owned(), conflict }));
        samples.extend(limits.map(|what| RamError::LimitExceeded { what, max: 1 }));
        let fields = [PasswordField::Password, PasswordField::NewPassword];
        samples.extend(fields.map(|field| RamError::WeakPassword { field, fault: PasswordFault::Length }));
        for target in targets {
            samples.push(RamError::NotAttached { policy: policy.clone(), target: target.clone() });
            samples.push(RamError::AlreadyAttached { policy: policy.clone(), target });
        }
        samples
    }

    /// The code that `ram` gives an error is the one on the wire.
    #[test]
    fn codes_are_those_of_ram() {
        let samples = samples();
        assert!(samples.len() > 60);
        for error in &samples {
            assert_eq!(Refusal::from(error).row().code, error.code(), "{error:?}");
        }
    }
}
