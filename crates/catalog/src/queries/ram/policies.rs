use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::page::{AfterName, Listed};
use crate::read::Read;
use crate::writer::Write;

/// A policy that an account wrote. Its text is in its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRecord {
    /// The account.
    pub account: Account,
    /// Its name, unique within the account.
    pub name: String,
    /// Text for people.
    pub description: String,
    /// The version that counts: 3 for `v3`.
    pub default_version: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl PolicyRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            account: row.parsed("account")?,
            name: row.value("name")?,
            description: row.value("description")?,
            default_version: row.number("default_version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Read<'_> {
    /// The policy of this name.
    pub async fn policy_by_name(&mut self, name: &str, account: &Account) -> Result<Option<PolicyRecord>> {
        let sql = "SELECT * FROM policies WHERE account = $1 AND name = $2";
        self.record("read a policy", sql, values![account, name], PolicyRecord::from_row).await
    }

    /// Policies of an account, by name.
    pub async fn policies_list(&mut self, account: &Account, after: &AfterName) -> Result<Listed<PolicyRecord>> {
        let sql = "SELECT * FROM policies WHERE account = $1 AND name > $2 ORDER BY name LIMIT $3";
        let values = values![account, after.name(), after.limit()];
        let found = self.records("list policies", sql, values, PolicyRecord::from_row).await?;
        Ok(after.listed(found, |policy| policy.name.clone()))
    }

    /// Number of policies of an account.
    pub async fn policies_count(&mut self, account: &Account) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM policies WHERE account = $1";
        self.count("count policies", sql, values![account]).await
    }
}

impl Write {
    /// Adds a policy, without a version. `false` when its name is taken.
    pub async fn policy_insert(&mut self, policy: &PolicyRecord) -> Result<bool> {
        let sql = "INSERT INTO policies (account, name, description, default_version, created_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        let values = values![
            &policy.account,
            &policy.name,
            &policy.description,
            policy.default_version,
            policy.created_at,
            policy.updated_at,
        ];
        Ok(self.execute("add a policy", sql, values).await? == 1)
    }

    /// Writes description, default version and time of change of a policy. `false` when there is no such policy.
    pub async fn policy_update(&mut self, policy: &PolicyRecord) -> Result<bool> {
        let sql = "UPDATE policies SET description = $3, default_version = $4, updated_at = $5
                   WHERE account = $1 AND name = $2";
        let values =
            values![&policy.account, &policy.name, &policy.description, policy.default_version, policy.updated_at];
        Ok(self.execute("change a policy", sql, values).await? == 1)
    }

    /// Removes a policy. `false` when there is no such policy. Fails while it has versions; attachments are not removed.
    pub async fn policy_delete(&mut self, name: &str, account: &Account) -> Result<bool> {
        let sql = "DELETE FROM policies WHERE account = $1 AND name = $2";
        Ok(self.execute("remove a policy", sql, values![account, name]).await? == 1)
    }
}
