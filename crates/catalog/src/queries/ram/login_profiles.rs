use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::read::Read;
use crate::writer::Write;

/// The password of a user, or of an account itself, for the console.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginProfileRecord {
    /// The account.
    pub account: Account,
    /// Id of the user; `None` for the account itself.
    pub user_id: Option<String>,
    /// Argon2id of the password, as a PHC string: another text for each password that is set.
    pub password_hash: String,
    /// It must be changed before anything else is done.
    pub reset_required: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl LoginProfileRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            account: row.parsed("account")?,
            user_id: row.value("user_id")?,
            password_hash: row.value("password_hash")?,
            reset_required: row.truth("reset_required")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Read<'_> {
    /// The password of a user, or with `None` of the account itself.
    pub async fn login_profile_of_owner(
        &mut self,
        user_id: Option<&str>,
        account: &Account,
    ) -> Result<Option<LoginProfileRecord>> {
        let sql = "SELECT * FROM login_profiles WHERE account = $1 AND COALESCE(user_id, '') = $2";
        let values = values![account, user_id.unwrap_or_default()];
        self.record("read a login profile", sql, values, LoginProfileRecord::from_row).await
    }

    /// The password of the user of this name, or with `None` of the account itself. One query for both, whoever exists.
    pub async fn login_profile_by_name(
        &mut self,
        user: Option<&str>,
        account: &Account,
    ) -> Result<Option<LoginProfileRecord>> {
        let sql = "SELECT p.* FROM login_profiles p LEFT JOIN users u ON u.id = p.user_id
                   WHERE p.account = $1 AND COALESCE(u.name, '') = $2";
        let values = values![account, user.unwrap_or_default()];
        self.record("read a login profile", sql, values, LoginProfileRecord::from_row).await
    }
}

impl Write {
    /// Adds a password. `false` when its owner has one.
    pub async fn login_profile_insert(&mut self, profile: &LoginProfileRecord) -> Result<bool> {
        let sql = "INSERT INTO login_profiles (account, user_id, password_hash, reset_required, created_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        let values = values![
            &profile.account,
            &profile.user_id,
            &profile.password_hash,
            profile.reset_required,
            profile.created_at,
            profile.updated_at,
        ];
        Ok(self.execute("add a login profile", sql, values).await? == 1)
    }

    /// Writes everything of a password but its owner and the time of its making. `false` when its owner has none.
    pub async fn login_profile_update(&mut self, profile: &LoginProfileRecord) -> Result<bool> {
        let sql = "UPDATE login_profiles SET password_hash = $3, reset_required = $4, updated_at = $5
                   WHERE account = $1 AND COALESCE(user_id, '') = $2";
        let values = values![
            &profile.account,
            profile.user_id.as_deref().unwrap_or_default(),
            &profile.password_hash,
            profile.reset_required,
            profile.updated_at,
        ];
        Ok(self.execute("change a login profile", sql, values).await? == 1)
    }

    /// Removes the password of a user, or with `None` of the account itself. `false` when there is none.
    pub async fn login_profile_delete(&mut self, user_id: Option<&str>, account: &Account) -> Result<bool> {
        let sql = "DELETE FROM login_profiles WHERE account = $1 AND COALESCE(user_id, '') = $2";
        let values = values![account, user_id.unwrap_or_default()];
        Ok(self.execute("remove a login profile", sql, values).await? == 1)
    }
}
