use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::{Account, KeyId};
use crate::read::Read;
use crate::writer::Write;

/// The private half of a wrapping key that was given out for one import.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportToken {
    /// Names it in the token text.
    pub id: String,
    /// The key whose material is to be imported.
    pub key_id: KeyId,
    /// Who asked for it.
    pub account: Account,
    /// Such as `RSAES_OAEP_SHA_256`.
    pub wrapping_algorithm: String,
    /// Such as `RSA_2048`.
    pub wrapping_key_spec: String,
    /// Private key, wrapped under the root key.
    pub private_key: Vec<u8>,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl ImportToken {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            key_id: row.parsed("key_id")?,
            account: row.parsed("account")?,
            wrapping_algorithm: row.value("wrapping_algorithm")?,
            wrapping_key_spec: row.value("wrapping_key_spec")?,
            private_key: row.value("private_key")?,
            expires_at: row.time("expires_at")?,
        })
    }
}

impl Read<'_> {
    /// One token, expired or not.
    pub async fn import_token_by_id(&mut self, id: &str) -> Result<Option<ImportToken>> {
        let sql = "SELECT * FROM import_tokens WHERE id = $1";
        self.record("read an import token", sql, values![id], ImportToken::from_row).await
    }

    /// Up to `limit` tokens, in the order of their ids, behind `after`: for a new root key.
    pub async fn import_tokens_after(&mut self, after: &str, limit: u32) -> Result<Vec<ImportToken>> {
        let sql = "SELECT * FROM import_tokens WHERE id > $1 ORDER BY id LIMIT $2";
        self.records("list import tokens", sql, values![after, limit], ImportToken::from_row).await
    }
}

impl Write {
    /// Adds a token. Fails when its id is taken.
    pub async fn import_token_insert(&mut self, token: &ImportToken) -> Result<()> {
        let sql = "INSERT INTO import_tokens
                       (id, key_id, account, wrapping_algorithm, wrapping_key_spec, private_key, expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = values![
            &token.id,
            token.key_id,
            &token.account,
            &token.wrapping_algorithm,
            &token.wrapping_key_spec,
            &token.private_key,
            token.expires_at,
        ];
        self.execute("add an import token", sql, values).await.map(drop)
    }

    /// Writes the private key of a token, wrapped under a new root key.
    pub async fn import_token_set_private_key(&mut self, id: &str, private_key: &[u8]) -> Result<()> {
        let sql = "UPDATE import_tokens SET private_key = $2 WHERE id = $1";
        self.execute("change an import token", sql, values![id, private_key]).await.map(drop)
    }

    /// Removes a token, so that it serves one import. `false` when it is gone already.
    pub async fn import_token_delete(&mut self, id: &str) -> Result<bool> {
        let sql = "DELETE FROM import_tokens WHERE id = $1";
        Ok(self.execute("remove an import token", sql, values![id]).await? == 1)
    }

    /// Removes all tokens of a key.
    pub async fn import_tokens_delete_of_key(&mut self, key_id: KeyId) -> Result<()> {
        let sql = "DELETE FROM import_tokens WHERE key_id = $1";
        self.execute("remove the import tokens of a key", sql, values![key_id]).await.map(drop)
    }

    /// Removes the tokens that are expired at `now`; how many.
    pub async fn import_tokens_purge(&mut self, now: Timestamp) -> Result<u64> {
        let sql = "DELETE FROM import_tokens WHERE expires_at <= $1";
        self.execute("remove expired import tokens", sql, values![now]).await
    }
}
