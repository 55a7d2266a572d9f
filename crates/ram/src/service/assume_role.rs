//! AssumeRole: a temporary access key of a role. Source: ram.md 2, 5.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::change::{damaged, require};
use super::error::{RamError, Result};
use super::ram::Ram;
use super::roles::find_role;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn, ArnOwner, EntityId, RoleName, SessionName};
use crate::keys::{AccessKey, SecurityToken};
use crate::policy::{Action, SessionPolicy};

/// Shortest session, in seconds. Source: ram.md 2, DurationSeconds.
const DURATION_S_MIN: u32 = 900;

/// Session that is made when none is asked for, in seconds; every role allows it. Source: ram.md 2.
const DURATION_S: u32 = 3600;

/// `RoleArn`: `acs:ram::<account>:role/<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleArn {
    /// The account of the role, the caller's own or another.
    pub account: AccountId,
    /// The role.
    pub name: RoleName,
}

/// Text that does not name a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is written as acs:ram::<account>:role/<name>")]
pub struct InvalidRoleArn;

/// What kind of session is wanted.
#[derive(Debug, Clone)]
pub struct AssumeRole {
    /// Of which role.
    pub role: RoleArn,
    /// Name of the session, which audit shows.
    pub session: SessionName,
    /// Its length in seconds, from 900 up to that of the role; 3,600 when nothing is said.
    pub duration_s: Option<u32>,
    /// A [`SessionPolicy`] as text, which narrows the session.
    pub policy: Option<String>,
}

/// A session. The catalog keeps nothing of it: all that is to know is in the token.
pub struct Session {
    /// The temporary access key.
    pub key: AccessKey,
    /// `SecurityToken`, which goes with every request.
    pub security_token: String,
    /// `Expiration`.
    pub expires_at: Timestamp,
    /// `Arn` of `AssumedRoleUser`: `acs:ram::<account>:role/<role>/<session>`.
    pub arn: String,
    /// `AssumedRoleId`: `<roleId>:<session>`.
    pub assumed_role_id: String,
}

impl RoleArn {
    /// The role as an ARN.
    #[must_use]
    pub fn arn(&self) -> Arn {
        Arn::of_role(self.account, &self.name)
    }
}

impl TryFrom<&Arn> for RoleArn {
    type Error = InvalidRoleArn;

    fn try_from(arn: &Arn) -> std::result::Result<Self, InvalidRoleArn> {
        let ArnOwner::Account(account) = arn.owner() else { return Err(InvalidRoleArn) };
        let name = arn.relative_id().strip_prefix("role/").and_then(|name| name.parse().ok());
        let role = Self { account, name: name.ok_or(InvalidRoleArn)? };
        // Neither another service nor a region.
        if role.arn() == *arn { Ok(role) } else { Err(InvalidRoleArn) }
    }
}

impl FromStr for RoleArn {
    type Err = InvalidRoleArn;

    fn from_str(text: &str) -> std::result::Result<Self, InvalidRoleArn> {
        let arn: Arn = text.parse().map_err(|_| InvalidRoleArn)?;
        Self::try_from(&arn)
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.arn().fmt(f)
    }
}

impl Ram {
    /// Makes a session. Asks for `sts:AssumeRole` on the role, which [`Ram::authorize`] judges with its trust policy.
    ///
    /// Errors: `RoleNotFound`, `InvalidDuration`, `MalformedSessionPolicy`.
    pub async fn assume_role(&self, permit: &Permit, wanted: &AssumeRole) -> Result<Session> {
        let policy = wanted.policy.as_deref().map(str::parse::<SessionPolicy>).transpose();
        let policy = policy.map_err(RamError::MalformedSessionPolicy)?;
        let RoleArn { account, name } = &wanted.role;
        let arn = wanted.role.arn();
        if *account != permit.account() {
            // Of another account's roles it is not said whether they exist.
            require(permit, Action::ASSUME_ROLE, &arn)?;
        }
        let role = find_role(&mut self.catalog.read(), name, *account).await?;
        require(permit, Action::ASSUME_ROLE, &arn)?;
        let role_id: EntityId = role.id.parse().map_err(|_| damaged("id", &role.id))?;
        let duration_s = checked_duration(wanted.duration_s, role.session_s_max)?;
        Ok(self.new_session(wanted, role_id, policy, duration_s))
    }

    fn new_session(
        &self,
        wanted: &AssumeRole,
        role_id: EntityId,
        policy: Option<SessionPolicy>,
        duration_s: u32,
    ) -> Session {
        let AssumeRole { role: RoleArn { account, name }, session, .. } = wanted;
        let key = AccessKey::for_session(&*self.random);
        let now = self.clock.now().as_second();
        let end = now.saturating_add(duration_s.into());
        let expires_at = Timestamp::from_second(end).unwrap_or(Timestamp::MAX);
        let token = SecurityToken {
            account: *account,
            role: name.clone(),
            role_id,
            session: session.clone(),
            access_key_id: key.id.clone(),
            secret: key.secret.duplicate(),
            policy,
            expires_at,
        };
        Session {
            security_token: token.encode(&self.key, &*self.random),
            key,
            expires_at,
            arn: format!("{}/{session}", wanted.role),
            assumed_role_id: format!("{role_id}:{session}"),
        }
    }
}

fn checked_duration(wanted: Option<u32>, max: u32) -> Result<u32> {
    let duration_s = wanted.unwrap_or(DURATION_S);
    if (DURATION_S_MIN..=max).contains(&duration_s) {
        return Ok(duration_s);
    }
    Err(RamError::InvalidDuration { found: duration_s, min: DURATION_S_MIN, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only the one form names a role.
    #[test]
    fn role_arns_have_one_form() {
        let good = "acs:ram::1234567890123456:role/ops";
        assert_eq!(good.parse::<RoleArn>().unwrap().to_string(), good);
        for bad in [
            "",
            "ops",
            "acs:ram::1234567890123456:user/ops",
            "acs:ram::1234567890123456:role/",
            "acs:ram::1234567890123456:role/ops/s1",
            "acs:ram::system:role/ops",
            "acs:ram:cn-hangzhou:1234567890123456:role/ops",
            "acs:kms::1234567890123456:role/ops",
            "acs:ram::1234567890123456:role/o*",
        ] {
            assert_eq!(bad.parse::<RoleArn>(), Err(InvalidRoleArn), "{bad}");
        }
    }
}
