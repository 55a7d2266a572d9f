//! Sessions: whose a token is, and the end of one.

use catalog::ConsoleSessionRecord;
use crypto::digest::Digest;
use jiff::{SignedDuration, Timestamp};

use super::token::digest_of;
use super::trail::{Event, SIGN_OUT};
use crate::identity::{AccountId, Principal};
use crate::keys::AccessKeyId;
use crate::service::authenticate::{Authenticated, RequestFacts};
use crate::service::change::{account_id, damaged};
use crate::service::error::{RamError, Result};
use crate::service::ram::Ram;

/// How long a session lasts, however much it is used.
pub(super) const LIFE: SignedDuration = SignedDuration::from_hours(12);

/// How long it lasts without use.
pub(super) const IDLE: SignedDuration = SignedDuration::from_mins(30);

/// How often at most the use of a session is written down.
const USE_NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSession {
    /// Who it is, for `authorize`. Without an access key where a password opened the session.
    pub caller: Authenticated,
    /// The password must be changed before anything else is done: whoever serves the console sees to it.
    pub password_reset_required: bool,
    /// When it ends, however much it is used. It ends earlier when nobody uses it for 30 minutes.
    pub expires_at: Timestamp,
}

/// What asks in a session's name. Only a person keeps a session alive: a page that is left open asks on and on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionUse {
    /// Somebody opens a page or sends a form.
    ByPerson,
    /// A script of a page that is open.
    ByScript,
}

/// Why a token belongs to nobody.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// There is no such session: it was signed out, its time is over, it was not used for 30 minutes, its password was changed, or its
    /// access key was switched off.
    #[error("the session is over; sign in again")]
    Over,
    /// The catalog failed.
    #[error(transparent)]
    Failed(#[from] RamError),
}

/// A session as it is remembered.
#[derive(Clone)]
pub(in crate::service) struct KnownSession {
    account: AccountId,
    principal: Principal,
    access_key_id: Option<AccessKeyId>,
    reset_required: bool,
    last_used_at: Timestamp,
    expires_at: Timestamp,
}

impl Ram {
    /// Whose a token is, now. Notes that a person used it, at most once a minute.
    ///
    /// A session that was ended through this process is over from the next request on; see the module of the service for others.
    ///
    /// Errors: [`SessionError`].
    pub async fn session(
        &self,
        token: &str,
        facts: &RequestFacts,
        used: SessionUse,
    ) -> std::result::Result<ConsoleSession, SessionError> {
        let digest = digest_of(token).ok_or(SessionError::Over)?;
        let session = self.known_session(&digest, facts.now).await?.ok_or(SessionError::Over)?;
        if session.is_over(facts.now) {
            return Err(SessionError::Over);
        }
        if used == SessionUse::ByPerson {
            // That it cannot be noted stops nobody: the session may end early.
            if let Err(error) = self.note_session_used(&digest, session.last_used_at, facts.now).await {
                tracing::warn!(%error, "the use of a console session is not noted");
            }
        }
        Ok(ConsoleSession {
            password_reset_required: session.reset_required,
            expires_at: session.expires_at,
            caller: Authenticated::signed_in(facts, session.account, session.principal, session.access_key_id),
        })
    }

    /// Ends a session. One that is over already is none.
    ///
    /// Errors: the catalog or the audit failed; the session may have ended.
    pub async fn sign_out(&self, token: &str, facts: &RequestFacts) -> Result<()> {
        let Some(digest) = digest_of(token) else { return Ok(()) };
        let Some(session) = self.known_session(&digest, facts.now).await? else { return Ok(()) };
        let mut change = self.begin().await?;
        let outcome = change.write.console_session_delete(&digest).await.map_err(RamError::from);
        if !change.finish(outcome).await? {
            return Ok(());
        }
        let event = Event::new(SIGN_OUT, session.account, &session.principal, session.access_key_id.as_ref());
        self.write_event(&event, facts).await
    }

    /// A session, from memory or from the catalog.
    async fn known_session(&self, digest: &Digest, now: Timestamp) -> Result<Option<KnownSession>> {
        if let Some(session) = self.known_sessions.value(digest, now) {
            return Ok(Some(session));
        }
        let epoch = self.known_sessions.epoch();
        let Some(record) = self.catalog.read().console_session_by_token(digest).await? else { return Ok(None) };
        let Some(session) = self.whose(&record).await? else { return Ok(None) };
        self.known_sessions.remember(*digest, session.clone(), 1, epoch, now);
        Ok(Some(session))
    }

    /// `None` when user or password were removed, with the session, since it was read.
    async fn whose(&self, record: &ConsoleSessionRecord) -> Result<Option<KnownSession>> {
        let Some(principal) = self.principal_of(record.user_id.as_deref()).await? else { return Ok(None) };
        let access_key_id = record.access_key_id.as_ref();
        let access_key_id =
            access_key_id.map(|id| id.parse::<AccessKeyId>().map_err(|_| damaged("access_key_id", id))).transpose()?;
        let reset_required = match access_key_id {
            Some(_) => false,
            None => {
                let (user_id, account) = (record.user_id.as_deref(), &record.account);
                let Some(profile) = self.catalog.read().login_profile_of_owner(user_id, account).await? else {
                    return Ok(None);
                };
                profile.reset_required
            }
        };
        let ConsoleSessionRecord { last_used_at, expires_at, .. } = *record;
        let account = account_id(&record.account)?;
        Ok(Some(KnownSession { account, principal, access_key_id, reset_required, last_used_at, expires_at }))
    }

    async fn note_session_used(&self, digest: &Digest, last_used_at: Timestamp, now: Timestamp) -> Result<()> {
        if now.duration_since(last_used_at) < USE_NOTED_EVERY {
            return Ok(());
        }
        // Before it is written, so that of many requests at once the first one writes. It changes nobody's rights: nothing is forgotten.
        self.known_sessions.change(digest, |session| session.last_used_at = now);
        let mut write = self.catalog.write().await?;
        let outcome = write.console_session_used(digest, now).await;
        Ok(write.finish(outcome).await?)
    }
}

impl KnownSession {
    fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at || now.duration_since(self.last_used_at) >= IDLE
    }
}
