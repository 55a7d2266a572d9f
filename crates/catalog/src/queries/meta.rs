use crate::error::{CatalogError, Result};
use crate::session::{Read, Write};

impl Read<'_> {
    /// A value of the catalog as a whole.
    pub async fn meta_by_name(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let found = sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(name);
        found.fetch_optional(&mut *self.connection).await.map_err(CatalogError::database("read a value"))
    }
}

impl Write<'_> {
    /// Adds a value of the catalog as a whole. Fails when the name is taken.
    pub async fn meta_insert(&mut self, name: &str, value: &[u8]) -> Result<()> {
        let insert = sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2)").bind(name).bind(value);
        let done = insert.execute(&mut *self.transaction).await;
        done.map(drop).map_err(CatalogError::database("add a value"))
    }
}
