use jiff::Timestamp;

use super::key_filter::KeyFilter;
use super::key_record::KeyRecord;
use crate::database::values;
use crate::error::Result;
use crate::names::{KeyId, Scope};
use crate::page::{Page, PageRequest};
use crate::read::Read;
use crate::writer::Write;

/// Most keys that one look for work to do gives; the rest is given by the next.
const DUE_MAX: u32 = 1000;

impl Read<'_> {
    /// One key of any account and region, destroyed or not.
    pub async fn key_by_id(&mut self, id: KeyId) -> Result<Option<KeyRecord>> {
        self.record("read a key", "SELECT * FROM keys WHERE id = $1", values![id], KeyRecord::from_row).await
    }

    /// Whether there is any key, of any account, destroyed or not.
    pub async fn key_exists(&mut self) -> Result<bool> {
        let sql = "SELECT count(*) AS n FROM (SELECT 1 FROM keys LIMIT 1) AS counted";
        Ok(self.count("look for keys", sql, values![]).await? == 1)
    }

    /// Keys of an account in a region that pass `filter`, oldest first, without destroyed ones.
    pub async fn keys_page(&mut self, filter: &KeyFilter, scope: &Scope, page: PageRequest) -> Result<Page<KeyRecord>> {
        macro_rules! matching {
            ($select:literal, $rest:literal) => {
                concat!(
                    $select,
                    " FROM keys WHERE account = $1 AND region = $2 AND destroyed_at IS NULL
                      AND ($3 = '' OR replace($3, '|' || state || '|', '') <> $3)
                      AND ($4 = '' OR replace($4, '|' || spec || '|', '') <> $4)
                      AND ($5 = '' OR replace($5, '|' || usage || '|', '') <> $5)
                      AND ($6 = '' OR replace($6, '|' || origin || '|', '') <> $6)
                      AND ($7 = '' OR replace($7, '|' || protection_level || '|', '') <> $7)
                      AND ($8 = '' OR replace($8, '|' || creator || '|', '') <> $8)
                      AND ($9 IS NULL OR material_expires_at <= $9)",
                    $rest
                )
            };
        }
        let count = matching!("SELECT count(*) AS n", "");
        let list = matching!("SELECT *", " ORDER BY created_at, id LIMIT $10 OFFSET $11");
        let mut values = values![&scope.account, &scope.region];
        values.extend(filter.values());
        values.push(filter.material_expires_to.into());
        self.page("list keys", (count, list), values, page, KeyRecord::from_row).await
    }

    /// Number of user keys in an account and region, counted up to `at_most`: for a quota, whatever its size.
    pub async fn keys_count(&mut self, scope: &Scope, at_most: u32) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM (SELECT 1 FROM keys WHERE account = $1 AND region = $2
                   AND service = '' AND destroyed_at IS NULL LIMIT $3) AS counted";
        self.count("count keys", sql, values![&scope.account, &scope.region, at_most]).await
    }

    /// Keys of all accounts whose waiting time has ended at `now` and that are not destroyed yet; at most 1,000, the longest first.
    pub async fn keys_due(&mut self, now: Timestamp) -> Result<Vec<KeyId>> {
        let sql = "SELECT id FROM keys WHERE delete_at IS NOT NULL AND delete_at <= $1 AND destroyed_at IS NULL
                   ORDER BY delete_at LIMIT $2";
        self.records("list keys to destroy", sql, values![now, DUE_MAX], |row| row.parsed("id")).await
    }

    /// Enabled keys of all accounts whose rotation is due at `now`; at most 1,000, the longest first.
    pub async fn keys_to_rotate(&mut self, now: Timestamp) -> Result<Vec<KeyId>> {
        let sql = "SELECT id FROM keys WHERE rotate_at IS NOT NULL AND rotate_at <= $1
                   AND rotation_enabled = 1 AND state = 'Enabled' ORDER BY rotate_at LIMIT $2";
        self.records("list keys to rotate", sql, values![now, DUE_MAX], |row| row.parsed("id")).await
    }

    /// Keys of all accounts whose imported material is expired at `now`; at most 1,000, the longest first.
    pub async fn keys_to_expire(&mut self, now: Timestamp) -> Result<Vec<KeyId>> {
        let sql = "SELECT id FROM keys WHERE material_expires_at IS NOT NULL AND material_expires_at <= $1
                   AND destroyed_at IS NULL ORDER BY material_expires_at LIMIT $2";
        self.records("list expired keys", sql, values![now, DUE_MAX], |row| row.parsed("id")).await
    }
}

impl Write {
    /// Adds a key. Its primary version must be added in the same change: a commit without it fails, and all changes that share it.
    pub async fn key_insert(&mut self, key: &KeyRecord) -> Result<()> {
        let sql =
            "INSERT INTO keys (id, account, region, service, creator, state, spec, usage, origin, protection_level,
                       description, deletion_protection, deletion_protection_description, policy, created_at, delete_at,
                       destroyed_at, material_expires_at, rotation_enabled, rotation_interval_s, rotated_at, rotate_at,
                       primary_version)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                       $21, $22, $23)";
        let values = values![
            key.id,
            &key.scope.account,
            &key.scope.region,
            &key.service,
            &key.creator,
            key.state.to_string(),
            &key.spec,
            &key.usage,
            &key.origin,
            &key.protection_level,
            &key.description,
            key.deletion_protection,
            &key.deletion_protection_description,
            &key.policy,
            key.created_at,
            key.delete_at,
            key.destroyed_at,
            key.material_expires_at,
            key.rotation.enabled,
            key.rotation.interval_s,
            key.rotation.rotated_at,
            key.rotation.rotate_at,
            key.primary_version,
        ];
        self.execute("add a key", sql, values).await.map(drop)
    }

    /// Writes what of a key may change: state, description, protection, policy, times, rotation and primary version. Owner, creator,
    /// spec, usage, origin and protection level of `key` are ignored.
    pub async fn key_update(&mut self, key: &KeyRecord) -> Result<()> {
        let sql = "UPDATE keys SET state = $2, description = $3, deletion_protection = $4,
                       deletion_protection_description = $5, policy = $6, delete_at = $7, destroyed_at = $8,
                       material_expires_at = $9, rotation_enabled = $10, rotation_interval_s = $11, rotated_at = $12,
                       rotate_at = $13, primary_version = $14
                   WHERE id = $1";
        let values = values![
            key.id,
            key.state.to_string(),
            &key.description,
            key.deletion_protection,
            &key.deletion_protection_description,
            &key.policy,
            key.delete_at,
            key.destroyed_at,
            key.material_expires_at,
            key.rotation.enabled,
            key.rotation.interval_s,
            key.rotation.rotated_at,
            key.rotation.rotate_at,
            key.primary_version,
        ];
        self.execute("change a key", sql, values).await.map(drop)
    }
}
