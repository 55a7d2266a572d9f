//! Passwords of users, which whoever administers them sets, and of the account itself. Source: the pages CreateLoginProfile,
//! GetLoginProfile, UpdateLoginProfile and DeleteLoginProfile of RAM 2015-05-01.
//!
//! A password that is changed or removed ends the sessions that it opened, in the same change.

use catalog::{LoginProfileRecord, Read, Write};
use crypto::Secret;

use super::change::{owner, require};
use super::error::{RamError, Result};
use super::password::{self, PasswordField};
use super::ram::Ram;
use super::users::find_user;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn, UserName};
use crate::policy::Action;

const CREATE_LOGIN_PROFILE: Action = Action::new("ram:CreateLoginProfile");
const GET_LOGIN_PROFILE: Action = Action::new("ram:GetLoginProfile");
const UPDATE_LOGIN_PROFILE: Action = Action::new("ram:UpdateLoginProfile");
const DELETE_LOGIN_PROFILE: Action = Action::new("ram:DeleteLoginProfile");

/// What is to change; `None` stays as it is.
pub struct LoginProfileChange {
    /// The new password.
    pub password: Option<Secret>,
    /// Whether the user must change it before anything else.
    pub reset_required: Option<bool>,
}

impl Ram {
    /// Gives a user a password for the console. Asks for `user/<name>`.
    ///
    /// Errors: `WeakPassword`, `UserNotFound`, `LoginProfileExists`, `Busy`.
    pub async fn create_login_profile(
        &self,
        permit: &Permit,
        name: &UserName,
        password: &Secret,
        reset_required: bool,
    ) -> Result<LoginProfileRecord> {
        require(permit, CREATE_LOGIN_PROFILE, &Arn::of_user(permit.account(), name))?;
        password::check(password, PasswordField::Password)?;
        let password_hash = self.hashing.hash(password, &self.random).await?;
        let mut change = self.begin().await?;
        let outcome = async {
            let write = &mut change.write;
            let user = find_user(&mut write.read(), name, permit.account()).await?;
            let now = self.clock.now();
            let profile = LoginProfileRecord {
                account: user.account,
                user_id: Some(user.id),
                password_hash,
                reset_required,
                created_at: now,
                updated_at: now,
            };
            let is_new = write.login_profile_insert(&profile).await?;
            if is_new { Ok(profile) } else { Err(RamError::LoginProfileExists(name.clone())) }
        }
        .await;
        change.finish(outcome).await
    }

    /// What is known of a user's password. Asks for `user/<name>`.
    ///
    /// Errors: `UserNotFound`, `LoginProfileNotFound`.
    pub async fn login_profile(&self, permit: &Permit, name: &UserName) -> Result<LoginProfileRecord> {
        require(permit, GET_LOGIN_PROFILE, &Arn::of_user(permit.account(), name))?;
        find_profile(&mut self.catalog.read(), name, permit.account()).await
    }

    /// Changes a user's password, or whether it must be changed. A new password ends the sessions of the old one. Asks for `user/<name>`.
    ///
    /// Errors: `WeakPassword`, `UserNotFound`, `LoginProfileNotFound`, `Busy`.
    pub async fn update_login_profile(
        &self,
        permit: &Permit,
        name: &UserName,
        to: &LoginProfileChange,
    ) -> Result<LoginProfileRecord> {
        require(permit, UPDATE_LOGIN_PROFILE, &Arn::of_user(permit.account(), name))?;
        let password_hash = match &to.password {
            Some(password) => {
                password::check(password, PasswordField::Password)?;
                Some(self.hashing.hash(password, &self.random).await?)
            }
            None => None,
        };
        let mut change = self.begin().await?;
        let outcome = async {
            let write = &mut change.write;
            let profile = find_profile(&mut write.read(), name, permit.account()).await?;
            let profile = LoginProfileRecord {
                password_hash: password_hash.unwrap_or_else(|| profile.password_hash.clone()),
                reset_required: to.reset_required.unwrap_or(profile.reset_required),
                updated_at: self.clock.now(),
                ..profile
            };
            write.login_profile_update(&profile).await?;
            if to.password.is_some() {
                write.console_sessions_end_of_password(profile.user_id.as_deref(), &profile.account).await?;
            }
            Ok(profile)
        }
        .await;
        change.finish(outcome).await
    }

    /// Takes a user's password away, and ends its sessions. Asks for `user/<name>`.
    ///
    /// Errors: `UserNotFound`, `LoginProfileNotFound`.
    pub async fn delete_login_profile(&self, permit: &Permit, name: &UserName) -> Result<()> {
        require(permit, DELETE_LOGIN_PROFILE, &Arn::of_user(permit.account(), name))?;
        let mut change = self.begin().await?;
        let outcome = async {
            let write = &mut change.write;
            let profile = find_profile(&mut write.read(), name, permit.account()).await?;
            let (user_id, account) = (profile.user_id.as_deref(), &profile.account);
            write.console_sessions_end_of_password(user_id, account).await?;
            write.login_profile_delete(user_id, account).await?;
            Ok(())
        }
        .await;
        change.finish(outcome).await
    }

    /// Gives the account itself a password, in place of the one it had, whose sessions end. Asks for `ram:CreateLoginProfile` on `root`,
    /// which no call of the API does: the operator of the host sets it.
    ///
    /// Errors: `WeakPassword`, `AccountNotFound`, `Busy`.
    pub async fn set_root_password(&self, permit: &Permit, password: &Secret) -> Result<()> {
        require(permit, CREATE_LOGIN_PROFILE, &Arn::of_root(permit.account()))?;
        password::check(password, PasswordField::Password)?;
        let password_hash = self.hashing.hash(password, &self.random).await?;
        let mut change = self.begin().await?;
        let outcome = self.put_root_password(&mut change.write, password_hash, permit.account()).await;
        change.finish(outcome).await
    }

    async fn put_root_password(&self, write: &mut Write, password_hash: String, account: AccountId) -> Result<()> {
        let (id, now) = (owner(account), self.clock.now());
        if write.read().account_by_id(&id).await?.is_none() {
            return Err(RamError::AccountNotFound(account));
        }
        write.console_sessions_end_of_password(None, &id).await?;
        write.login_profile_delete(None, &id).await?;
        let profile = LoginProfileRecord {
            account: id,
            user_id: None,
            password_hash,
            reset_required: false,
            created_at: now,
            updated_at: now,
        };
        write.login_profile_insert(&profile).await?;
        Ok(())
    }
}

/// The password of the user of this name.
pub(super) async fn find_profile(
    read: &mut Read<'_>,
    name: &UserName,
    account: AccountId,
) -> Result<LoginProfileRecord> {
    let user = find_user(read, name, account).await?;
    let found = read.login_profile_of_owner(Some(&user.id), &user.account).await?;
    found.ok_or_else(|| RamError::LoginProfileNotFound(name.clone()))
}
