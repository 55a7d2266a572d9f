//! Access keys of the account itself: made once at the first start, made anew by the operator of the host, or brought along.

use catalog::{AccessKeyRecord, AccessKeyStatus, Write};

use super::access_keys::{CREATE_ACCESS_KEY, DELETE_ACCESS_KEY, KeyOwner};
use super::change::{owner, require};
use super::error::{RamError, Result};
use super::ram::Ram;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn};
use crate::keys::AccessKey;

/// Lengths of secrets that are brought along: ours have 30 characters.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=128;

impl Ram {
    /// Removes all access keys of the account itself and makes one. Its secret is in the answer and never again. Asks for
    /// `ram:CreateAccessKey` and `ram:DeleteAccessKey` on `root`.
    ///
    /// Errors: `AccountNotFound`.
    pub async fn reset_root_access_key(&self, permit: &Permit) -> Result<AccessKey> {
        let root = Arn::of_root(permit.account());
        require(permit, CREATE_ACCESS_KEY, &root)?;
        require(permit, DELETE_ACCESS_KEY, &root)?;
        let key = AccessKey::for_user(&*self.random);
        let mut change = self.begin().await?;
        let outcome = self.replace_root_access_keys(&mut change.write, &key, permit.account()).await;
        change.finish(outcome).await?;
        Ok(key)
    }

    /// Makes this the access key of the account itself, for automation that knows it beforehand. Changes nothing when it is there
    /// already; the same id with another secret gets the new secret. Asks for `ram:CreateAccessKey` on `root`.
    ///
    /// Errors: `InvalidSecret`, `AccessKeyExists` for a user's or another account's id, `LimitExceeded`.
    pub async fn bootstrap_root_access_key(&self, permit: &Permit, key: &AccessKey) -> Result<()> {
        require(permit, CREATE_ACCESS_KEY, &Arn::of_root(permit.account()))?;
        let is_secret =
            SECRET_BYTES.contains(&key.secret.len()) && key.secret.expose().iter().all(u8::is_ascii_graphic);
        if !is_secret || key.id.is_temporary() {
            return Err(RamError::InvalidSecret);
        }
        let mut change = self.begin().await?;
        let outcome = self.bring_root_access_key(&mut change.write, key, permit.account()).await;
        change.finish(outcome).await
    }

    async fn replace_root_access_keys(&self, write: &mut Write, key: &AccessKey, account: AccountId) -> Result<()> {
        if write.read().account_by_id(&owner(account)).await?.is_none() {
            return Err(RamError::AccountNotFound(account));
        }
        let old = write.read().access_keys_of_owner(None, &owner(account)).await?;
        for key in old {
            write.console_sessions_end_of_access_key(&key.id).await?;
            write.access_key_delete(&key.id).await?;
        }
        self.insert_access_key(write, key, &KeyOwner::Root, account).await.map(drop)
    }

    async fn bring_root_access_key(&self, write: &mut Write, key: &AccessKey, account: AccountId) -> Result<()> {
        let Some(found) = write.read().access_key_by_id(key.id.as_str()).await? else {
            return self.insert_access_key(write, key, &KeyOwner::Root, account).await.map(drop);
        };
        if found.account != owner(account) || found.user_id.is_some() {
            return Err(RamError::AccessKeyExists(key.id.clone()));
        }
        let is_same = self.unwrap(&found).is_ok_and(|secret| secret.equals(&key.secret));
        if !is_same || found.status == AccessKeyStatus::Inactive {
            let key = AccessKeyRecord { secret: self.wrap(key), status: AccessKeyStatus::Active, ..found };
            write.console_sessions_end_of_access_key(&key.id).await?;
            write.access_key_update(&key).await?;
        }
        Ok(())
    }
}
