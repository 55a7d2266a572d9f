use crate::database::values;
use crate::error::Result;
use crate::read::Read;
use crate::writer::Write;

impl Read<'_> {
    /// A value of the catalog as a whole.
    pub async fn meta_by_name(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT value FROM meta WHERE name = $1";
        self.record("read a value", sql, values![name], |row| row.value("value")).await
    }

    /// Names and values whose name begins with `prefix`, in the order of their names. The prefix is no pattern.
    pub async fn meta_by_prefix(&mut self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let sql = "SELECT name, value FROM meta WHERE substr(name, 1, length($1)) = $1 ORDER BY name";
        self.records("list values", sql, values![prefix], |row| Ok((row.value("name")?, row.value("value")?))).await
    }
}

impl Write {
    /// Adds a value of the catalog as a whole. Fails when the name is taken.
    pub async fn meta_insert(&mut self, name: &str, value: &[u8]) -> Result<()> {
        let sql = "INSERT INTO meta (name, value) VALUES ($1, $2)";
        self.execute("add a value", sql, values![name, value]).await.map(drop)
    }

    /// Changes a value of the catalog as a whole. `false` when there is no such name.
    pub async fn meta_update(&mut self, name: &str, value: &[u8]) -> Result<bool> {
        let sql = "UPDATE meta SET value = $2 WHERE name = $1";
        Ok(self.execute("change a value", sql, values![name, value]).await? == 1)
    }
}
