use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::attachments::UnknownWord;
use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::read::Read;
use crate::writer::Write;

/// Most access keys that are listed; the API allows two a user.
const LISTED_MAX: u32 = 100;

/// Whether an access key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKeyStatus {
    /// It does.
    Active,
    /// It was switched off.
    Inactive,
}

impl fmt::Display for AccessKeyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variants have the names of the API.
        fmt::Debug::fmt(self, f)
    }
}

impl FromStr for AccessKeyStatus {
    type Err = UnknownWord;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownWord> {
        [Self::Active, Self::Inactive].into_iter().find(|status| status.to_string() == text).ok_or(UnknownWord)
    }
}

/// An access key of a user or of an account itself.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKeyRecord {
    /// AccessKeyId.
    pub id: String,
    /// The account.
    pub account: Account,
    /// Id of the user; `None` for the account itself.
    pub user_id: Option<String>,
    /// The secret, wrapped under the root key: signatures are checked with it, so a digest does not do.
    pub secret: Vec<u8>,
    /// Whether it works.
    pub status: AccessKeyStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

impl AccessKeyRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            account: row.parsed("account")?,
            user_id: row.value("user_id")?,
            secret: row.value("secret")?,
            status: row.parsed("status")?,
            created_at: row.time("created_at")?,
            last_used_at: row.time_or_none("last_used_at")?,
        })
    }
}

impl Read<'_> {
    /// One access key.
    pub async fn access_key_by_id(&mut self, id: &str) -> Result<Option<AccessKeyRecord>> {
        let sql = "SELECT * FROM access_keys WHERE id = $1";
        self.record("read an access key", sql, values![id], AccessKeyRecord::from_row).await
    }

    /// Access keys of a user, or with `None` of the account itself, oldest first; at most 100.
    pub async fn access_keys_of_owner(
        &mut self,
        user_id: Option<&str>,
        account: &Account,
    ) -> Result<Vec<AccessKeyRecord>> {
        let sql = "SELECT * FROM access_keys WHERE account = $1 AND COALESCE(user_id, '') = $2
                   ORDER BY created_at, id LIMIT $3";
        let values = values![account, user_id.unwrap_or_default(), LISTED_MAX];
        self.records("list access keys", sql, values, AccessKeyRecord::from_row).await
    }
}

impl Write {
    /// Adds an access key. Fails when its id is taken.
    pub async fn access_key_insert(&mut self, key: &AccessKeyRecord) -> Result<()> {
        let sql = "INSERT INTO access_keys (id, account, user_id, secret, status, created_at, last_used_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = values![
            &key.id,
            &key.account,
            &key.user_id,
            &key.secret,
            key.status.to_string(),
            key.created_at,
            key.last_used_at,
        ];
        self.execute("add an access key", sql, values).await.map(drop)
    }

    /// Writes the status and the wrapped secret of an access key. `false` when there is no such key.
    pub async fn access_key_update(&mut self, key: &AccessKeyRecord) -> Result<bool> {
        let sql = "UPDATE access_keys SET status = $2, secret = $3 WHERE id = $1";
        let values = values![&key.id, key.status.to_string(), &key.secret];
        Ok(self.execute("change an access key", sql, values).await? == 1)
    }

    /// Notes that an access key was used. An earlier time than the one noted is ignored.
    pub async fn access_key_used(&mut self, id: &str, at: Timestamp) -> Result<()> {
        let sql = "UPDATE access_keys SET last_used_at = $2 WHERE id = $1 AND COALESCE(last_used_at, 0) < $2";
        self.execute("note the use of an access key", sql, values![id, at]).await.map(drop)
    }

    /// Removes an access key. `false` when there is no such key.
    pub async fn access_key_delete(&mut self, id: &str) -> Result<bool> {
        Ok(self.execute("remove an access key", "DELETE FROM access_keys WHERE id = $1", values![id]).await? == 1)
    }
}
