//! Names of resources and identities: `acs:<service>:<region>:<account>:<relative-id>`.

use std::fmt;
use std::str::FromStr;

use catalog::Region;

use super::{AccountId, GroupName, PolicyName, RoleName, SessionName, UserName};
use crate::system::SystemPolicy;

/// Most bytes of an ARN. Ours: it holds an alias of 255 characters of 4 bytes, and bounds the work of matching.
const ARN_BYTES_MAX: usize = 1280;

/// One resource or identity.
///
/// Region is empty for global services. The relative id may hold `*` as plain text: a request for "any image" asks for
/// `image/*`, which only a pattern that covers all images matches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    service: String,
    region: String,
    owner: ArnOwner,
    relative_id: String,
}

/// The account part of an ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArnOwner {
    /// Empty: the resource belongs to no account.
    Nobody,
    /// `system`: system policies, which every account may use.
    System,
    /// The owner.
    Account(AccountId),
}

/// Kinds of things that RAM keeps, as they begin a relative id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// `user`.
    User,
    /// `group`.
    Group,
    /// `role`.
    Role,
    /// `policy`.
    Policy,
}

/// Text that is not an ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a resource is written as acs:<service>:<region>:<account>:<relative-id>, with an account of 16 digits")]
pub struct InvalidArn;

impl Arn {
    /// An ARN of these parts.
    ///
    /// Errors: `InvalidArn` for an empty service or relative id, a colon in service or region, a control character, and
    /// more than 1,280 bytes.
    pub fn new(
        service: impl Into<String>,
        region: impl Into<String>,
        owner: ArnOwner,
        relative_id: impl Into<String>,
    ) -> Result<Self, InvalidArn> {
        let arn = Self { service: service.into(), region: region.into(), owner, relative_id: relative_id.into() };
        let name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*'));
        let fits = name(&arn.service)
            && name(&arn.region)
            && !arn.service.is_empty()
            && !arn.relative_id.is_empty()
            && !arn.relative_id.chars().any(char::is_control)
            && arn.service.len() + arn.region.len() + arn.relative_id.len() <= ARN_BYTES_MAX;
        if fits { Ok(arn) } else { Err(InvalidArn) }
    }

    /// The account itself: `acs:ram::<account>:root`.
    #[must_use]
    pub fn of_root(account: AccountId) -> Self {
        Self::of_identity(account, "root".to_owned())
    }

    /// A user: `acs:ram::<account>:user/<name>`.
    #[must_use]
    pub fn of_user(account: AccountId, name: &UserName) -> Self {
        Self::of_identity(account, format!("user/{name}"))
    }

    /// A role: `acs:ram::<account>:role/<name>`.
    #[must_use]
    pub fn of_role(account: AccountId, name: &RoleName) -> Self {
        Self::of_identity(account, format!("role/{name}"))
    }

    /// A group: `acs:ram::<account>:group/<name>`.
    #[must_use]
    pub fn of_group(account: AccountId, name: &GroupName) -> Self {
        Self::of_identity(account, format!("group/{name}"))
    }

    /// A custom policy: `acs:ram::<account>:policy/<name>`.
    #[must_use]
    pub fn of_custom_policy(account: AccountId, name: &PolicyName) -> Self {
        Self::of_identity(account, format!("policy/{name}"))
    }

    /// A system policy: `acs:ram::system:policy/<name>`.
    #[must_use]
    pub fn of_system_policy(policy: &SystemPolicy) -> Self {
        Self::of_ram(ArnOwner::System, format!("policy/{}", policy.name))
    }

    /// Any of a kind, which is what lists and makings ask for: `acs:ram::<account>:<kind>/*`.
    #[must_use]
    pub fn of_any(account: AccountId, kind: ResourceKind) -> Self {
        Self::of_identity(account, format!("{kind}/*"))
    }

    /// A session of a role: `acs:ram::<account>:assumed-role/<role>/<session>`, as GetCallerIdentity writes it.
    #[must_use]
    pub fn of_session(account: AccountId, role: &RoleName, session: &SessionName) -> Self {
        Self::of_identity(account, format!("assumed-role/{role}/{session}"))
    }

    /// KMS as a whole in one region: `acs:kms:<region>:<account>:*`.
    #[must_use]
    pub fn of_kms(account: AccountId, region: &Region) -> Self {
        let (owner, region) = (ArnOwner::Account(account), region.to_string());
        Self { service: "kms".to_owned(), region, owner, relative_id: "*".to_owned() }
    }

