use crate::database::{Row, values};
use crate::error::Result;
use crate::queries::ids::of_ids;
use crate::read::Read;

/// What belongs to a snapshot and stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotUse {
    /// The snapshot.
    pub snapshot_id: String,
    /// Bytes in the store; 0 without a blob.
    pub stored_bytes: u64,
    /// Whether an image has a disk from it.
    pub is_of_image: bool,
    /// Percent of the image that it is made for, or of its own job where it is made by itself; 0 where that is gone.
    pub progress: u32,
    /// Seconds that the rest of that image will take; 0 when nobody can tell.
    pub remain_s: u32,
}

impl SnapshotUse {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            snapshot_id: row.value("id")?,
            stored_bytes: row.count("stored_bytes")?,
            is_of_image: row.truth("is_of_image")?,
            progress: row.number("progress")?,
            remain_s: row.number("remain_s")?,
        })
    }
}

impl Read<'_> {
    /// What belongs to snapshots. Those that are not there are left out.
    pub async fn snapshots_uses(&mut self, ids: &[&str]) -> Result<Vec<SnapshotUse>> {
        let sql = of_ids!(
            "SELECT s.id, coalesce(b.bytes, CAST(0 AS BIGINT)) AS stored_bytes,
                 (SELECT count(*) FROM (SELECT 1 FROM image_disks d WHERE d.snapshot_id = s.id LIMIT 1) AS a) AS is_of_image,
                 coalesce(i.progress, (SELECT j.progress FROM jobs j WHERE j.image_id = s.id AND j.action <> 'ExportImage'
                     ORDER BY j.sequence DESC LIMIT 1), CAST(0 AS BIGINT)) AS progress,
                 coalesce(i.remain_s, CAST(0 AS BIGINT)) AS remain_s
             FROM snapshots s LEFT JOIN blobs b ON b.id = s.blob_id LEFT JOIN images i ON i.id = s.image_id WHERE s.id",
            ""
        );
        self.records_of_ids("look for what belongs to snapshots", sql, (ids, values![]), SnapshotUse::from_row).await
    }
}
