use std::sync::LazyLock;

use jiff::Timestamp;

use crate::database::{Row, Value, values};
use crate::error::{CatalogError, Result};
use crate::queries::rows::RowsInsert;
use crate::read::Read;
use crate::writer::Write;

/// Most records that one query gives.
const RECORDS_MAX: u32 = 1000;

/// One call, as it is remembered. Holds no secret. Who makes it chains it: this crate computes no hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number: 1, 2, 3, … without gaps.
    pub seq: u64,
    /// When the call ended.
    pub at: Timestamp,
    /// Id of the request.
    pub request_id: String,
    /// Account that called; empty when it is not known, as for a wrong signature.
    pub account: String,
    /// ARN of who called.
    pub principal: String,
    /// With which access key.
    pub access_key_id: String,
    /// From where.
    pub source_ip: String,
    /// Such as `kms`.
    pub product: String,
    /// Such as `Decrypt`.
    pub action: String,
    /// ARNs that it was about, in a form of the writer's choice.
    pub resources: String,
    /// The key it was about; may be empty.
    pub key_id: String,
    /// Code of the answer.
    pub outcome: String,
    /// Hash of the record before.
    pub previous_hash: [u8; 32],
    /// Hash of this record.
    pub hash: [u8; 32],
}

/// The end of the chain. With no record: number 0 and a hash of zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditHead {
    /// Number of the last record.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// Which records are wanted; an empty field lets all pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// Of this account.
    pub account: String,
    /// About this key.
    pub key_id: String,
}

impl AuditRecord {
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            seq: row.count("seq")?,
            at: row.time("at")?,
            request_id: row.value("request_id")?,
            account: row.value("account")?,
            principal: row.value("principal")?,
            access_key_id: row.value("access_key_id")?,
            source_ip: row.value("source_ip")?,
            product: row.value("product")?,
            action: row.value("action")?,
            resources: row.value("resources")?,
            key_id: row.value("key_id")?,
            outcome: row.value("outcome")?,
            previous_hash: row.digest("previous_hash")?,
            hash: row.digest("hash")?,
        })
    }

    /// In the order of the columns of `INSERT`.
    fn values(&self) -> Vec<Value> {
        values![
            number(self.seq),
            self.at,
            &self.request_id,
            &self.account,
            &self.principal,
            &self.access_key_id,
            &self.source_ip,
            &self.product,
            &self.action,
            &self.resources,
            &self.key_id,
            &self.outcome,
            &self.previous_hash,
            &self.hash,
        ]
    }
}

static INSERT: LazyLock<RowsInsert> = LazyLock::new(|| {
    let columns = [
        "seq",
        "at",
        "request_id",
        "account",
        "principal",
        "access_key_id",
        "source_ip",
        "product",
        "action",
        "resources",
        "key_id",
        "outcome",
        "previous_hash",
        "hash",
    ];
    RowsInsert::new("audit", &columns, "")
});

impl AuditHead {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { seq: row.count("seq")?, hash: row.digest("hash")? })
    }
}

impl Read<'_> {
    /// The last record's number and hash. In a change this is what the next record has to follow.
    pub async fn audit_head(&mut self) -> Result<AuditHead> {
        let sql = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";
        let head = self.record("read the audit", sql, values![], AuditHead::from_row).await?;
        Ok(head.unwrap_or_default())
    }

    /// Up to `limit` (at most 1,000) records behind number `after`, in order, that pass `filter`.
    pub async fn audit_page(&mut self, filter: &AuditFilter, after: u64, limit: u32) -> Result<Vec<AuditRecord>> {
        let sql = "SELECT * FROM audit WHERE seq > $1 AND ($2 = '' OR account = $2)
                   AND ($3 = '' OR key_id = $3 OR replace(resources, ':key/' || $3, '') <> resources)
                   ORDER BY seq LIMIT $4";
        let values = values![number(after), &filter.account, &filter.key_id, limit.min(RECORDS_MAX)];
        self.records("read the audit", sql, values, AuditRecord::from_row).await
    }
}

impl Write {
    /// Adds the next records, in this order.
    ///
    /// Errors: [`CatalogError::AuditOutOfOrder`] when one does not follow the one before, or the first not the last one that is there;
    /// nothing is added then.
    pub async fn audit_append(&mut self, records: &[AuditRecord]) -> Result<()> {
        let mut head = self.read().audit_head().await?;
        for record in records {
            if record.seq != head.seq.saturating_add(1) || record.previous_hash != head.hash {
                return Err(CatalogError::AuditOutOfOrder { seq: record.seq });
            }
            head = AuditHead { seq: record.seq, hash: record.hash };
        }
        for (sql, part) in INSERT.parts(records) {
            self.execute("add to the audit", sql, part.iter().flat_map(AuditRecord::values).collect()).await?;
        }
        Ok(())
    }
}

/// As the database stores it; no chain gets so long that it does not fit.
pub(super) fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
