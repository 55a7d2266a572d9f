use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::read::Read;
use crate::writer::Write;

/// A call that bore a `ClientToken`, and what it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientToken {
    /// Whose call.
    pub account: Account,
    /// Which action; a token counts for one.
    pub action: String,
    /// The token.
    pub token: String,
    /// SHA-256 of the call's other parameters.
    pub parameters: [u8; 32],
    /// What it was answered.
    pub answer: String,
    /// When.
    pub created_at: Timestamp,
}

impl ClientToken {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            account: row.parsed("account")?,
            action: row.value("action")?,
            token: row.value("token")?,
            parameters: row.digest("parameters")?,
            answer: row.value("answer")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Read<'_> {
    /// The earlier call with this token.
    pub async fn client_token(&mut self, account: &Account, action: &str, token: &str) -> Result<Option<ClientToken>> {
        let sql = "SELECT * FROM client_tokens WHERE account = $1 AND action = $2 AND token = $3";
        self.record("look for a client token", sql, values![account, action, token], ClientToken::from_row).await
    }
}

impl Write {
    /// Remembers a call.
    pub async fn client_token_insert(&mut self, token: &ClientToken) -> Result<()> {
        let sql = "INSERT INTO client_tokens (account, action, token, parameters, answer, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let ClientToken { account, action, token, parameters, answer, created_at } = token;
        let values = values![account, action, token, parameters, answer, *created_at];
        self.execute("remember a client token", sql, values).await.map(drop)
    }

    /// Forgets the tokens of calls before `before`.
    pub async fn client_tokens_delete_before(&mut self, before: Timestamp) -> Result<u64> {
        let sql = "DELETE FROM client_tokens WHERE created_at < $1";
        self.execute("forget client tokens", sql, values![before]).await
    }
}
