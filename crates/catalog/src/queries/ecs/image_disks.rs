use crate::database::{Row, values};
use crate::error::Result;
use crate::queries::ids::of_ids;
use crate::read::Read;
use crate::writer::Write;

use super::SnapshotRecord;

/// A disk of an image. What is on it stands with its snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageDiskRecord {
    /// The image.
    pub image_id: String,
    /// 0: the system disk.
    pub position: u32,
    /// Device name, like `/dev/xvda`.
    pub device: String,
    /// Bucket that it was imported from, or empty.
    pub import_bucket: String,
    /// Object that it was imported from, or empty.
    pub import_object: String,
    /// Its content.
    pub snapshot: SnapshotRecord,
}

impl ImageDiskRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            image_id: row.value("disk_image_id")?,
            position: row.number("position")?,
            device: row.value("device")?,
            import_bucket: row.value("import_bucket")?,
            import_object: row.value("import_object")?,
            snapshot: SnapshotRecord::from_row(row)?,
        })
    }
}

impl Read<'_> {
    /// Disks of an image, the system disk first.
    pub async fn image_disks(&mut self, image_id: &str) -> Result<Vec<ImageDiskRecord>> {
        self.images_disks(&[image_id]).await
    }

    /// Disks of images, those of one behind the other, the system disk first.
    pub async fn images_disks(&mut self, image_ids: &[&str]) -> Result<Vec<ImageDiskRecord>> {
        let sql = of_ids!(
            "SELECT d.image_id AS disk_image_id, d.position, d.device, d.import_bucket, d.import_object, s.*
             FROM image_disks d JOIN snapshots s ON s.id = d.snapshot_id WHERE d.image_id",
            " ORDER BY d.image_id, d.position"
        );
        self.records_of_ids("list the disks of images", sql, (image_ids, values![]), ImageDiskRecord::from_row).await
    }

    /// Ids of the images that have a disk from this snapshot, at most 100.
    pub async fn images_of_snapshot(&mut self, snapshot_id: &str) -> Result<Vec<String>> {
        let sql = "SELECT image_id FROM image_disks WHERE snapshot_id = $1 ORDER BY image_id LIMIT 100";
        self.records("list the images of a snapshot", sql, values![snapshot_id], |row| row.value("image_id")).await
    }
}

impl Write {
    /// Adds a disk to an image. Its snapshot stands in the catalog already.
    pub async fn image_disk_insert(&mut self, disk: &ImageDiskRecord) -> Result<()> {
        let sql = "INSERT INTO image_disks (image_id, position, device, snapshot_id, import_bucket, import_object)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let ImageDiskRecord { image_id, position, device, import_bucket, import_object, snapshot } = disk;
        let values = values![image_id, *position, device, &snapshot.id, import_bucket, import_object];
        self.execute("add a disk to an image", sql, values).await.map(drop)
    }

    /// Takes all disks from an image. Their snapshots stay.
    pub async fn image_disks_delete(&mut self, image_id: &str) -> Result<()> {
        let sql = "DELETE FROM image_disks WHERE image_id = $1";
        self.execute("take the disks from an image", sql, values![image_id]).await.map(drop)
    }
}
