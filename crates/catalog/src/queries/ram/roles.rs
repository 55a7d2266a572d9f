use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::page::{AfterName, Listed};
use crate::read::Read;
use crate::writer::Write;

/// A role of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRecord {
    /// Its id; stays when the name changes.
    pub id: String,
    /// The account.
    pub account: Account,
    /// Its name, unique within the account.
    pub name: String,
    /// Text for people.
    pub description: String,
    /// Who may assume it, JSON: AssumeRolePolicyDocument.
    pub trust_document: String,
    /// Longest session, seconds: MaxSessionDuration.
    pub session_s_max: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl RoleRecord {
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            account: row.parsed("account")?,
            name: row.value("name")?,
            description: row.value("description")?,
            trust_document: row.value("trust_document")?,
            session_s_max: row.number("session_s_max")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Read<'_> {
    /// The role of this name.
    pub async fn role_by_name(&mut self, name: &str, account: &Account) -> Result<Option<RoleRecord>> {
        let sql = "SELECT * FROM roles WHERE account = $1 AND name = $2";
        self.record("read a role", sql, values![account, name], RoleRecord::from_row).await
    }

    /// The role of this id.
    pub async fn role_by_id(&mut self, id: &str) -> Result<Option<RoleRecord>> {
        let sql = "SELECT * FROM roles WHERE id = $1";
        self.record("read a role", sql, values![id], RoleRecord::from_row).await
    }

    /// Roles of an account, by name.
    pub async fn roles_list(&mut self, account: &Account, after: &AfterName) -> Result<Listed<RoleRecord>> {
        let sql = "SELECT * FROM roles WHERE account = $1 AND name > $2 ORDER BY name LIMIT $3";
        let values = values![account, after.name(), after.limit()];
        let found = self.records("list roles", sql, values, RoleRecord::from_row).await?;
        Ok(after.listed(found, |role| role.name.clone()))
    }

    /// Number of roles of an account.
    pub async fn roles_count(&mut self, account: &Account) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM roles WHERE account = $1";
        self.count("count roles", sql, values![account]).await
    }
}

impl Write {
    /// Adds a role. `false` when its name or id is taken.
    pub async fn role_insert(&mut self, role: &RoleRecord) -> Result<bool> {
        let sql =
            "INSERT INTO roles (id, account, name, description, trust_document, session_s_max, created_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
        let values = values![
            &role.id,
            &role.account,
            &role.name,
            &role.description,
            &role.trust_document,
            role.session_s_max,
            role.created_at,
            role.updated_at,
        ];
        Ok(self.execute("add a role", sql, values).await? == 1)
    }

    /// Writes everything of a role but its id, account and time of creation. `false` when there is no such id. Fails when the new
    /// name is taken.
    pub async fn role_update(&mut self, role: &RoleRecord) -> Result<bool> {
        let sql =
            "UPDATE roles SET name = $2, description = $3, trust_document = $4, session_s_max = $5, updated_at = $6
                   WHERE id = $1";
        let values = values![
            &role.id,
            &role.name,
            &role.description,
            &role.trust_document,
            role.session_s_max,
            role.updated_at,
        ];
        Ok(self.execute("change a role", sql, values).await? == 1)
    }

    /// Removes a role. `false` when there is no such id. Its attachments are not removed.
    pub async fn role_delete(&mut self, id: &str) -> Result<bool> {
        Ok(self.execute("remove a role", "DELETE FROM roles WHERE id = $1", values![id]).await? == 1)
    }
}
