//! From an access key id to the secret that must have signed, and to who it is.

use std::net::IpAddr;
use std::sync::Arc;

use catalog::{AccessKeyRecord, AccessKeyStatus, RoleRecord, Timestamp};
use crypto::Secret;

use super::change::{account_id, damaged};
use super::error::{RamError, Result};
use super::ram::Ram;
use crate::identity::{AccountId, Caller, EntityId, Principal};
use crate::keys::{AccessKeyId, SecurityToken, TokenError};
use crate::policy::SessionPolicy;

/// What the edge knows of a request.
#[derive(Debug, Clone, Copy)]
pub struct RequestFacts {
    /// Address of the peer.
    pub source_ip: Option<IpAddr>,
    /// Whether it came over TLS.
    pub secure_transport: bool,
    /// When it arrived.
    pub now: Timestamp,
}

/// Who calls. Only [`Ram::authenticate`] makes one, which is somebody's only after the signature was found good, and [`Ram::session`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    caller: Caller,
    pub(super) session: Option<SessionFacts>,
}

/// What is known of a session besides its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SessionFacts {
    pub(super) role_id: EntityId,
    pub(super) policy: Option<Arc<SessionPolicy>>,
}

/// Why there is no secret to check a signature with.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// No such access key.
    #[error("the access key does not exist")]
    NotFound,
    /// It was switched off.
    #[error("the access key is not active")]
    Inactive,
    /// A temporary key without its token.
    #[error("a temporary access key needs its security token")]
    TokenMissing,
    /// The session is over: its time has passed, or its role is gone.
    #[error("the security token has expired")]
    TokenExpired,
    /// Not a token of ours.
    #[error("the security token is not valid")]
    TokenMalformed,
    /// The token of another key, or a token with a key that has none.
    #[error("the security token does not belong to the access key")]
    TokenMismatch,
    /// Keys cannot be read.
    #[error(transparent)]
    Failed(#[from] RamError),
}

/// Answer of GetCallerIdentity. Source: ram.md 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// `AccountId`.
    pub account: AccountId,
    /// `Arn`.
    pub arn: String,
    /// `IdentityType`.
    pub identity_type: IdentityType,
    /// `PrincipalId`: of the user or account; `<roleId>:<session>` for a session.
    pub principal_id: String,
    /// `RoleId`, for a session.
    pub role_id: Option<EntityId>,
}

/// `IdentityType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityType {
    /// The account itself.
    Account,
    /// A user.
    RamUser,
    /// A session of a role.
    AssumedRoleUser,
}

/// An access key as it is remembered: with its secret still wrapped.
#[derive(Clone)]
pub(super) struct KnownKey {
    pub(super) record: Arc<AccessKeyRecord>,
    pub(super) account: AccountId,
    pub(super) principal: Principal,
    pub(super) last_used_at: Option<Timestamp>,
}

impl Authenticated {
    /// Somebody whose console session is open.
    pub(super) fn signed_in(
        facts: &RequestFacts,
        account: AccountId,
        principal: Principal,
        access_key_id: Option<AccessKeyId>,
    ) -> Self {
        Self { caller: facts.caller(account, principal, access_key_id), session: None }
    }

    /// Who it is.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Answers GetCallerIdentity, which needs no permission.
    #[must_use]
    pub fn identity(&self) -> CallerIdentity {
        let Caller { account, principal, .. } = &self.caller;
        let (identity_type, principal_id) = match principal {
            Principal::User { id, .. } => (IdentityType::RamUser, id.to_string()),
            Principal::Session { session, .. } => {
                let role_id = self.session.as_ref().map(|facts| facts.role_id.to_string()).unwrap_or_default();
                (IdentityType::AssumedRoleUser, format!("{role_id}:{session}"))
            }
            Principal::Root | Principal::Service(_) => (IdentityType::Account, account.to_string()),
        };
        CallerIdentity {
            account: *account,
            arn: self.caller.identity().to_string(),
            identity_type,
            principal_id,
            role_id: self.session.as_ref().map(|facts| facts.role_id),
        }
    }
}