    /// All principals of an account: `acs:ram::<account>:*`.
    #[must_use]
    pub fn of_principals(account: AccountId) -> Self {
        Self::of_identity(account, "*".to_owned())
    }

    /// The audit of an account: `acs:actiontrail::<account>:*`.
    #[must_use]
    pub fn of_trail(account: AccountId) -> Self {
        let (owner, relative_id) = (ArnOwner::Account(account), "*".to_owned());
        Self { service: "actiontrail".to_owned(), region: String::new(), owner, relative_id }
    }

    fn of_identity(account: AccountId, relative_id: String) -> Self {
        Self::of_ram(ArnOwner::Account(account), relative_id)
    }

    fn of_ram(owner: ArnOwner, relative_id: String) -> Self {
        Self { service: "ram".to_owned(), region: String::new(), owner, relative_id }
    }

    /// The service, such as `kms`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The region; empty for global services.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Who owns it.
    #[must_use]
    pub fn owner(&self) -> ArnOwner {
        self.owner
    }

    /// What follows the account: `key/<id>`, `user/<name>`.
    #[must_use]
    pub fn relative_id(&self) -> &str {
        &self.relative_id
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Policy => "policy",
        })
    }
}

impl fmt::Display for ArnOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => Ok(()),
            Self::System => f.write_str("system"),
            Self::Account(account) => account.fmt(f),
        }
    }
}

impl FromStr for ArnOwner {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        match text {
            "" => Ok(Self::Nobody),
            "system" => Ok(Self::System),
            _ => text.parse().map(Self::Account).map_err(|_| InvalidArn),
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "acs:{}:{}:{}:{}", self.service, self.region, self.owner, self.relative_id)
    }
}

impl FromStr for Arn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let [service, region, owner, relative_id] = parts(text).ok_or(InvalidArn)?;
        Self::new(service, region, owner.parse()?, relative_id)
    }
}

/// The four parts behind `acs:`. The last one may hold colons.
pub(crate) fn parts(text: &str) -> Option<[&str; 4]> {
    let mut parts = text.strip_prefix("acs:")?.splitn(4, ':');
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "1234567890123456";

    /// What is accepted is written back unchanged.
    #[test]
    fn arns_come_back() {
        for text in [
            "acs:kms:cn-hangzhou:1234567890123456:key/05754286-3ba2-4fa6-8d41-4323aca6****",
            "acs:kms:cn-hangzhou:1234567890123456:key",
            "acs:ecs:cn-hangzhou:1234567890123456:image/*",
            "acs:ram::1234567890123456:root",
            "acs:ram:*:system:policy/AdministratorAccess",
            "acs:oss:::bucket/a:b:c",
            "acs:kms:cn-hangzhou:1234567890123456:alias/键",
        ] {
            assert_eq!(text.parse::<Arn>().map(|arn| arn.to_string()).as_deref(), Ok(text));
        }
    }

    /// Missing parts, wildcards in place of an account, control characters and excess are refused.
    #[test]
    fn other_text_is_not_an_arn() {
        let long = format!("acs:kms:r:{ACCOUNT}:alias/{}", "a".repeat(ARN_BYTES_MAX));
        for text in [
            "",
            "*",
            "acs:kms:cn-hangzhou:1234567890123456",
            "acs:kms:cn-hangzhou:1234567890123456:",
            "acs::cn-hangzhou:1234567890123456:key",
            "acs:kms:cn-hangzhou:*:key",
            "acs:kms:cn-hangzhou:123:key",
            "acs:kms:cn/hangzhou:1234567890123456:key",
            "arn:kms:cn-hangzhou:1234567890123456:key",
            "acs:kms:cn-hangzhou:1234567890123456:key\n",
            &long,
        ] {
            assert_eq!(text.parse::<Arn>(), Err(InvalidArn), "{text}");
        }
    }

    /// Identities have the forms of ram.md 1.
    #[test]
    fn identities_have_documented_forms() {
        let account = ACCOUNT.parse().unwrap();
        let (role, session) = ("ops".parse().unwrap(), "bob@laptop".parse().unwrap());
        let written = [
            Arn::of_root(account),
            Arn::of_user(account, &"bob".parse().unwrap()),
            Arn::of_role(account, &role),
            Arn::of_session(account, &role, &session),
        ];
        let wanted = ["root", "user/bob", "role/ops", "assumed-role/ops/bob@laptop"];
        for (arn, relative_id) in written.into_iter().zip(wanted) {
            let text = format!("acs:ram::{ACCOUNT}:{relative_id}");
            assert_eq!(arn.to_string(), text);
            assert_eq!(text.parse(), Ok(arn));
        }
    }
}
