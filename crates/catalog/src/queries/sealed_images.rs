use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

use crate::error::{CatalogError, Result};
use crate::names::{KeyId, KeyVersionId};
use crate::page::{Page, PageRequest};
use crate::row;
use crate::session::{Read, Write};

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
    /// How it was made: `encrypt`, `reencrypt`, `rewrap` or `keep`.
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
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            image: SealedImage {
                image_id: row::value(row, "image_id")?,
                path: row::value(row, "path")?,
                key_id: row::parsed(row, "key_id")?,
                key_version_id: row::parsed(row, "key_version_id")?,
                luks_uuid: row::value(row, "luks_uuid")?,
                mk_digest: row::value(row, "mk_digest")?,
                envelope: row::value(row, "envelope")?,
                mode: row::value(row, "mode")?,
            },
            sealed_at: row::time(row, "sealed_at")?,
        })
    }
}

impl Read<'_> {
    /// Images under a key, in the order they were recorded.
    pub async fn sealed_images_of_key(&mut self, key_id: KeyId, page: PageRequest) -> Result<Page<SealedImageRecord>> {
        let failed = CatalogError::database("list the images of a key");
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM sealed_images WHERE key_id = $1")
            .bind(key_id.to_string())
            .fetch_one(&mut *self.connection)
            .await
            .map_err(&failed)?;
        let rows = sqlx::query("SELECT * FROM sealed_images WHERE key_id = $1 ORDER BY id LIMIT $2 OFFSET $3")
            .bind(key_id.to_string())
            .bind(page.limit())
            .bind(page.offset())
            .fetch_all(&mut *self.connection)
            .await
            .map_err(&failed)?;
        let items = rows.iter().map(SealedImageRecord::from_row).collect::<Result<_>>()?;
        Ok(Page { items, total_count: count.unsigned_abs() })
    }

    /// Images with this LUKS uuid, newest first, at most 64.
    pub async fn sealed_images_by_luks_uuid(&mut self, luks_uuid: &str) -> Result<Vec<SealedImageRecord>> {
        let found = sqlx::query("SELECT * FROM sealed_images WHERE luks_uuid = $1 ORDER BY id DESC LIMIT $2")
            .bind(luks_uuid)
            .bind(SAME_HEADER_MAX);
        let rows = found.fetch_all(&mut *self.connection).await.map_err(CatalogError::database("look for an image"))?;
        rows.iter().map(SealedImageRecord::from_row).collect()
    }
}

impl Write<'_> {
    /// Records an image. The same image at the same path replaces its earlier record: a copy that was resumed comes here twice.
    pub async fn sealed_image_insert(&mut self, record: &SealedImageRecord) -> Result<()> {
        let image = &record.image;
        let insert = sqlx::query(
            "INSERT OR REPLACE INTO sealed_images
                 (image_id, path, key_id, key_version_id, luks_uuid, mk_digest, envelope, mode, sealed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&image.image_id)
        .bind(&image.path)
        .bind(image.key_id.to_string())
        .bind(image.key_version_id.to_string())
        .bind(&image.luks_uuid)
        .bind(&image.mk_digest)
        .bind(&image.envelope)
        .bind(&image.mode)
        .bind(record.sealed_at.as_millisecond());
        let done = insert.execute(&mut *self.transaction).await;
        done.map(drop).map_err(CatalogError::database("record an image"))
    }

    /// Forgets the record of an image at a path; nothing happens when there is none.
    ///
    /// Errors: the database's.
    pub async fn sealed_image_delete(&mut self, image_id: &str, path: &str) -> Result<()> {
        let delete =
            sqlx::query("DELETE FROM sealed_images WHERE image_id = $1 AND path = $2").bind(image_id).bind(path);
        let done = delete.execute(&mut *self.transaction).await;
        done.map(drop).map_err(CatalogError::database("forget an image"))
    }
}
