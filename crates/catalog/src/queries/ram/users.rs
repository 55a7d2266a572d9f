use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::page::{AfterName, Listed};
use crate::read::Read;
use crate::writer::Write;

/// A user of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Its id; stays when the name changes.
    pub id: String,
    /// The account.
    pub account: Account,
    /// Its name, unique within the account.
    pub name: String,
    /// Text for people.
    pub display_name: String,
    /// Text for people.
    pub comments: String,
    /// Mail address, maybe empty.
    pub email: String,
    /// Telephone number, maybe empty.
    pub mobile_phone: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it last signed in to the console.
    pub last_login_at: Option<Timestamp>,
}

impl UserRecord {
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            account: row.parsed("account")?,
            name: row.value("name")?,
            display_name: row.value("display_name")?,
            comments: row.value("comments")?,
            email: row.value("email")?,
            mobile_phone: row.value("mobile_phone")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            last_login_at: row.time_or_none("last_login_at")?,
        })
    }
}

impl Read<'_> {
    /// The user of this name.
    pub async fn user_by_name(&mut self, name: &str, account: &Account) -> Result<Option<UserRecord>> {
        let sql = "SELECT * FROM users WHERE account = $1 AND name = $2";
        self.record("read a user", sql, values![account, name], UserRecord::from_row).await
    }

    /// The user of this id.
    pub async fn user_by_id(&mut self, id: &str) -> Result<Option<UserRecord>> {
        let sql = "SELECT * FROM users WHERE id = $1";
        self.record("read a user", sql, values![id], UserRecord::from_row).await
    }

    /// Users of an account, by name.
    pub async fn users_list(&mut self, account: &Account, after: &AfterName) -> Result<Listed<UserRecord>> {
        let sql = "SELECT * FROM users WHERE account = $1 AND name > $2 ORDER BY name LIMIT $3";
        let values = values![account, after.name(), after.limit()];
        let found = self.records("list users", sql, values, UserRecord::from_row).await?;
        Ok(after.listed(found, |user| user.name.clone()))
    }

    /// Number of users of an account.
    pub async fn users_count(&mut self, account: &Account) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM users WHERE account = $1";
        self.count("count users", sql, values![account]).await
    }
}

impl Write {
    /// Adds a user, who has not signed in yet. `false` when its name or id is taken.
    pub async fn user_insert(&mut self, user: &UserRecord) -> Result<bool> {
        let sql =
            "INSERT INTO users (id, account, name, display_name, comments, email, mobile_phone, created_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
        let values = values![
            &user.id,
            &user.account,
            &user.name,
            &user.display_name,
            &user.comments,
            &user.email,
            &user.mobile_phone,
            user.created_at,
            user.updated_at,
        ];
        Ok(self.execute("add a user", sql, values).await? == 1)
    }

    /// Writes everything of a user but its id, account, time of creation and last login. `false` when there is no such id. Fails when the new
    /// name is taken.
    pub async fn user_update(&mut self, user: &UserRecord) -> Result<bool> {
        let sql = "UPDATE users SET name = $2, display_name = $3, comments = $4, email = $5, mobile_phone = $6, updated_at = $7
                   WHERE id = $1";
        let values = values![
            &user.id,
            &user.name,
            &user.display_name,
            &user.comments,
            &user.email,
            &user.mobile_phone,
            user.updated_at,
        ];
        Ok(self.execute("change a user", sql, values).await? == 1)
    }

    /// Notes that a user signed in to the console. An earlier time than the one noted is ignored.
    pub async fn user_signed_in(&mut self, id: &str, at: Timestamp) -> Result<()> {
        let sql = "UPDATE users SET last_login_at = $2 WHERE id = $1 AND COALESCE(last_login_at, 0) < $2";
        self.execute("note a login", sql, values![id, at]).await.map(drop)
    }

    /// Removes a user. `false` when there is no such id. Fails while it has access keys or a password or is in a group.
    pub async fn user_delete(&mut self, id: &str) -> Result<bool> {
        Ok(self.execute("remove a user", "DELETE FROM users WHERE id = $1", values![id]).await? == 1)
    }
}
