use crate::database::{Row, values};
use crate::error::Result;
use crate::names::{KeyId, Scope};
use crate::read::Read;
use crate::writer::Write;

/// What disks of an account in a region are under where a call does not say so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskEncryptionDefault {
    /// Whether they are encrypted.
    pub is_enabled: bool,
    /// The key; `None` for the service key.
    pub key_id: Option<KeyId>,
}

impl DiskEncryptionDefault {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { is_enabled: row.truth("is_enabled")?, key_id: row.parsed_or_none("key_id")? })
    }
}

impl Read<'_> {
    /// The default of an account in a region; one that was never set is off.
    pub async fn disk_encryption_default(&mut self, scope: &Scope) -> Result<DiskEncryptionDefault> {
        let sql = "SELECT * FROM disk_encryption_defaults WHERE account = $1 AND region = $2";
        let values = values![&scope.account, &scope.region];
        let found = self.record("read the encryption default", sql, values, DiskEncryptionDefault::from_row).await?;
        Ok(found.unwrap_or_default())
    }
}

impl Write {
    /// Sets the default of an account in a region.
    pub async fn disk_encryption_default_put(&mut self, default: DiskEncryptionDefault, scope: &Scope) -> Result<()> {
        let sql = "INSERT INTO disk_encryption_defaults (account, region, is_enabled, key_id) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (account, region)
                   DO UPDATE SET is_enabled = excluded.is_enabled, key_id = excluded.key_id";
        let values = values![&scope.account, &scope.region, default.is_enabled, default.key_id];
        self.execute("set the encryption default", sql, values).await.map(drop)
    }
}
