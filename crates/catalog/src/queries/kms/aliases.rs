use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::{KeyId, Scope};
use crate::page::{Page, PageRequest};
use crate::queries::ids::of_ids;
use crate::read::Read;
use crate::writer::Write;

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
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            scope: row.scope()?,
            name: row.value("name")?,
            key_id: row.parsed("key_id")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Read<'_> {
    /// The alias with this name.
    pub async fn alias_by_name(&mut self, name: &str, scope: &Scope) -> Result<Option<AliasRecord>> {
        let sql = "SELECT * FROM aliases WHERE account = $1 AND region = $2 AND name = $3";
        let values = values![&scope.account, &scope.region, name];
        self.record("read an alias", sql, values, AliasRecord::from_row).await
    }

    /// Aliases of an account in a region, by name.
    pub async fn aliases_page(&mut self, scope: &Scope, page: PageRequest) -> Result<Page<AliasRecord>> {
        let count = "SELECT count(*) AS n FROM aliases WHERE account = $1 AND region = $2";
        let list = "SELECT * FROM aliases WHERE account = $1 AND region = $2 ORDER BY name LIMIT $3 OFFSET $4";
        let values = values![&scope.account, &scope.region];
        self.page("list aliases", (count, list), values, page, AliasRecord::from_row).await
    }

    /// The first alias of each of these keys that has one in this scope, by the ids of the keys.
    pub async fn first_aliases(&mut self, key_ids: &[&str], scope: &Scope) -> Result<Vec<AliasRecord>> {
        let sql = of_ids!(
            "SELECT * FROM aliases a WHERE a.account = $101 AND a.region = $102
               AND a.name = (SELECT min(b.name) FROM aliases b
                             WHERE b.key_id = a.key_id AND b.account = a.account AND b.region = a.region)
               AND a.key_id",
            " ORDER BY a.key_id"
        );
        let scope = values![&scope.account, &scope.region];
        self.records_of_ids("list the first aliases of keys", sql, (key_ids, scope), AliasRecord::from_row).await
    }

    /// Aliases of one key, by name.
    pub async fn aliases_of_key(&mut self, key_id: KeyId) -> Result<Vec<AliasRecord>> {
        let sql = "SELECT * FROM aliases WHERE key_id = $1 ORDER BY name";
        self.records("list aliases", sql, values![key_id], AliasRecord::from_row).await
    }

    /// Aliases of one key, by name, in pages.
    pub async fn aliases_page_of_key(&mut self, key_id: KeyId, page: PageRequest) -> Result<Page<AliasRecord>> {
        let count = "SELECT count(*) AS n FROM aliases WHERE key_id = $1";
        let list = "SELECT * FROM aliases WHERE key_id = $1 ORDER BY name LIMIT $2 OFFSET $3";
        self.page("list aliases", (count, list), values![key_id], page, AliasRecord::from_row).await
    }

    /// Number of aliases that users made in an account and region, counted up to `at_most`: for a quota, whatever its size.
    pub async fn aliases_count(&mut self, scope: &Scope, at_most: u32) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM (SELECT 1 FROM aliases WHERE account = $1 AND region = $2
                   AND substr(name, 1, 10) <> 'alias/acs/' LIMIT $3) AS counted";
        self.count("count aliases", sql, values![&scope.account, &scope.region, at_most]).await
    }
}

impl Write {
    /// Adds an alias. `false` when the name is taken; nothing is changed then.
    pub async fn alias_insert(&mut self, alias: &AliasRecord) -> Result<bool> {
        let sql = "INSERT INTO aliases (account, region, name, key_id, created_at) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT DO NOTHING";
        let scope = &alias.scope;
        let values = values![&scope.account, &scope.region, &alias.name, alias.key_id, alias.created_at];
        Ok(self.execute("add an alias", sql, values).await? == 1)
    }

    /// Points an alias at another key. `false` when there is no such alias.
    pub async fn alias_update(&mut self, name: &str, key_id: KeyId, scope: &Scope) -> Result<bool> {
        let sql = "UPDATE aliases SET key_id = $4 WHERE account = $1 AND region = $2 AND name = $3";
        let values = values![&scope.account, &scope.region, name, key_id];
        Ok(self.execute("change an alias", sql, values).await? == 1)
    }

    /// Removes an alias. `false` when there is no such alias.
    pub async fn alias_delete(&mut self, name: &str, scope: &Scope) -> Result<bool> {
        let sql = "DELETE FROM aliases WHERE account = $1 AND region = $2 AND name = $3";
        let values = values![&scope.account, &scope.region, name];
        Ok(self.execute("remove an alias", sql, values).await? == 1)
    }

    /// Removes all aliases of a key.
    pub async fn aliases_delete_of_key(&mut self, key_id: KeyId) -> Result<()> {
        let sql = "DELETE FROM aliases WHERE key_id = $1";
        self.execute("remove the aliases of a key", sql, values![key_id]).await.map(drop)
    }
}
