use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

use crate::error::{CatalogError, Result};
use crate::names::{KeyId, KeyVersionId};
use crate::row;
use crate::session::{Read, Write};

/// One version of a key: the material that wraps data keys.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyVersionRecord {
    /// Its id.
    pub id: KeyVersionId,
    /// The key it belongs to.
    pub key_id: KeyId,
    /// Key material wrapped under the root key; `None` once it is destroyed.
    pub material: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl KeyVersionRecord {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            id: row::parsed(row, "id")?,
            key_id: row::parsed(row, "key_id")?,
            material: row::value(row, "material")?,
            created_at: row::time(row, "created_at")?,
        })
    }
}

impl Read<'_> {
    /// One version.
    pub async fn key_version_by_id(&mut self, id: KeyVersionId) -> Result<Option<KeyVersionRecord>> {
        let found = sqlx::query("SELECT * FROM key_versions WHERE id = $1").bind(id.to_string());
        let row =
            found.fetch_optional(&mut *self.connection).await.map_err(CatalogError::database("read a key version"))?;
        row.as_ref().map(KeyVersionRecord::from_row).transpose()
    }
}

impl Write<'_> {
    /// Adds a version.
    pub async fn key_version_insert(&mut self, version: &KeyVersionRecord) -> Result<()> {
        let insert = sqlx::query("INSERT INTO key_versions (id, key_id, material, created_at) VALUES ($1, $2, $3, $4)")
            .bind(version.id.to_string())
            .bind(version.key_id.to_string())
            .bind(version.material.as_deref())
            .bind(version.created_at.as_millisecond());
        let done = insert.execute(&mut *self.transaction).await;
        done.map(drop).map_err(CatalogError::database("add a key version"))
    }

    /// Destroys the material of all versions of a key. The bytes are overwritten in the file.
    pub async fn key_versions_destroy(&mut self, key_id: KeyId) -> Result<()> {
        let update = sqlx::query("UPDATE key_versions SET material = NULL WHERE key_id = $1").bind(key_id.to_string());
        let done = update.execute(&mut *self.transaction).await;
        done.map(drop).map_err(CatalogError::database("destroy the material of a key"))
    }
}
