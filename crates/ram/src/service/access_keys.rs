//! Access keys of users and of the account itself. Source: ram.md 1, 2.

use catalog::{AccessKeyRecord, AccessKeyStatus, Read, Timestamp, Write};

use super::change::{damaged, owner, require};
use super::error::{Exceeded, RamError, Result};
use super::limits;
use super::ram::Ram;
use super::users::find_user;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn, Caller, Principal, UserName};
use crate::keys::{AccessKey, AccessKeyId};
use crate::policy::Action;

pub(super) const CREATE_ACCESS_KEY: Action = Action::new("ram:CreateAccessKey");
pub(super) const DELETE_ACCESS_KEY: Action = Action::new("ram:DeleteAccessKey");
const LIST_ACCESS_KEYS: Action = Action::new("ram:ListAccessKeys");
const UPDATE_ACCESS_KEY: Action = Action::new("ram:UpdateAccessKey");
const GET_ACCESS_KEY_LAST_USED: Action = Action::new("ram:GetAccessKeyLastUsed");

/// How often at most the use of one access key is written down, in milliseconds: 15 minutes.
const USE_NOTED_EVERY_MS: i64 = 15 * 60 * 1000;

/// Whose access keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOwner {
    /// The account itself.
    Root,
    /// A user.
    User(UserName),
}

/// An access key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKeyInfo {
    /// `AccessKeyId`.
    pub id: AccessKeyId,
    /// Whether it works.
    pub status: AccessKeyStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to a quarter of an hour.
    pub last_used_at: Option<Timestamp>,
}

impl KeyOwner {
    /// Whose keys a call means that names nobody: the caller's own.
    ///
    /// Errors: `NoOwnKeys` for a session or a service.
    pub fn of_caller(caller: &Caller) -> Result<Self> {
        match &caller.principal {
            Principal::Root => Ok(Self::Root),
            Principal::User { name, .. } => Ok(Self::User(name.clone())),
            Principal::Session { .. } | Principal::Service(_) => Err(RamError::NoOwnKeys),
        }
    }

    /// What calls about these keys ask for: `root` or `user/<name>`.
    #[must_use]
    pub fn arn(&self, account: AccountId) -> Arn {
        match self {
            Self::Root => Arn::of_root(account),
            Self::User(name) => Arn::of_user(account, name),
        }
    }

    /// Id of the user; `None` for the account itself.
    async fn user_id(&self, read: &mut Read<'_>, account: AccountId) -> Result<Option<String>> {
        match self {
            Self::Root => Ok(None),
            Self::User(name) => find_user(read, name, account).await.map(|user| Some(user.id)),
        }
    }
}

impl AccessKeyInfo {
    fn of(record: &AccessKeyRecord) -> Result<Self> {
        let id = record.id.parse().map_err(|_| damaged("id", &record.id))?;
        let AccessKeyRecord { status, created_at, last_used_at, .. } = *record;
        Ok(Self { id, status, created_at, last_used_at })
    }
}

impl Ram {
    /// Makes an access key. Its secret is in the answer and never again. Asks for the owner.
    ///
    /// Errors: `UserNotFound`, `LimitExceeded` for a third key.
    pub async fn create_access_key(&self, permit: &Permit, key_owner: &KeyOwner) -> Result<(AccessKey, AccessKeyInfo)> {
        require(permit, CREATE_ACCESS_KEY, &key_owner.arn(permit.account()))?;
        let key = AccessKey::for_user(&*self.random);
        let mut change = self.begin().await?;
        let outcome = self.insert_access_key(&mut change.write, &key, key_owner, permit.account()).await;
        let info = change.finish(outcome).await?;
        Ok((key, info))
    }

    /// The access keys of an owner, oldest first. Asks for the owner.
    ///
    /// Errors: `UserNotFound`.
    pub async fn list_access_keys(&self, permit: &Permit, key_owner: &KeyOwner) -> Result<Vec<AccessKeyInfo>> {
        require(permit, LIST_ACCESS_KEYS, &key_owner.arn(permit.account()))?;
        let mut read = self.catalog.read();
        let user_id = key_owner.user_id(&mut read, permit.account()).await?;
        let keys = read.access_keys_of_owner(user_id.as_deref(), &owner(permit.account())).await?;
        keys.iter().map(AccessKeyInfo::of).collect()
    }

