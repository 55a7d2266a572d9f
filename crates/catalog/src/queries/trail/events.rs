//! An account's own records, newest first. However much there is, a query looks at a bounded number of records.

use std::time::Duration;

use jiff::Timestamp;

use super::audit::{AuditRecord, number};
use crate::database::values;
use crate::error::Result;
use crate::read::Read;

/// Records that one query looks at: a filter that lets nothing pass must not read a whole audit.
const LOOKED_AT_MAX: u64 = 20_000;

/// Most records that one query gives.
const EVENTS_MAX: u32 = 100;

/// How far records may be out of the order of their times: several processes write them, and a long call is written at its end.
const SKEW: Duration = Duration::from_secs(10 * 60);

/// Which records of an account are wanted; an empty field lets all pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Whose. This one is never empty.
    pub account: String,
    /// ARN of who called.
    pub principal: String,
    /// Such as `kms`.
    pub product: String,
    /// Such as `Decrypt`.
    pub action: String,
    /// About this key.
    pub key_id: String,
    /// Code of the answer.
    pub outcome: String,
    /// Only calls that were refused or failed.
    pub failed: bool,
    /// Not before this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// Records, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// Those that were found: possibly none, although there are more.
    pub records: Vec<AuditRecord>,
    /// To go on with; `None`: there is no more.
    pub next: Option<u64>,
}

impl Read<'_> {
    /// Up to `limit` (at most 100) records before number `before`, newest first, that pass `filter`.
    pub async fn audit_events(&mut self, filter: &EventFilter, before: Option<u64>, limit: u32) -> Result<EventPage> {
        let limit = limit.clamp(1, EVENTS_MAX);
        let (first, mut end) = self.bounds(filter).await?;
        end = before.map_or(end, |before| end.min(before));
        let records = self.events_between(filter, (first, end), limit).await?;
        let next = match records.last() {
            Some(last) if records.len() as u64 == u64::from(limit) => Some(last.seq),
            _ => self.last_looked_at(&filter.account, (first, end)).await?,
        };
        Ok(EventPage { records, next })
    }

    /// Numbers between which the records of the wanted time stand: from the first to before the second.
    async fn bounds(&mut self, filter: &EventFilter) -> Result<(u64, u64)> {
        let end = self.audit_head().await?.seq.saturating_add(1);
        let earlier = |at: Timestamp| at.saturating_sub(SKEW).expect("a duration has no calendar units");
        let later = |at: Timestamp| at.saturating_add(SKEW).expect("a duration has no calendar units");
        let first = match filter.from {
            Some(from) => self.number_at(earlier(from), end).await?,
            None => 0,
        };
        let end = match filter.until {
            Some(until) => self.number_at(later(until), end).await?,
            None => end,
        };
        Ok((first, end))
    }

    /// The number of the first record at or after a time, found by halving; `end` if there is none.
    async fn number_at(&mut self, at: Timestamp, end: u64) -> Result<u64> {
        let (mut low, mut high) = (1, end.max(1));
        while low < high {
            let middle = low + (high - low) / 2;
            let sql = "SELECT at FROM audit WHERE seq = $1";
            let found = self.record("read the audit", sql, values![number(middle)], |row| row.time("at")).await?;
            if found.is_some_and(|found| found < at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    async fn events_between(
        &mut self,
        filter: &EventFilter,
        (first, end): (u64, u64),
        limit: u32,
    ) -> Result<Vec<AuditRecord>> {
        let sql = "SELECT * FROM (SELECT * FROM audit WHERE account = $1 AND seq >= $2 AND seq < $3
                                  ORDER BY seq DESC LIMIT $4) AS looked_at
                   WHERE ($5 = '' OR principal = $5) AND ($6 = '' OR product = $6) AND ($7 = '' OR action = $7)
                   AND ($8 = '' OR key_id = $8 OR replace(resources, ':key/' || $8, '') <> resources) AND ($9 = '' OR outcome = $9) AND ($10 = 0 OR outcome <> 'OK')
                   AND at >= $11 AND at < $12
                   ORDER BY seq DESC LIMIT $13";
        let values = values![
            &filter.account,
            number(first),
            number(end),
            number(LOOKED_AT_MAX),
            &filter.principal,
            &filter.product,
            &filter.action,
            &filter.key_id,
            &filter.outcome,
            filter.failed,
            filter.from.unwrap_or(Timestamp::MIN),
            filter.until.unwrap_or(Timestamp::MAX),
            limit,
        ];
        self.records("read the audit", sql, values, AuditRecord::from_row).await
    }

    /// The number of the last record that a query looked at, when it did not come to the end.
    async fn last_looked_at(&mut self, account: &str, (first, end): (u64, u64)) -> Result<Option<u64>> {
        let sql =
            "SELECT seq FROM audit WHERE account = $1 AND seq >= $2 AND seq < $3 ORDER BY seq DESC LIMIT 1 OFFSET $4";
        let values = values![account, number(first), number(end), number(LOOKED_AT_MAX - 1)];
        let last = self.record("read the audit", sql, values, |row| row.count("seq")).await?;
        Ok(last.filter(|last| *last > 0))
    }
}
