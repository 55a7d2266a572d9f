//! A user's change of its own password. Source: the page ChangePassword of RAM 2015-05-01.

use catalog::LoginProfileRecord;
use crypto::Secret;

use super::console::{Subject, TooManyAttempts};
use super::error::{RamError, Result};
use super::login_profiles::find_profile;
use super::password::{self, PasswordField};
use super::ram::Ram;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Principal, UserName};

impl Ram {
    /// Changes the caller's own password; it need not be changed again, and the sessions of the old one end, also the one that this
    /// call comes from. Asks for nothing: the old password is the right, so a user without any policy can do what it must. Wrong old
    /// passwords count as failed sign-ins.
    ///
    /// Errors: `NotAUser` for the account itself and for sessions of roles, `WeakPassword`, `LoginProfileNotFound`, `OldPasswordIncorrect`,
    /// `PasswordReused`, `TooManyAttempts`, `Busy`.
    pub async fn change_password(&self, permit: &Permit, old: &Secret, new: &Secret) -> Result<()> {
        let caller = permit.caller();
        let Principal::User { name, .. } = &caller.principal else { return Err(RamError::NotAUser) };
        password::check(new, PasswordField::NewPassword)?;
        let subject = Subject::of_user(caller.account, name, caller.source_ip);
        let profile = find_profile(&mut self.catalog.read(), name, caller.account).await?;
        self.attempts.begin(&subject, caller.request_time).map_err(TooManyAttempts::into_ram)?;
        let compared = self.hashing.matches(old, Some(profile.password_hash.clone())).await;
        if !compared.inspect_err(|_| self.attempts.take_back(&subject))? {
            return Err(RamError::OldPasswordIncorrect);
        }
        self.attempts.succeeded(&subject);
        if new.equals(old) {
            return Err(RamError::PasswordReused);
        }
        let password_hash = self.hashing.hash(new, &self.random).await?;
        self.replace_password(&profile.password_hash, password_hash, name, caller.account).await
    }

    /// Only in place of the password that was compared: it may have been changed since.
    async fn replace_password(&self, old: &str, new: String, name: &UserName, account: AccountId) -> Result<()> {
        let mut change = self.begin().await?;
        let outcome = async {
            let write = &mut change.write;
            let found = find_profile(&mut write.read(), name, account).await?;
            if found.password_hash != old {
                return Err(RamError::OldPasswordIncorrect);
            }
            let updated_at = self.clock.now();
            let profile = LoginProfileRecord { password_hash: new, reset_required: false, updated_at, ..found };
            write.login_profile_update(&profile).await?;
            write.console_sessions_end_of_password(profile.user_id.as_deref(), &profile.account).await?;
            Ok(())
        }
        .await;
        change.finish(outcome).await
    }
}
