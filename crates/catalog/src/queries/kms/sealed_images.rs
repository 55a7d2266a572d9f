use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::{KeyId, KeyVersionId};
use crate::page::{Page, PageRequest};
use crate::read::Read;
use crate::writer::Write;

/// Most records that one LUKS uuid is answered with: one a copy that kept its header.
const SAME_HEADER_MAX: i64 = 64;

/// What is remembered of an image file that was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedImage {
    /// Image id, as in the envelope's context.
    pub image_id: String,
    /// Where the file was when it was written.
    pub path: String,
    /// The key that wraps its data key.
    pub key_id: KeyId,
    /// Version of that key.
    pub key_version_id: KeyVersionId,
    /// UUID in the LUKS header.
    pub luks_uuid: String,
    /// Digest of the LUKS master key, hex.
    pub mk_digest: String,
    /// Text of the envelope as it stands in the file.
    pub envelope: String,
    /// How it was made: `encrypt`, `reencrypt`, `rewrap`, `keep` or `disk`; `copying` for one that is being made, and `backing` for what a
    /// disk lies on, whose other texts are empty.
    pub mode: String,
}

/// A sealed image and when it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedImageRecord {
    /// The image.
    pub image: SealedImage,
    /// When it was recorded.
    pub sealed_at: Timestamp,
}

impl SealedImageRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            image: SealedImage {
                image_id: row.value("image_id")?,
                path: row.value("path")?,
                key_id: row.parsed("key_id")?,
                key_version_id: row.parsed("key_version_id")?,
                luks_uuid: row.value("luks_uuid")?,
                mk_digest: row.value("mk_digest")?,
                envelope: row.value("envelope")?,
                mode: row.value("mode")?,
            },
            sealed_at: row.time("sealed_at")?,
        })
    }
}

impl Read<'_> {
    /// Images under a key, in the order they were recorded.
    pub async fn sealed_images_of_key(&mut self, key_id: KeyId, page: PageRequest) -> Result<Page<SealedImageRecord>> {
        let count = "SELECT count(*) AS n FROM sealed_images WHERE key_id = $1";
        let list = "SELECT * FROM sealed_images WHERE key_id = $1 ORDER BY id LIMIT $2 OFFSET $3";
        let action = "list the images of a key";
        self.page(action, (count, list), values![key_id], page, SealedImageRecord::from_row).await
    }

    /// What is recorded at a path.
    pub async fn sealed_images_at(&mut self, path: &str) -> Result<Vec<SealedImageRecord>> {
        let sql = "SELECT * FROM sealed_images WHERE path = $1 ORDER BY id";
        self.records("look for an image", sql, values![path], SealedImageRecord::from_row).await
    }

    /// Whether a sealed file is recorded anywhere: a copy that kept its bytes has the same id in its envelope.
    pub async fn sealed_image_is_recorded(&mut self, image_id: &str) -> Result<bool> {
        let sql = "SELECT count(*) AS n FROM sealed_images WHERE image_id = $1";
        Ok(self.count("look for an image", sql, values![image_id]).await? > 0)
    }

    /// The same, but for what is recorded at one path. What a disk lies on is never the disk's alone.
    pub async fn sealed_image_is_recorded_elsewhere(&mut self, image_id: &str, path: &str) -> Result<bool> {
        let sql = "SELECT count(*) AS n FROM sealed_images WHERE image_id = $1 AND (path <> $2 OR mode = 'backing')";
        Ok(self.count("look for an image", sql, values![image_id, path]).await? > 0)
    }

    /// Images with this LUKS uuid, newest first, at most 64.
    pub async fn sealed_images_by_luks_uuid(&mut self, luks_uuid: &str) -> Result<Vec<SealedImageRecord>> {
        let sql = "SELECT * FROM sealed_images WHERE luks_uuid = $1 ORDER BY id DESC LIMIT $2";
        let values = values![luks_uuid, SAME_HEADER_MAX];
        self.records("look for an image", sql, values, SealedImageRecord::from_row).await
    }
}

impl Write {
    /// Records an image. The same image at the same path replaces its earlier record: a copy that was resumed comes here twice.
    pub async fn sealed_image_insert(&mut self, record: &SealedImageRecord) -> Result<()> {
        let image = &record.image;
        // Not an update: the record is the newest of its key then, and lists are in the order of recording.
        self.sealed_image_delete(&image.image_id, &image.path).await?;
        let sql = "INSERT INTO sealed_images
                       (image_id, path, key_id, key_version_id, luks_uuid, mk_digest, envelope, mode, sealed_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let values = values![
            &image.image_id,
            &image.path,
            image.key_id,
            image.key_version_id,
            &image.luks_uuid,
            &image.mk_digest,
            &image.envelope,
            &image.mode,
            record.sealed_at,
        ];
        self.execute("record an image", sql, values).await.map(drop)
    }

    /// Forgets everything that is recorded at a path.
    pub async fn sealed_images_delete_at(&mut self, path: &str) -> Result<()> {
        let sql = "DELETE FROM sealed_images WHERE path = $1";
        self.execute("forget an image", sql, values![path]).await.map(drop)
    }

    /// Forgets the record of an image at a path; nothing happens when there is none.
    ///
    /// Errors: the database's.
    pub async fn sealed_image_delete(&mut self, image_id: &str, path: &str) -> Result<()> {
        let sql = "DELETE FROM sealed_images WHERE image_id = $1 AND path = $2";
        self.execute("forget an image", sql, values![image_id, path]).await.map(drop)
    }
}
