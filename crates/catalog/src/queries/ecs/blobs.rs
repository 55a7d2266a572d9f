use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Region;
use crate::read::Read;
use crate::writer::Write;

/// Bytes in the store of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRecord {
    /// Its name in the store.
    pub id: String,
    /// Whose store.
    pub region: Region,
    /// Length.
    pub bytes: u64,
    /// Id in its envelope; empty for a plain one.
    pub sealed_id: String,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When its last user went; its bytes go next.
    pub dropped_at: Option<Timestamp>,
}

impl BlobRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            region: row.parsed("region")?,
            bytes: row.count("bytes")?,
            sealed_id: row.value("sealed_id")?,
            created_at: row.time("created_at")?,
            dropped_at: row.time_or_none("dropped_at")?,
        })
    }
}

impl Read<'_> {
    /// The blob of this name.
    pub async fn blob_by_id(&mut self, id: &str) -> Result<Option<BlobRecord>> {
        let sql = "SELECT * FROM blobs WHERE id = $1";
        self.record("read a blob", sql, values![id], BlobRecord::from_row).await
    }

    /// Blobs whose bytes are to be removed, at most `max`.
    pub async fn blobs_dropped(&mut self, max: u32) -> Result<Vec<BlobRecord>> {
        let sql = "SELECT * FROM blobs WHERE dropped_at IS NOT NULL ORDER BY dropped_at LIMIT $1";
        self.records("list blobs", sql, values![max], BlobRecord::from_row).await
    }
}

impl Write {
    /// Adds a blob. One that is there stays as it is: a job that was interrupted comes here twice.
    pub async fn blob_insert(&mut self, blob: &BlobRecord) -> Result<()> {
        let sql = "INSERT INTO blobs (id, region, bytes, sealed_id, created_at) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT DO NOTHING";
        let values = values![&blob.id, &blob.region, blob.bytes, &blob.sealed_id, blob.created_at];
        self.execute("record a blob", sql, values).await.map(drop)
    }

    /// Marks a blob for removal when no snapshot and no disk uses it.
    pub async fn blob_drop_if_unused(&mut self, id: &str, at: Timestamp) -> Result<()> {
        let sql = "UPDATE blobs SET dropped_at = $2 WHERE id = $1 AND dropped_at IS NULL
                   AND NOT EXISTS (SELECT 1 FROM snapshots WHERE blob_id = $1)
                   AND NOT EXISTS (SELECT 1 FROM disks WHERE blob_id = $1)";
        self.execute("drop a blob", sql, values![id, at]).await.map(drop)
    }

    /// Forgets a blob whose bytes were removed.
    pub async fn blob_delete(&mut self, id: &str) -> Result<()> {
        let sql = "DELETE FROM blobs WHERE id = $1 AND dropped_at IS NOT NULL";
        self.execute("forget a blob", sql, values![id]).await.map(drop)
    }
}
