//! Signing in.

use catalog::{AccessKeyStatus, ConsoleSessionRecord, LoginProfileRecord, Write};
use crypto::Secret;

use super::attempts::Subject;
use super::session::{IDLE, LIFE};
use super::token::SessionToken;
use super::trail::{Event, SIGN_IN};
use crate::identity::{AccountId, AccountName, Principal};
use crate::keys::AccessKeyId;
use crate::service::authenticate::RequestFacts;
use crate::service::change::{account_id, damaged, owner};
use crate::service::error::{RamError, Result};
use crate::service::ram::Ram;

/// Sessions that a user, or an account itself, has at once; the oldest one ends when there is one more.
const SESSIONS_MAX: u32 = 20;

/// Why a time can be moved by a duration.
const NO_CALENDAR: &str = "a duration has no calendar units";

/// What somebody shows to sign in.
pub enum SignIn<'a> {
    /// An access key of a user or of the account itself.
    AccessKey {
        /// `AccessKeyId`.
        id: &'a str,
        /// `AccessKeySecret`.
        secret: &'a Secret,
    },
    /// A password.
    Password {
        /// The account: its 16 digits, or its name while no other account has it.
        account: &'a str,
        /// Name of the user; none, or an empty one, is the account itself.
        user: Option<&'a str>,
        /// The password.
        password: &'a Secret,
    },
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There is no such account, user or access key, it has no password, it is switched off, or password or secret is another one: one case
    /// on purpose.
    #[error("the account, the user, the access key or the password is not right")]
    Refused,
    /// A temporary key, which is for programs.
    #[error("a temporary access key is not for signing in")]
    TemporaryKey,
    /// There were too many failures; what was shown was not looked at.
    #[error("there were too many failed attempts; try again in {wait_s} s")]
    TooManyAttempts {
        /// In how many seconds another attempt is possible; at least 1.
        wait_s: u64,
    },
    /// The catalog, or the audit, failed; or too many passwords are being checked.
    #[error(transparent)]
    Failed(#[from] RamError),
}

/// Whose session is to be opened, and what proved it.
struct Proven {
    account: AccountId,
    principal: Principal,
    proof: Proof,
}

/// What was compared, to be found unchanged in the change that opens the session.
enum Proof {
    Password(Box<LoginProfileRecord>),
    AccessKey { id: AccessKeyId, wrapped: Vec<u8> },
}

impl Ram {
    /// Opens a session of the console. Success, and failure of somebody who exists, are written to the audit. The time that the refusal
    /// of a password takes does not say whether there is such a user; ids of access keys are no secret.
    ///
    /// Errors: [`SignInError`].
    pub async fn sign_in(
        &self,
        who: SignIn<'_>,
        facts: &RequestFacts,
    ) -> std::result::Result<SessionToken, SignInError> {
        match who {
            SignIn::AccessKey { id, secret } => self.sign_in_by_key(id, secret, facts).await,
            SignIn::Password { account, user, password } => {
                self.sign_in_by_password(account, user, password, facts).await
            }
        }
    }

    async fn sign_in_by_password(
        &self,
        account: &str,
        user: Option<&str>,
        password: &Secret,
        facts: &RequestFacts,
    ) -> std::result::Result<SessionToken, SignInError> {
        let id = self.account_named(account).await?;
        let subject = match id {
            Some(id) => Subject::of(&id.to_string(), user, facts.source_ip),
            None => Subject::of(account, user, facts.source_ip),
        };
        self.attempt(&subject, facts, self.by_password(id, user, password, facts)).await
    }

    async fn by_password(
        &self,
        account: Option<AccountId>,
        user: Option<&str>,
        password: &Secret,
        facts: &RequestFacts,
    ) -> std::result::Result<SessionToken, SignInError> {
        let found = match account {
            Some(id) => self.catalog.read().login_profile_by_name(user, &owner(id)).await.map_err(RamError::from)?,
            None => None,
        };
        let stored = found.as_ref().map(|profile| profile.password_hash.clone());
        let is_right = self.hashing.matches(password, stored).await?;
        let Some(profile) = found else { return Err(SignInError::Refused) };
        let proven = Proven::by_password(profile, user)?;
        if !is_right {
            self.write_failure(&proven, facts);
            return Err(SignInError::Refused);
        }
        self.open_session(&proven, facts).await
    }

    async fn sign_in_by_key(
        &self,
        id: &str,
        secret: &Secret,
        facts: &RequestFacts,
    ) -> std::result::Result<SessionToken, SignInError> {
        let subject = Subject::at(facts.source_ip);
        self.attempt(&subject, facts, self.by_key(id, secret, facts)).await
    }

    async fn by_key(
        &self,
        id: &str,
        secret: &Secret,
        facts: &RequestFacts,
    ) -> std::result::Result<SessionToken, SignInError> {
        let Ok(id) = id.parse::<AccessKeyId>() else { return Err(SignInError::Refused) };
        if id.is_temporary() {
            return Err(SignInError::TemporaryKey);
        }
        let Some(key) = self.known_key(&id, facts.now).await? else { return Err(SignInError::Refused) };
        let is_right = self.unwrap(&key.record)?.equals(secret);
        let proof = Proof::AccessKey { id, wrapped: key.record.secret.clone() };
        let proven = Proven { account: key.account, principal: key.principal, proof };
        if !is_right || key.record.status == AccessKeyStatus::Inactive {
            self.write_failure(&proven, facts);
            return Err(SignInError::Refused);
        }
        self.open_session(&proven, facts).await
    }

