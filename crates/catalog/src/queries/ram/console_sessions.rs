use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::read::Read;
use crate::writer::Write;

/// Most sessions that one removal of the oldest looks at; there are never many more than are kept.
const TRIMMED_MAX: u32 = 1000;

/// Somebody who is signed in to the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSessionRecord {
    /// SHA-256 of the token.
    pub token_digest: [u8; 32],
    /// The account.
    pub account: Account,
    /// Id of the user; `None` for the account itself.
    pub user_id: Option<String>,
    /// The access key that opened it; `None` for a password.
    pub access_key_id: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Timestamp,
    /// When it ends, however much it is used.
    pub expires_at: Timestamp,
}

impl ConsoleSessionRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            token_digest: row.digest("token_digest")?,
            account: row.parsed("account")?,
            user_id: row.value("user_id")?,
            access_key_id: row.value("access_key_id")?,
            created_at: row.time("created_at")?,
            last_used_at: row.time("last_used_at")?,
            expires_at: row.time("expires_at")?,
        })
    }
}

impl Read<'_> {
    /// The session whose token has this digest.
    pub async fn console_session_by_token(&mut self, token_digest: &[u8; 32]) -> Result<Option<ConsoleSessionRecord>> {
        let sql = "SELECT * FROM console_sessions WHERE token_digest = $1";
        self.record("read a console session", sql, values![token_digest], ConsoleSessionRecord::from_row).await
    }
}

impl Write {
    /// Adds a session.
    pub async fn console_session_insert(&mut self, session: &ConsoleSessionRecord) -> Result<()> {
        let sql =
            "INSERT INTO console_sessions (token_digest, account, user_id, access_key_id, created_at, last_used_at,
                       expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = values![
            &session.token_digest,
            &session.account,
            &session.user_id,
            &session.access_key_id,
            session.created_at,
            session.last_used_at,
            session.expires_at,
        ];
        self.execute("add a console session", sql, values).await.map(drop)
    }

    /// Notes that a session was used. An earlier time than the one noted is ignored.
    pub async fn console_session_used(&mut self, token_digest: &[u8; 32], at: Timestamp) -> Result<()> {
        let sql = "UPDATE console_sessions SET last_used_at = $2 WHERE token_digest = $1 AND last_used_at < $2";
        self.execute("note the use of a console session", sql, values![token_digest, at]).await.map(drop)
    }

    /// Ends a session. `false` when there is none.
    pub async fn console_session_delete(&mut self, token_digest: &[u8; 32]) -> Result<bool> {
        let sql = "DELETE FROM console_sessions WHERE token_digest = $1";
        Ok(self.execute("end a console session", sql, values![token_digest]).await? == 1)
    }

    /// Ends the sessions that the password of a user, or with `None` of the account itself, opened.
    pub async fn console_sessions_end_of_password(&mut self, user_id: Option<&str>, account: &Account) -> Result<()> {
        let sql = "DELETE FROM console_sessions
                   WHERE account = $1 AND COALESCE(user_id, '') = $2 AND access_key_id IS NULL";
        let values = values![account, user_id.unwrap_or_default()];
        self.execute("end console sessions", sql, values).await.map(drop)
    }

    /// Ends the sessions that an access key opened.
    pub async fn console_sessions_end_of_access_key(&mut self, access_key_id: &str) -> Result<()> {
        let sql = "DELETE FROM console_sessions WHERE access_key_id = $1";
        self.execute("end console sessions", sql, values![access_key_id]).await.map(drop)
    }

    /// Forgets the sessions that are over at `now`, or that were last used at `unused_since` or before.
    pub async fn console_sessions_purge(&mut self, now: Timestamp, unused_since: Timestamp) -> Result<()> {
        let sql = "DELETE FROM console_sessions WHERE last_used_at <= $2 OR expires_at <= $1";
        self.execute("forget console sessions", sql, values![now, unused_since]).await.map(drop)
    }

    /// Ends the oldest sessions of a user, or with `None` of the account itself, so that at most `kept` are left.
    pub async fn console_sessions_trim(&mut self, user_id: Option<&str>, account: &Account, kept: u32) -> Result<()> {
        let sql = "DELETE FROM console_sessions WHERE token_digest IN (
                       SELECT token_digest FROM console_sessions WHERE account = $1 AND COALESCE(user_id, '') = $2
                       ORDER BY created_at DESC, token_digest LIMIT $3 OFFSET $4)";
        let values = values![account, user_id.unwrap_or_default(), TRIMMED_MAX, kept];
        self.execute("end console sessions", sql, values).await.map(drop)
    }
}
