//! Who sent a request, and how.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;

use super::{AccountId, Arn, EntityId, RoleName, SessionName, UserName};
use crate::keys::AccessKeyId;

/// The sender of a request, after its signature was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account that the principal belongs to; for a service, the account it works for.
    pub account: AccountId,
    /// Who in the account.
    pub principal: Principal,
    /// The key that signed; `None` where nothing was signed (a service, the command line on a data directory).
    pub access_key_id: Option<AccessKeyId>,
    /// Where the request came from; `None` for a service or the command line.
    pub source_ip: Option<IpAddr>,
    /// Whether it came over TLS.
    pub secure_transport: bool,
    /// When it arrived, by our clock.
    pub request_time: Timestamp,
}

/// Who acts within an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The account itself.
    Root,
    /// A RAM user.
    User {
        /// Its name, which may change.
        name: UserName,
        /// Its id, which does not.
        id: EntityId,
    },
    /// A session of a role.
    Session {
        /// The role.
        role: RoleName,
        /// The session.
        session: SessionName,
    },
    /// A service that acts for the account.
    Service(ServiceName),
}

/// Name of a service as trust policies write it, such as `ecs.aliyuncs.com`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceName(String);

/// Longest name of a service: that of a domain.
const SERVICE_NAME_BYTES_MAX: usize = 253;

/// Text that is not the name of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a service is written like ecs.aliyuncs.com")]
pub struct InvalidServiceName;

impl Caller {
    /// The caller as `GetCallerIdentity` and denials name it.
    #[must_use]
    pub fn identity(&self) -> Identity<'_> {
        Identity { account: self.account, principal: &self.principal }
    }
}

/// A principal together with its account. Displays as an ARN, and a service as `<account>@<service>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The account.
    pub account: AccountId,
    /// Who in it.
    pub principal: &'a Principal,
}

impl fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.account;
        match self.principal {
            Principal::Root => Arn::of_root(account).fmt(f),
            Principal::User { name, .. } => Arn::of_user(account, name).fmt(f),
            Principal::Session { role, session } => Arn::of_session(account, role, session).fmt(f),
            Principal::Service(name) => write!(f, "{account}@{name}"),
        }
    }
}

impl ServiceName {
    /// The name of a session in which the service works: `ecs-service`.
    #[must_use]
    pub fn session_name(&self) -> SessionName {
        let label = self.0.split('.').next().unwrap_or_default();
        // At most 64 characters; a label of a name has at least one.
        format!("{label:.48}-service").parse().expect("letters, digits and hyphens are the name of a session")
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ServiceName {
    type Err = InvalidServiceName;

    /// Takes a name in lower case with at least one dot.
    fn from_str(text: &str) -> Result<Self, InvalidServiceName> {
        let label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        };
        let fits = text.len() <= SERVICE_NAME_BYTES_MAX && text.contains('.') && text.split('.').all(label);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidServiceName) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of principal is named as the API names it.
    #[test]
    fn identities_are_displayed_as_the_api_does() {
        let account = "1234567890123456".parse().unwrap();
        let cases = [
            (Principal::Root, "acs:ram::1234567890123456:root"),
            (
                Principal::User { name: "bob".parse().unwrap(), id: "204398765432109876".parse().unwrap() },
                "acs:ram::1234567890123456:user/bob",
            ),
            (
                Principal::Session { role: "ops".parse().unwrap(), session: "s1".parse().unwrap() },
                "acs:ram::1234567890123456:assumed-role/ops/s1",
            ),
            (Principal::Service("ecs.aliyuncs.com".parse().unwrap()), "1234567890123456@ecs.aliyuncs.com"),
        ];
        for (principal, wanted) in cases {
            assert_eq!(Identity { account, principal: &principal }.to_string(), wanted);
        }
    }

    /// Names of services are host names, and nothing that could be taken for something else.
    #[test]
    fn services_are_host_names() {
        assert!("ecs.aliyuncs.com".parse::<ServiceName>().is_ok());
        for bad in ["", "ecs", "ecs..com", ".com", "ECS.aliyuncs.com", "*.aliyuncs.com", "1@ecs.aliyuncs.com"] {
            assert_eq!(bad.parse::<ServiceName>(), Err(InvalidServiceName), "{bad}");
        }
    }
}
