use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::read::Read;
use crate::writer::Write;

/// Most versions that are listed; the API allows five.
const LISTED_MAX: u32 = 100;

/// One text of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersionRecord {
    /// The account.
    pub account: Account,
    /// The policy.
    pub policy_name: String,
    /// 3 for `v3`.
    pub version: u32,
    /// The policy as JSON.
    pub document: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl PolicyVersionRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            account: row.parsed("account")?,
            policy_name: row.value("policy_name")?,
            version: row.number("version")?,
            document: row.value("document")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Read<'_> {
    /// One version of a policy.
    pub async fn policy_version_by_number(
        &mut self,
        version: u32,
        policy_name: &str,
        account: &Account,
    ) -> Result<Option<PolicyVersionRecord>> {
        let sql = "SELECT * FROM policy_versions WHERE account = $1 AND policy_name = $2 AND version = $3";
        let values = values![account, policy_name, version];
        self.record("read a policy version", sql, values, PolicyVersionRecord::from_row).await
    }

    /// Versions of a policy, oldest first; at most 100.
    pub async fn policy_versions_of_policy(
        &mut self,
        policy_name: &str,
        account: &Account,
    ) -> Result<Vec<PolicyVersionRecord>> {
        let sql = "SELECT * FROM policy_versions WHERE account = $1 AND policy_name = $2 ORDER BY version LIMIT $3";
        let values = values![account, policy_name, LISTED_MAX];
        self.records("list the versions of a policy", sql, values, PolicyVersionRecord::from_row).await
    }
}

impl Write {
    /// Adds a version. Fails when its number is taken.
    pub async fn policy_version_insert(&mut self, version: &PolicyVersionRecord) -> Result<()> {
        let sql = "INSERT INTO policy_versions (account, policy_name, version, document, created_at)
                   VALUES ($1, $2, $3, $4, $5)";
        let values =
            values![&version.account, &version.policy_name, version.version, &version.document, version.created_at,];
        self.execute("add a policy version", sql, values).await.map(drop)
    }

    /// Removes a version. `false` when there is no such version.
    pub async fn policy_version_delete(&mut self, version: u32, policy_name: &str, account: &Account) -> Result<bool> {
        let sql = "DELETE FROM policy_versions WHERE account = $1 AND policy_name = $2 AND version = $3";
        Ok(self.execute("remove a policy version", sql, values![account, policy_name, version]).await? == 1)
    }

    /// Removes all versions of a policy.
    pub async fn policy_versions_delete_of_policy(&mut self, policy_name: &str, account: &Account) -> Result<()> {
        let sql = "DELETE FROM policy_versions WHERE account = $1 AND policy_name = $2";
        self.execute("remove the versions of a policy", sql, values![account, policy_name]).await.map(drop)
    }
}
