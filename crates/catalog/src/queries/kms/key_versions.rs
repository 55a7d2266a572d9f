use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::{KeyId, KeyVersionId, Scope};
use crate::page::{Page, PageRequest};
use crate::read::Read;
use crate::writer::Write;

/// One version of a key: the material that wraps data keys, or signs.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyVersionRecord {
    /// Its id.
    pub id: KeyVersionId,
    /// The key it belongs to.
    pub key_id: KeyId,
    /// Key material wrapped under the root key; `None` before it is imported, and once it is deleted or destroyed.
    pub material: Option<Vec<u8>>,
    /// Public half of an asymmetric key, DER.
    pub public_key: Option<Vec<u8>>,
    /// SHA-256 of imported material; stays when the material is deleted.
    pub fingerprint: Option<[u8; 32]>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl KeyVersionRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            key_id: row.parsed("key_id")?,
            material: row.value("material")?,
            public_key: row.value("public_key")?,
            fingerprint: row.digest_or_none("fingerprint")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Read<'_> {
    /// One version.
    pub async fn key_version_by_id(&mut self, id: KeyVersionId) -> Result<Option<KeyVersionRecord>> {
        let sql = "SELECT * FROM key_versions WHERE id = $1";
        self.record("read a key version", sql, values![id], KeyVersionRecord::from_row).await
    }

    /// Versions of a key, oldest first.
    pub async fn key_versions_page(&mut self, key_id: KeyId, page: PageRequest) -> Result<Page<KeyVersionRecord>> {
        let count = "SELECT count(*) AS n FROM key_versions WHERE key_id = $1";
        let list = "SELECT * FROM key_versions WHERE key_id = $1 ORDER BY created_at, id LIMIT $2 OFFSET $3";
        let from_row = KeyVersionRecord::from_row;
        self.page("list the versions of a key", (count, list), values![key_id], page, from_row).await
    }

    /// Number of versions of all user keys in an account and region, counted up to `at_most`: for a quota, whatever its size.
    pub async fn key_versions_count(&mut self, scope: &Scope, at_most: u32) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM (SELECT 1 FROM keys JOIN key_versions ON key_versions.key_id = keys.id
                   WHERE account = $1 AND region = $2 AND service = '' AND destroyed_at IS NULL LIMIT $3) AS counted";
        self.count("count key versions", sql, values![&scope.account, &scope.region, at_most]).await
    }

    /// Up to `limit` versions with material, of all accounts, in the order of their ids, behind `after`: for a new root key.
    pub async fn key_versions_with_material(
        &mut self,
        after: Option<KeyVersionId>,
        limit: u32,
    ) -> Result<Vec<KeyVersionRecord>> {
        let sql = "SELECT * FROM key_versions WHERE id > $1 AND material IS NOT NULL ORDER BY id LIMIT $2";
        let after = after.map_or(String::new(), |id| id.to_string());
        self.records("list key versions", sql, values![after, limit], KeyVersionRecord::from_row).await
    }
}

impl Write {
    /// Adds a version.
    pub async fn key_version_insert(&mut self, version: &KeyVersionRecord) -> Result<()> {
        let sql = "INSERT INTO key_versions (id, key_id, material, public_key, fingerprint, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![
            version.id,
            version.key_id,
            &version.material,
            &version.public_key,
            version.fingerprint,
            version.created_at,
        ];
        self.execute("add a key version", sql, values).await.map(drop)
    }

    /// Writes what of a version may change: its material, public key and fingerprint. The rest of `version` is ignored.
    pub async fn key_version_update(&mut self, version: &KeyVersionRecord) -> Result<()> {
        let sql = "UPDATE key_versions SET material = $2, public_key = $3, fingerprint = $4 WHERE id = $1";
        let values = values![version.id, &version.material, &version.public_key, version.fingerprint];
        self.execute("change a key version", sql, values).await.map(drop)
    }

    /// Destroys the material of all versions of a key. The bytes are overwritten in the file; fingerprints and public keys stay.
    pub async fn key_versions_destroy(&mut self, key_id: KeyId) -> Result<()> {
        let sql = "UPDATE key_versions SET material = NULL WHERE key_id = $1";
        self.execute("destroy the material of a key", sql, values![key_id]).await.map(drop)
    }
}