    /// Counts an attempt, makes it, and lets it count only when what was shown was refused.
    async fn attempt(
        &self,
        subject: &Subject,
        facts: &RequestFacts,
        attempt: impl Future<Output = std::result::Result<SessionToken, SignInError>>,
    ) -> std::result::Result<SessionToken, SignInError> {
        let begun = self.attempts.begin(subject, facts.now);
        begun.map_err(|too_many| SignInError::TooManyAttempts { wait_s: too_many.wait_s })?;
        let outcome = attempt.await;
        match &outcome {
            Ok(_) => self.attempts.succeeded(subject),
            Err(SignInError::Failed(_) | SignInError::TemporaryKey) => self.attempts.take_back(subject),
            Err(SignInError::Refused | SignInError::TooManyAttempts { .. }) => {}
        }
        outcome
    }

    /// The account of these digits, or the only one of this name. Whether one of these digits exists is not asked.
    async fn account_named(&self, text: &str) -> Result<Option<AccountId>> {
        if let Ok(id) = text.parse() {
            return Ok(Some(id));
        }
        let Ok(name) = text.parse::<AccountName>() else { return Ok(None) };
        match self.catalog.read().accounts_by_name(name.as_str()).await?.as_slice() {
            [account] => account_id(&account.id).map(Some),
            _ => Ok(None),
        }
    }

    async fn open_session(
        &self,
        proven: &Proven,
        facts: &RequestFacts,
    ) -> std::result::Result<SessionToken, SignInError> {
        let token = SessionToken::generate(&*self.random);
        let session = proven.session(&token, facts);
        // It changes nobody's rights: nothing is forgotten.
        let mut write = self.catalog.write().await.map_err(RamError::from)?;
        let outcome = insert_session(&mut write, proven, &session).await;
        if !write.finish(outcome).await? {
            return Err(SignInError::Refused);
        }
        self.write_event(&proven.event(SIGN_IN), facts).await?;
        Ok(token)
    }

    fn write_failure(&self, proven: &Proven, facts: &RequestFacts) {
        self.write_event_later(&proven.event(SIGN_IN).refused(), facts);
    }
}

/// `false` when what was compared is not there any more.
async fn insert_session(write: &mut Write, proven: &Proven, session: &ConsoleSessionRecord) -> Result<bool> {
    let (user_id, account) = (session.user_id.as_deref(), &session.account);
    let is_there = match &proven.proof {
        Proof::Password(profile) => {
            let found = write.read().login_profile_of_owner(user_id, account).await?;
            found.is_some_and(|found| found.password_hash == profile.password_hash)
        }
        Proof::AccessKey { id, wrapped } => {
            let found = write.read().access_key_by_id(id.as_str()).await?;
            found.is_some_and(|found| found.status == AccessKeyStatus::Active && found.secret == *wrapped)
        }
    };
    if !is_there {
        return Ok(false);
    }
    let now = session.created_at;
    // A good moment: the table of sessions must not grow for ever.
    write.console_sessions_purge(now, now.saturating_sub(IDLE).expect(NO_CALENDAR)).await?;
    write.console_session_insert(session).await?;
    write.console_sessions_trim(user_id, account, SESSIONS_MAX).await?;
    if let Some(user_id) = user_id {
        write.user_signed_in(user_id, now).await?;
    }
    Ok(true)
}

impl Proven {
    fn by_password(profile: LoginProfileRecord, user: Option<&str>) -> Result<Self> {
        let account = account_id(&profile.account)?;
        let principal = match (&profile.user_id, user) {
            (None, _) => Principal::Root,
            (Some(id), name) => {
                let name = name.unwrap_or_default();
                let id = id.parse().map_err(|_| damaged("user_id", id))?;
                Principal::User { name: name.parse().map_err(|_| damaged("name", name))?, id }
            }
        };
        Ok(Self { account, principal, proof: Proof::Password(Box::new(profile)) })
    }

    fn session(&self, token: &SessionToken, facts: &RequestFacts) -> ConsoleSessionRecord {
        let user_id = match &self.principal {
            Principal::User { id, .. } => Some(id.to_string()),
            Principal::Root | Principal::Session { .. } | Principal::Service(_) => None,
        };
        ConsoleSessionRecord {
            token_digest: token.digest(),
            account: owner(self.account),
            user_id,
            access_key_id: self.access_key_id().map(ToString::to_string),
            created_at: facts.now,
            last_used_at: facts.now,
            expires_at: facts.now.saturating_add(LIFE).expect(NO_CALENDAR),
        }
    }

    fn access_key_id(&self) -> Option<&AccessKeyId> {
        match &self.proof {
            Proof::Password(_) => None,
            Proof::AccessKey { id, .. } => Some(id),
        }
    }

    fn event(&self, action: &'static str) -> Event<'_> {
        Event::new(action, self.account, &self.principal, self.access_key_id())
    }
}
