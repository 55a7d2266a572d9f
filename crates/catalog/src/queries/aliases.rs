use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

use crate::error::{CatalogError, Result};
use crate::names::{KeyId, Scope};
use crate::page::{Page, PageRequest};
use crate::row;
use crate::session::{Read, Write};

/// A name of a key, unique within an account and region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasRecord {
    /// Owner and region.
    pub scope: Scope,
    /// The name with its prefix `alias/`.
    pub name: String,
    /// The key it stands for.
    pub key_id: KeyId,
    /// When it was made.
    pub created_at: Timestamp,
}

impl AliasRecord {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            scope: Scope { account: row::parsed(row, "account")?, region: row::parsed(row, "region")? },
            name: row::value(row, "name")?,
            key_id: row::parsed(row, "key_id")?,
            created_at: row::time(row, "created_at")?,
        })
    }
}

impl Read<'_> {
    /// The alias with this name.
    pub async fn alias_by_name(&mut self, name: &str, scope: &Scope) -> Result<Option<AliasRecord>> {
        let found = sqlx::query("SELECT * FROM aliases WHERE account = $1 AND region = $2 AND name = $3")
            .bind(scope.account.as_str())
            .bind(scope.region.as_str())
            .bind(name);
        let row = found.fetch_optional(&mut *self.connection).await.map_err(CatalogError::database("read an alias"))?;
        row.as_ref().map(AliasRecord::from_row).transpose()
    }

    /// Aliases of an account in a region, by name.
    pub async fn aliases_page(&mut self, scope: &Scope, page: PageRequest) -> Result<Page<AliasRecord>> {
        let failed = CatalogError::database("list aliases");
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM aliases WHERE account = $1 AND region = $2")
            .bind(scope.account.as_str())
            .bind(scope.region.as_str())
            .fetch_one(&mut *self.connection)
            .await
            .map_err(&failed)?;
        let rows =
            sqlx::query("SELECT * FROM aliases WHERE account = $1 AND region = $2 ORDER BY name LIMIT $3 OFFSET $4")
                .bind(scope.account.as_str())
                .bind(scope.region.as_str())
                .bind(page.limit())
                .bind(page.offset())
                .fetch_all(&mut *self.connection)
                .await
                .map_err(&failed)?;
        let items = rows.iter().map(AliasRecord::from_row).collect::<Result<_>>()?;
        Ok(Page { items, total_count: count.unsigned_abs() })
    }

    /// Aliases of one key, by name.
    pub async fn aliases_of_key(&mut self, key_id: KeyId) -> Result<Vec<AliasRecord>> {
        let found = sqlx::query("SELECT * FROM aliases WHERE key_id = $1 ORDER BY name").bind(key_id.to_string());
        let rows = found.fetch_all(&mut *self.connection).await.map_err(CatalogError::database("list aliases"))?;
        rows.iter().map(AliasRecord::from_row).collect()
    }
}

impl Write<'_> {
    /// Adds an alias. `false` when the name is taken; nothing is changed then.
    pub async fn alias_insert(&mut self, alias: &AliasRecord) -> Result<bool> {
        let insert = sqlx::query(
            "INSERT INTO aliases (account, region, name, key_id, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(alias.scope.account.as_str())
        .bind(alias.scope.region.as_str())
        .bind(&alias.name)
        .bind(alias.key_id.to_string())
        .bind(alias.created_at.as_millisecond());
        let done = insert.execute(&mut *self.transaction).await.map_err(CatalogError::database("add an alias"))?;
        Ok(done.rows_affected() == 1)
    }

    /// Points an alias at another key. `false` when there is no such alias.
    pub async fn alias_update(&mut self, name: &str, key_id: KeyId, scope: &Scope) -> Result<bool> {
        let update = sqlx::query("UPDATE aliases SET key_id = $4 WHERE account = $1 AND region = $2 AND name = $3")
            .bind(scope.account.as_str())
            .bind(scope.region.as_str())
            .bind(name)
            .bind(key_id.to_string());
        let done = update.execute(&mut *self.transaction).await.map_err(CatalogError::database("change an alias"))?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes an alias. `false` when there is no such alias.
    pub async fn alias_delete(&mut self, name: &str, scope: &Scope) -> Result<bool> {
        let delete = sqlx::query("DELETE FROM aliases WHERE account = $1 AND region = $2 AND name = $3")
            .bind(scope.account.as_str())
            .bind(scope.region.as_str())
            .bind(name);
        let done = delete.execute(&mut *self.transaction).await.map_err(CatalogError::database("remove an alias"))?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes all aliases of a key.
    pub async fn aliases_delete_of_key(&mut self, key_id: KeyId) -> Result<()> {
        let delete = sqlx::query("DELETE FROM aliases WHERE key_id = $1").bind(key_id.to_string());
        let done = delete.execute(&mut *self.transaction).await;
        done.map(drop).map_err(CatalogError::database("remove the aliases of a key"))
    }
}