impl Ram {
    /// The secret of an access key and whom it belongs to. `security_token`: as it was sent.
    ///
    /// A key that was switched off or deleted through this process is refused from the next request on; see the module for others.
    ///
    /// Errors: [`AuthenticateError`].
    pub async fn authenticate(
        &self,
        access_key_id: &str,
        security_token: Option<&str>,
        facts: &RequestFacts,
    ) -> std::result::Result<(Secret, Authenticated), AuthenticateError> {
        let id: AccessKeyId = access_key_id.parse().map_err(|_| AuthenticateError::NotFound)?;
        match (id.is_temporary(), security_token) {
            (true, Some(token)) => self.authenticate_session(id, token, facts).await,
            (true, None) => Err(AuthenticateError::TokenMissing),
            (false, Some(_)) => Err(AuthenticateError::TokenMismatch),
            (false, None) => self.authenticate_owner(id, facts).await,
        }
    }

    async fn authenticate_owner(
        &self,
        id: AccessKeyId,
        facts: &RequestFacts,
    ) -> std::result::Result<(Secret, Authenticated), AuthenticateError> {
        let key = self.known_key(&id, facts.now).await?.ok_or(AuthenticateError::NotFound)?;
        if key.record.status == AccessKeyStatus::Inactive {
            return Err(AuthenticateError::Inactive);
        }
        let secret = self.unwrap(&key.record)?;
        Ok((secret, Authenticated { caller: facts.caller(key.account, key.principal, Some(id)), session: None }))
    }

    async fn authenticate_session(
        &self,
        id: AccessKeyId,
        token: &str,
        facts: &RequestFacts,
    ) -> std::result::Result<(Secret, Authenticated), AuthenticateError> {
        let token = SecurityToken::decode(token, &self.key, facts.now).map_err(|error| match error {
            TokenError::NotAuthentic => AuthenticateError::TokenMalformed,
            TokenError::Expired => AuthenticateError::TokenExpired,
        })?;
        if token.access_key_id != id {
            return Err(AuthenticateError::TokenMismatch);
        }
        self.known_role(token.role_id, facts.now).await?.ok_or(AuthenticateError::TokenExpired)?;
        let principal = Principal::Session { role: token.role, session: token.session };
        let session = SessionFacts { role_id: token.role_id, policy: token.policy.map(Arc::new) };
        let caller = facts.caller(token.account, principal, Some(id));
        Ok((token.secret, Authenticated { caller, session: Some(session) }))
    }

    /// An access key, from memory or from the catalog.
    pub(super) async fn known_key(&self, id: &AccessKeyId, now: Timestamp) -> Result<Option<KnownKey>> {
        if let Some(key) = self.known_keys.value(id.as_str(), now) {
            return Ok(Some(key));
        }
        let epoch = self.known_keys.epoch();
        let Some(record) = self.catalog.read().access_key_by_id(id.as_str()).await? else { return Ok(None) };
        let Some(principal) = self.principal_of(record.user_id.as_deref()).await? else { return Ok(None) };
        let account = account_id(&record.account)?;
        let key = KnownKey { account, principal, last_used_at: record.last_used_at, record: Arc::new(record) };
        self.known_keys.remember(id.as_str(), key.clone(), 1, epoch, now);
        Ok(Some(key))
    }

    /// The owner of a key or session: the user of this id, or the account itself. `None` when the user was deleted, with what it had,
    /// since that was read.
    pub(super) async fn principal_of(&self, user_id: Option<&str>) -> Result<Option<Principal>> {
        let Some(user_id) = user_id else { return Ok(Some(Principal::Root)) };
        let Some(user) = self.catalog.read().user_by_id(user_id).await? else { return Ok(None) };
        let name = user.name.parse().map_err(|_| damaged("name", &user.name))?;
        let id = user.id.parse().map_err(|_| damaged("id", &user.id))?;
        Ok(Some(Principal::User { name, id }))
    }

    /// The role with this id, from memory or from the catalog.
    async fn known_role(&self, id: EntityId, now: Timestamp) -> Result<Option<Arc<RoleRecord>>> {
        let id = id.to_string();
        if let Some(role) = self.known_roles.value(&id, now) {
            return Ok(Some(role));
        }
        let epoch = self.known_roles.epoch();
        let Some(role) = self.catalog.read().role_by_id(&id).await?.map(Arc::new) else { return Ok(None) };
        self.known_roles.remember(&id, Arc::clone(&role), role.trust_document.len(), epoch, now);
        Ok(Some(role))
    }
}

impl RequestFacts {
    fn caller(&self, account: AccountId, principal: Principal, access_key_id: Option<AccessKeyId>) -> Caller {
        Caller {
            account,
            principal,
            access_key_id,
            source_ip: self.source_ip,
            secure_transport: self.secure_transport,
            request_time: self.now,
        }
    }
}
