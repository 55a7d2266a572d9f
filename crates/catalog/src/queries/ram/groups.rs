use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::page::{AfterName, Listed};
use crate::read::Read;
use crate::writer::Write;

/// A group of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRecord {
    /// Its id; stays when the name changes.
    pub id: String,
    /// The account.
    pub account: Account,
    /// Its name, unique within the account.
    pub name: String,
    /// Text for people.
    pub comments: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl GroupRecord {
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            account: row.parsed("account")?,
            name: row.value("name")?,
            comments: row.value("comments")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Read<'_> {
    /// The group of this name.
    pub async fn group_by_name(&mut self, name: &str, account: &Account) -> Result<Option<GroupRecord>> {
        let sql = "SELECT * FROM user_groups WHERE account = $1 AND name = $2";
        self.record("read a group", sql, values![account, name], GroupRecord::from_row).await
    }

    /// The group of this id.
    pub async fn group_by_id(&mut self, id: &str) -> Result<Option<GroupRecord>> {
        let sql = "SELECT * FROM user_groups WHERE id = $1";
        self.record("read a group", sql, values![id], GroupRecord::from_row).await
    }

    /// Groups of an account, by name.
    pub async fn groups_list(&mut self, account: &Account, after: &AfterName) -> Result<Listed<GroupRecord>> {
        let sql = "SELECT * FROM user_groups WHERE account = $1 AND name > $2 ORDER BY name LIMIT $3";
        let values = values![account, after.name(), after.limit()];
        let found = self.records("list groups", sql, values, GroupRecord::from_row).await?;
        Ok(after.listed(found, |group| group.name.clone()))
    }

    /// Number of groups of an account.
    pub async fn groups_count(&mut self, account: &Account) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM user_groups WHERE account = $1";
        self.count("count groups", sql, values![account]).await
    }
}

impl Write {
    /// Adds a group. `false` when its name or id is taken.
    pub async fn group_insert(&mut self, group: &GroupRecord) -> Result<bool> {
        let sql = "INSERT INTO user_groups (id, account, name, comments, created_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        let values =
            values![&group.id, &group.account, &group.name, &group.comments, group.created_at, group.updated_at,];
        Ok(self.execute("add a group", sql, values).await? == 1)
    }

    /// Writes everything of a group but its id, account and time of creation. `false` when there is no such id. Fails when the new
    /// name is taken.
    pub async fn group_update(&mut self, group: &GroupRecord) -> Result<bool> {
        let sql = "UPDATE user_groups SET name = $2, comments = $3, updated_at = $4
                   WHERE id = $1";
        let values = values![&group.id, &group.name, &group.comments, group.updated_at,];
        Ok(self.execute("change a group", sql, values).await? == 1)
    }

    /// Removes a group. `false` when there is no such id. Fails while it has members.
    pub async fn group_delete(&mut self, id: &str) -> Result<bool> {
        Ok(self.execute("remove a group", "DELETE FROM user_groups WHERE id = $1", values![id]).await? == 1)
    }
}
