use jiff::Timestamp;

use super::audit::number;
use crate::database::{Row, values};
use crate::error::Result;
use crate::read::Read;
use crate::writer::Write;

/// A signed statement that the audit's chain had this end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCheckpoint {
    /// Number of the record at the end.
    pub seq: u64,
    /// Hash of that record.
    pub hash: [u8; 32],
    /// Signature, in a form of the signer's choice.
    pub signature: Vec<u8>,
    /// When it was signed.
    pub at: Timestamp,
}

impl AuditCheckpoint {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            seq: row.count("seq")?,
            hash: row.digest("hash")?,
            signature: row.value("signature")?,
            at: row.time("at")?,
        })
    }
}

impl Read<'_> {
    /// The newest checkpoint.
    pub async fn audit_checkpoint_last(&mut self) -> Result<Option<AuditCheckpoint>> {
        let sql = "SELECT * FROM audit_checkpoints ORDER BY seq DESC LIMIT 1";
        self.record("read the audit's checkpoints", sql, values![], AuditCheckpoint::from_row).await
    }

    /// Up to `limit` checkpoints behind record number `after`, in order.
    pub async fn audit_checkpoints_page(&mut self, after: u64, limit: u32) -> Result<Vec<AuditCheckpoint>> {
        let sql = "SELECT * FROM audit_checkpoints WHERE seq > $1 ORDER BY seq LIMIT $2";
        let values = values![number(after), limit];
        self.records("read the audit's checkpoints", sql, values, AuditCheckpoint::from_row).await
    }
}

impl Write {
    /// Adds a checkpoint. `false` when there is one for this record already.
    pub async fn audit_checkpoint_insert(&mut self, checkpoint: &AuditCheckpoint) -> Result<bool> {
        let sql = "INSERT INTO audit_checkpoints (seq, at, hash, signature) VALUES ($1, $2, $3, $4)
                   ON CONFLICT DO NOTHING";
        let values = values![number(checkpoint.seq), checkpoint.at, &checkpoint.hash, &checkpoint.signature];
        Ok(self.execute("add a checkpoint of the audit", sql, values).await? == 1)
    }
}
