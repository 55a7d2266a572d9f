use jiff::Timestamp;

use crate::database::values;
use crate::error::Result;
use crate::read::Read;
use crate::writer::Write;

/// What became of a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceUse {
    /// It was new and is remembered now.
    Fresh,
    /// It was used before.
    Replayed,
    /// The access key holds as many as it may. Nothing is remembered: the request must be refused.
    Full,
}

impl Read<'_> {
    /// Whether a nonce of an access key was used and is still remembered.
    pub async fn nonce_is_held(&mut self, nonce: &str, access_key_id: &str) -> Result<bool> {
        let sql = "SELECT count(*) AS n FROM nonces WHERE access_key_id = $1 AND nonce = $2";
        Ok(self.count("look for a nonce", sql, values![access_key_id, nonce]).await? > 0)
    }
}

impl Write {
    /// Uses a nonce of an access key; it is remembered until it is purged after `expires_at`. A key holds at most `held_max`.
    pub async fn nonce_take(
        &mut self,
        nonce: &str,
        access_key_id: &str,
        expires_at: Timestamp,
        held_max: u32,
    ) -> Result<NonceUse> {
        let insert = "INSERT INTO nonces (access_key_id, nonce, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        if self.execute("remember a nonce", insert, values![access_key_id, nonce, expires_at]).await? == 0 {
            return Ok(NonceUse::Replayed);
        }
        let count = "INSERT INTO nonce_counts (access_key_id, held) VALUES ($1, 1)
                     ON CONFLICT (access_key_id) DO UPDATE SET held = nonce_counts.held + 1 WHERE nonce_counts.held < $2";
        if self.execute("count a nonce", count, values![access_key_id, held_max]).await? == 1 {
            return Ok(NonceUse::Fresh);
        }
        let delete = "DELETE FROM nonces WHERE access_key_id = $1 AND nonce = $2";
        self.execute("forget a nonce", delete, values![access_key_id, nonce]).await?;
        Ok(NonceUse::Full)
    }

    /// Forgets the nonces that are expired at `now`; how many.
    pub async fn nonces_purge(&mut self, now: Timestamp) -> Result<u64> {
        let count = "UPDATE nonce_counts SET held = held - (SELECT count(*) FROM nonces
                         WHERE nonces.access_key_id = nonce_counts.access_key_id AND expires_at <= $1)
                     WHERE access_key_id IN (SELECT access_key_id FROM nonces WHERE expires_at <= $1)";
        self.execute("count nonces", count, values![now]).await?;
        self.execute("forget empty counts", "DELETE FROM nonce_counts WHERE held <= 0", values![]).await?;
        self.execute("forget nonces", "DELETE FROM nonces WHERE expires_at <= $1", values![now]).await
    }
}
