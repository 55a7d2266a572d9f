//! On how many days keys cost something. A day counts when the key was there, and did not wait for its deletion, at any moment of it.
//!
//! Nothing is counted day by day: the number follows from when keys and versions were made and from the times of their waits. A wait
//! takes away the days that lie in it from end to end, so that what several waits of a key take adds up.

use std::ops::RangeInclusive;

use jiff::Timestamp;

use crate::database::values;
use crate::error::Result;
use crate::names::{Account, KeyId};
use crate::read::Read;
use crate::writer::Write;

/// The days of all `$things`, each made at `$made_at`, less those of the waits that each of them went through. `$1` is the account,
/// `$2` and `$3` are the first and the last day, in days of 86,400,000 ms since 1970.
macro_rules! days_of {
    ($things:literal, $made_at:literal, $waits:literal) => {
        concat!(
            "SELECT CAST(COALESCE((
                 SELECT sum($3 + 1 - CASE WHEN ",
            $made_at,
            " / 86400000 > $2 THEN ",
            $made_at,
            " / 86400000 ELSE $2 END)
                 FROM ",
            $things,
            " WHERE account = $1 AND service = '' AND ",
            $made_at,
            " / 86400000 <= $3
             ), 0) - COALESCE((
                 SELECT sum(free_to - free_from) FROM (
                     SELECT CASE WHEN (began_at + 86399999) / 86400000 > $2
                                 THEN (began_at + 86399999) / 86400000 ELSE $2 END AS free_from,
                            CASE WHEN ended_at / 86400000 <= $3 THEN ended_at / 86400000 ELSE $3 + 1 END AS free_to
                     FROM ",
            $waits,
            " WHERE account = $1 AND service = ''
                 ) AS waits WHERE free_to > free_from
             ), 0) AS BIGINT) AS n"
        )
    };
}

impl Read<'_> {
    /// Days within `days` (since 1970, UTC) on which the keys that users of an account made cost something: the sum over all keys, of
    /// all regions.
    pub async fn key_days(&mut self, account: &Account, days: RangeInclusive<i64>) -> Result<u64> {
        let sql = days_of!("keys", "keys.created_at", "key_waits JOIN keys ON keys.id = key_waits.key_id");
        self.days("count the days of keys", sql, account, days).await
    }

    /// The same for each version of a key as if it were a key.
    pub async fn key_version_days(&mut self, account: &Account, days: RangeInclusive<i64>) -> Result<u64> {
        let sql = days_of!(
            "key_versions JOIN keys ON keys.id = key_versions.key_id",
            "key_versions.created_at",
            "key_waits JOIN keys ON keys.id = key_waits.key_id
                       JOIN key_versions ON key_versions.key_id = keys.id AND key_versions.created_at <= began_at"
        );
        self.days("count the days of key versions", sql, account, days).await
    }

    async fn days(
        &mut self,
        action: &'static str,
        sql: &'static str,
        account: &Account,
        days: RangeInclusive<i64>,
    ) -> Result<u64> {
        if days.is_empty() {
            return Ok(0);
        }
        self.count(action, sql, values![account, *days.start(), *days.end()]).await
    }
}

impl Write {
    /// Notes that a key waits for its deletion from `now` on.
    pub async fn key_wait_begin(&mut self, key_id: KeyId, now: Timestamp) -> Result<()> {
        // A wait that was called off within the same millisecond goes on.
        let sql = "INSERT INTO key_waits (key_id, began_at) VALUES ($1, $2)
                   ON CONFLICT (key_id, began_at) DO UPDATE SET ended_at = NULL";
        self.execute("begin the wait of a key", sql, values![key_id, now]).await.map(drop)
    }

    /// Notes that the wait of a key was called off at `now`.
    pub async fn key_wait_end(&mut self, key_id: KeyId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE key_waits SET ended_at = $2 WHERE key_id = $1 AND ended_at IS NULL";
        self.execute("end the wait of a key", sql, values![key_id, now]).await.map(drop)
    }
}