    /// Switches an access key on or off, from the next request on. Off, it ends the console sessions that it opened. Asks for the owner.
    ///
    /// Errors: `UserNotFound`, `AccessKeyNotFound`.
    pub async fn update_access_key(
        &self,
        permit: &Permit,
        id: &AccessKeyId,
        key_owner: &KeyOwner,
        status: AccessKeyStatus,
    ) -> Result<()> {
        require(permit, UPDATE_ACCESS_KEY, &key_owner.arn(permit.account()))?;
        let mut change = self.begin().await?;
        let outcome = async {
            let key = find_access_key(&mut change.write.read(), id, key_owner, permit.account()).await?;
            if status == AccessKeyStatus::Inactive {
                change.write.console_sessions_end_of_access_key(&key.id).await?;
            }
            change.write.access_key_update(&AccessKeyRecord { status, ..key }).await?;
            Ok(())
        }
        .await;
        change.finish(outcome).await
    }

    /// Deletes an access key, and ends the console sessions that it opened. Asks for the owner.
    ///
    /// Errors: `UserNotFound`, `AccessKeyNotFound`.
    pub async fn delete_access_key(&self, permit: &Permit, id: &AccessKeyId, key_owner: &KeyOwner) -> Result<()> {
        require(permit, DELETE_ACCESS_KEY, &key_owner.arn(permit.account()))?;
        let mut change = self.begin().await?;
        let outcome = async {
            let key = find_access_key(&mut change.write.read(), id, key_owner, permit.account()).await?;
            change.write.console_sessions_end_of_access_key(&key.id).await?;
            change.write.access_key_delete(&key.id).await?;
            Ok(())
        }
        .await;
        change.finish(outcome).await
    }

    /// When an access key was last used; `None` when it never was. Asks for the owner.
    ///
    /// Errors: `UserNotFound`, `AccessKeyNotFound`.
    pub async fn access_key_last_used(
        &self,
        permit: &Permit,
        id: &AccessKeyId,
        key_owner: &KeyOwner,
    ) -> Result<Option<Timestamp>> {
        require(permit, GET_ACCESS_KEY_LAST_USED, &key_owner.arn(permit.account()))?;
        let key = find_access_key(&mut self.catalog.read(), id, key_owner, permit.account()).await?;
        Ok(key.last_used_at)
    }

    /// Notes that a request with a good signature came. Costs a commit at most every 15 minutes a key; takes no permit, as it is no
    /// wish of the caller.
    pub async fn note_access_key_used(&self, caller: &Caller) -> Result<()> {
        let Some(id) = caller.access_key_id.as_ref().filter(|id| !id.is_temporary()) else { return Ok(()) };
        let now = caller.request_time;
        let Some(key) = self.known_key(id, now).await? else { return Ok(()) };
        let is_noted =
            key.last_used_at.is_some_and(|at| now.as_millisecond() - at.as_millisecond() < USE_NOTED_EVERY_MS);
        if is_noted {
            return Ok(());
        }
        // Before it is written, so that of many requests at once the first one writes. It changes nobody's rights: nothing is forgotten.
        self.known_keys.change(id.as_str(), |key| key.last_used_at = Some(now));
        let mut write = self.catalog.write().await?;
        let outcome = write.access_key_used(id.as_str(), now).await;
        Ok(write.finish(outcome).await?)
    }

    pub(super) async fn insert_access_key(
        &self,
        write: &mut Write,
        key: &AccessKey,
        key_owner: &KeyOwner,
        account: AccountId,
    ) -> Result<AccessKeyInfo> {
        let user_id = key_owner.user_id(&mut write.read(), account).await?;
        let account = owner(account);
        let keys = write.read().access_keys_of_owner(user_id.as_deref(), &account).await?;
        if keys.len() as u64 >= limits::ACCESS_KEYS {
            return Err(RamError::LimitExceeded { what: Exceeded::AccessKeys, max: limits::ACCESS_KEYS });
        }
        let record = AccessKeyRecord {
            id: key.id.to_string(),
            account,
            user_id,
            secret: self.wrap(key),
            status: AccessKeyStatus::Active,
            created_at: self.clock.now(),
            last_used_at: None,
        };
        write.access_key_insert(&record).await?;
        AccessKeyInfo::of(&record)
    }
}

/// The access key, if it is this owner's: of others' keys it is not said that they exist.
async fn find_access_key(
    read: &mut Read<'_>,
    id: &AccessKeyId,
    key_owner: &KeyOwner,
    account: AccountId,
) -> Result<AccessKeyRecord> {
    let user_id = key_owner.user_id(read, account).await?;
    let found = read.access_key_by_id(id.as_str()).await?;
    let account = owner(account);
    let found = found.filter(|key| key.account == account && key.user_id == user_id);
    found.ok_or_else(|| RamError::AccessKeyNotFound(id.clone()))
}
