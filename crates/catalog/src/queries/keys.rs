use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

use crate::error::{CatalogError, Result};
use crate::names::{KeyId, KeyVersionId, Scope};
use crate::page::{Page, PageRequest};
use crate::row;
use crate::session::{Read, Write};

/// State of a key. Which call is allowed in which is decided in `kms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Can be used.
    Enabled,
    /// Cannot be used until it is enabled again.
    Disabled,
    /// Cannot be used and will be destroyed when its waiting time ends.
    PendingDeletion,
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
        })
    }
}

/// Text that is not a state of a key.
#[derive(Debug)]
pub struct UnknownKeyState;

impl FromStr for KeyState {
    type Err = UnknownKeyState;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownKeyState> {
        [Self::Enabled, Self::Disabled, Self::PendingDeletion]
            .into_iter()
            .find(|state| state.to_string() == text)
            .ok_or(UnknownKeyState)
    }
}

/// A key: everything but its material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id.
    pub id: KeyId,
    /// Owner and region.
    pub scope: Scope,
    /// The service it belongs to, such as `ecs`; empty for a key that a user made.
    pub service: String,
    /// Its state.
    pub state: KeyState,
    /// `Aliyun_AES_256`.
    pub spec: String,
    /// `ENCRYPT/DECRYPT`.
    pub usage: String,
    /// `Aliyun_KMS`: the material was made here.
    pub origin: String,
    /// Text for people.
    pub description: String,
    /// Whether a deletion may not be scheduled.
    pub deletion_protection: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the waiting time ends; present exactly in `PendingDeletion`.
    pub delete_at: Option<Timestamp>,
    /// When its material was destroyed. Such a key is gone for every call; the record only says why.
    pub destroyed_at: Option<Timestamp>,
    /// The version that wraps new data keys.
    pub primary_version: KeyVersionId,
}

impl KeyRecord {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            id: row::parsed(row, "id")?,
            scope: Scope { account: row::parsed(row, "account")?, region: row::parsed(row, "region")? },
            service: row::value(row, "service")?,
            state: row::parsed(row, "state")?,
            spec: row::value(row, "spec")?,
            usage: row::value(row, "usage")?,
            origin: row::value(row, "origin")?,
            description: row::value(row, "description")?,
            deletion_protection: row::value(row, "deletion_protection")?,
            created_at: row::time(row, "created_at")?,
            delete_at: row::time_or_none(row, "delete_at")?,
            destroyed_at: row::time_or_none(row, "destroyed_at")?,
            primary_version: row::parsed(row, "primary_version")?,
        })
    }
}

impl Read<'_> {
    /// One key of any account and region, destroyed or not.
    pub async fn key_by_id(&mut self, id: KeyId) -> Result<Option<KeyRecord>> {
        let found = sqlx::query("SELECT * FROM keys WHERE id = $1").bind(id.to_string());
        let row = found.fetch_optional(&mut *self.connection).await.map_err(CatalogError::database("read a key"))?;
        row.as_ref().map(KeyRecord::from_row).transpose()
    }

    /// Whether there is any key, of any account, destroyed or not.
    pub async fn key_exists(&mut self) -> Result<bool> {
        let exists = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM keys)");
        exists.fetch_one(&mut *self.connection).await.map_err(CatalogError::database("look for keys"))
    }

    /// Keys of an account in a region, oldest first, without destroyed ones.
    pub async fn keys_page(&mut self, scope: &Scope, page: PageRequest) -> Result<Page<KeyRecord>> {
        let failed = CatalogError::database("list keys");
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM keys WHERE account = $1 AND region = $2 AND destroyed_at IS NULL")
                .bind(scope.account.as_str())
                .bind(scope.region.as_str())
                .fetch_one(&mut *self.connection)
                .await
                .map_err(&failed)?;
        let rows = sqlx::query(
            "SELECT * FROM keys WHERE account = $1 AND region = $2 AND destroyed_at IS NULL
             ORDER BY created_at, id LIMIT $3 OFFSET $4",
        )
        .bind(scope.account.as_str())
        .bind(scope.region.as_str())
        .bind(page.limit())
        .bind(page.offset())
        .fetch_all(&mut *self.connection)
        .await
        .map_err(&failed)?;
        let items = rows.iter().map(KeyRecord::from_row).collect::<Result<_>>()?;
        Ok(Page { items, total_count: count.unsigned_abs() })
    }

    /// Keys of all accounts whose waiting time has ended at `now` and that are not destroyed yet.
    pub async fn keys_due(&mut self, now: Timestamp) -> Result<Vec<KeyId>> {
        let due = sqlx::query(
            "SELECT id FROM keys WHERE delete_at IS NOT NULL AND delete_at <= $1 AND destroyed_at IS NULL ORDER BY delete_at",
        )
        .bind(now.as_millisecond());
        let rows =
            due.fetch_all(&mut *self.connection).await.map_err(CatalogError::database("list keys to destroy"))?;
        rows.iter().map(|row| row::parsed(row, "id")).collect()
    }
}

impl Write<'_> {
    /// Adds a key. Its primary version must be there when the change is committed.
    pub async fn key_insert(&mut self, key: &KeyRecord) -> Result<()> {
        let insert = sqlx::query(
            "INSERT INTO keys (id, account, region, service, state, spec, usage, origin, description,
                               deletion_protection, created_at, delete_at, destroyed_at, primary_version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(key.id.to_string())
        .bind(key.scope.account.as_str())
        .bind(key.scope.region.as_str())
        .bind(&key.service)
        .bind(key.state.to_string())
        .bind(&key.spec)
        .bind(&key.usage)
        .bind(&key.origin)
        .bind(&key.description)
        .bind(key.deletion_protection)
        .bind(key.created_at.as_millisecond())
        .bind(key.delete_at.map(Timestamp::as_millisecond))
        .bind(key.destroyed_at.map(Timestamp::as_millisecond))
        .bind(key.primary_version.to_string());
        let done = insert.execute(&mut *self.transaction).await;
        done.map(drop).map_err(CatalogError::database("add a key"))
    }

    /// Writes what of a key may change: state, description, protection and times. The rest of `key` is ignored.
    pub async fn key_update(&mut self, key: &KeyRecord) -> Result<()> {
        let update = sqlx::query(
            "UPDATE keys SET state = $2, description = $3, deletion_protection = $4, delete_at = $5, destroyed_at = $6
             WHERE id = $1",
        )
        .bind(key.id.to_string())
        .bind(key.state.to_string())
        .bind(&key.description)
        .bind(key.deletion_protection)
        .bind(key.delete_at.map(Timestamp::as_millisecond))
        .bind(key.destroyed_at.map(Timestamp::as_millisecond));
        let done = update.execute(&mut *self.transaction).await;
        done.map(drop).map_err(CatalogError::database("change a key"))
    }
}
