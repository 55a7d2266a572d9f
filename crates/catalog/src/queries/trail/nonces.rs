use std::sync::LazyLock;

use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::queries::rows::RowsInsert;
use crate::read::Read;
use crate::writer::Write;

/// Most records that one query gives.
const RECORDS_MAX: u32 = 1000;

/// A nonce that an access key has used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonceRecord {
    /// Whose.
    pub access_key_id: String,
    /// The nonce.
    pub nonce: String,
    /// Until when it is remembered, at least.
    pub expires_at: Timestamp,
}

/// What became of the nonces of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoncesTaken {
    /// So many were new and are remembered now.
    pub fresh: u64,
    /// So many were used before.
    pub replayed: u64,
    /// So many, the last ones, are not remembered: the access key holds as many as it may.
    pub left_out: u64,
}

static INSERT: LazyLock<RowsInsert> =
    LazyLock::new(|| RowsInsert::new("nonces", &["access_key_id", "nonce", "expires_at"], "ON CONFLICT DO NOTHING"));

impl NonceRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            access_key_id: row.value("access_key_id")?,
            nonce: row.value("nonce")?,
            expires_at: row.time("expires_at")?,
        })
    }
}

impl Read<'_> {
    /// Whether a nonce of an access key was used and is still remembered.
    pub async fn nonce_is_held(&mut self, nonce: &str, access_key_id: &str) -> Result<bool> {
        let sql = "SELECT count(*) AS n FROM nonces WHERE access_key_id = $1 AND nonce = $2";
        Ok(self.count("look for a nonce", sql, values![access_key_id, nonce]).await? > 0)
    }

    /// Up to `limit` (at most 1,000) nonces, by access key and nonce, behind `after`.
    pub async fn nonces_page(&mut self, after: Option<&NonceRecord>, limit: u32) -> Result<Vec<NonceRecord>> {
        let sql = "SELECT * FROM nonces WHERE (access_key_id, nonce) > ($1, $2)
                   ORDER BY access_key_id, nonce LIMIT $3";
        let (key, nonce) = after.map_or(("", ""), |after| (&after.access_key_id, &after.nonce));
        let values = values![key, nonce, limit.min(RECORDS_MAX)];
        self.records("list nonces", sql, values, NonceRecord::from_row).await
    }
}

impl Write {
    /// Uses nonces of one access key: `(nonce, expires_at)`; each is remembered until it is purged after that. A key holds at most
    /// `held_max`.
    pub async fn nonces_take(
        &mut self,
        access_key_id: &str,
        nonces: &[(String, Timestamp)],
        held_max: u32,
    ) -> Result<NoncesTaken> {
        let held = "SELECT held FROM nonce_counts WHERE access_key_id = $1";
        let held = self.read().record("count nonces", held, values![access_key_id], |row| row.count("held")).await?;
        let room = u64::from(held_max).saturating_sub(held.unwrap_or_default());
        let (taken, left_out) =
            nonces.split_at(usize::try_from(room).map_or(nonces.len(), |room| room.min(nonces.len())));
        let mut fresh = 0;
        for (sql, part) in INSERT.parts(taken) {
            let values = part.iter().flat_map(|(nonce, expires_at)| values![access_key_id, nonce, *expires_at]);
            fresh += self.execute("remember nonces", sql, values.collect()).await?;
        }
        let count = "INSERT INTO nonce_counts (access_key_id, held) VALUES ($1, $2)
                     ON CONFLICT (access_key_id) DO UPDATE SET held = nonce_counts.held + excluded.held";
        let more = i64::try_from(fresh).unwrap_or(i64::MAX);
        self.execute("count nonces", count, values![access_key_id, more]).await?;
        Ok(NoncesTaken { fresh, replayed: taken.len() as u64 - fresh, left_out: left_out.len() as u64 })
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
