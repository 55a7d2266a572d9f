use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Scope;
use crate::read::Read;
use crate::writer::Write;

/// A custom image. Its disks stand beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRecord {
    /// `m-…`
    pub id: String,
    /// Owner and region.
    pub scope: Scope,
    /// Name, or empty; unique in the scope.
    pub name: String,
    /// Text for people.
    pub description: String,
    /// Family, or empty.
    pub family: String,
    /// Version, or empty.
    pub version: String,
    /// `Waiting`, `Creating`, `Available`, `UnAvailable`, `CreateFailed`, `Deprecated`.
    pub status: String,
    /// Percent; never goes back.
    pub progress: u32,
    /// Seconds that the rest will take, where that can be told.
    pub remain_s: Option<u32>,
    /// Whether CopyImage made it.
    pub is_copied: bool,
    /// What it was copied from, or empty.
    pub source_image_id: String,
    /// Where that is, or empty.
    pub source_region: String,
    /// `linux` or `windows`.
    pub os_type: String,
    /// Name of the system, or empty.
    pub os_name: String,
    /// Platform, like `Others Linux`.
    pub platform: String,
    /// `x86_64`, `arm64`, `i386`.
    pub architecture: String,
    /// `BIOS`, `UEFI`, `UEFI-Preferred`.
    pub boot_mode: String,
    /// `BYOL`, or empty.
    pub license_type: String,
    /// `supported`, `unsupported`, or empty.
    pub nvme_support: String,
    /// `v1`, `v2`, or empty.
    pub imds_support: String,
    /// Of `CreateFailed`: why, for people.
    pub failure: String,
    /// When it was begun.
    pub created_at: Timestamp,
}

impl ImageRecord {
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            scope: row.scope()?,
            name: row.value("name")?,
            description: row.value("description")?,
            family: row.value("family")?,
            version: row.value("version")?,
            status: row.value("status")?,
            progress: row.number("progress")?,
            remain_s: row.number_or_none("remain_s")?,
            is_copied: row.truth("is_copied")?,
            source_image_id: row.value("source_image_id")?,
            source_region: row.value("source_region")?,
            os_type: row.value("os_type")?,
            os_name: row.value("os_name")?,
            platform: row.value("platform")?,
            architecture: row.value("architecture")?,
            boot_mode: row.value("boot_mode")?,
            license_type: row.value("license_type")?,
            nvme_support: row.value("nvme_support")?,
            imds_support: row.value("imds_support")?,
            failure: row.value("failure")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Read<'_> {
    /// The image of this id.
    pub async fn image_by_id(&mut self, id: &str) -> Result<Option<ImageRecord>> {
        let sql = "SELECT * FROM images WHERE id = $1";
        self.record("read an image", sql, values![id], ImageRecord::from_row).await
    }

    /// The image of this name.
    pub async fn image_by_name(&mut self, name: &str, scope: &Scope) -> Result<Option<ImageRecord>> {
        let sql = "SELECT * FROM images WHERE account = $1 AND region = $2 AND name = $3 AND name <> ''";
        self.record("read an image", sql, values![&scope.account, &scope.region, name], ImageRecord::from_row).await
    }

    /// Number of images of an account in a region; those that failed do not count.
    pub async fn images_count(&mut self, scope: &Scope) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM images WHERE account = $1 AND region = $2 AND status <> 'CreateFailed'";
        self.count("count images", sql, values![&scope.account, &scope.region]).await
    }

    /// Ids of the unfinished copies of an image, at most 100.
    pub async fn image_copies_in_progress(&mut self, source_image_id: &str) -> Result<Vec<String>> {
        let sql = "SELECT id FROM images WHERE source_image_id = $1 AND status IN ('Waiting', 'Creating')
                   ORDER BY id LIMIT 100";
        self.records("list copies of an image", sql, values![source_image_id], |row| row.value("id")).await
    }
}

impl Write {
    /// Adds an image. `false` when its name is taken.
    pub async fn image_insert(&mut self, image: &ImageRecord) -> Result<bool> {
        let sql = "INSERT INTO images (id, account, region, name, description, family, version, status, progress,
                       remain_s, is_copied, source_image_id, source_region, os_type, os_name, platform, architecture,
                       boot_mode, failure, created_at, license_type, nvme_support, imds_support)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                       $21, $22, $23)
                   ON CONFLICT DO NOTHING";
        let values = values![
            &image.id,
            &image.scope.account,
            &image.scope.region,
            &image.name,
            &image.description,
            &image.family,
            &image.version,
            &image.status,
            image.progress,
            image.remain_s,
            image.is_copied,
            &image.source_image_id,
            &image.source_region,
            &image.os_type,
            &image.os_name,
            &image.platform,
            &image.architecture,
            &image.boot_mode,
            &image.failure,
            image.created_at,
            &image.license_type,
            &image.nvme_support,
            &image.imds_support,
        ];
        Ok(self.execute("add an image", sql, values).await? == 1)
    }

    /// Writes what can change of an image. `false` when there is none of this id.
    ///
    /// Errors: the database's, when the new name is taken.
    pub async fn image_update(&mut self, image: &ImageRecord) -> Result<bool> {
        let sql = "UPDATE images SET name = $2, description = $3, family = $4, status = $5, progress = $6,
                       remain_s = $7, boot_mode = $8, failure = $9, license_type = $10, nvme_support = $11,
                       imds_support = $12
                   WHERE id = $1";
        let values = values![
            &image.id,
            &image.name,
            &image.description,
            &image.family,
            &image.status,
            image.progress,
            image.remain_s,
            &image.boot_mode,
            &image.failure,
            &image.license_type,
            &image.nvme_support,
            &image.imds_support,
        ];
        Ok(self.execute("change an image", sql, values).await? == 1)
    }

    /// Moves the progress of an image that is being made; it never goes back.
    pub async fn image_advance(&mut self, id: &str, progress: u32, remain_s: Option<u32>) -> Result<()> {
        let sql = "UPDATE images SET progress = $2, remain_s = $3
                   WHERE id = $1 AND status = 'Creating' AND progress <= $2";
        self.execute("move the progress of an image", sql, values![id, progress, remain_s]).await.map(drop)
    }

    /// Forgets an image; its disks must be gone.
    pub async fn image_delete(&mut self, id: &str) -> Result<()> {
        self.execute("forget an image", "DELETE FROM images WHERE id = $1", values![id]).await.map(drop)
    }
}
