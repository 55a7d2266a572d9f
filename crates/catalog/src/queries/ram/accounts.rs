use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::page::{AfterName, Listed};
use crate::read::Read;
use crate::writer::Write;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its id, 16 digits.
    pub id: Account,
    /// Text for people.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it opened the key management service; `None` before.
    pub kms_opened_at: Option<Timestamp>,
}

impl AccountRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            name: row.value("name")?,
            created_at: row.time("created_at")?,
            kms_opened_at: row.time_or_none("kms_opened_at")?,
        })
    }
}

impl Read<'_> {
    /// One account.
    pub async fn account_by_id(&mut self, id: &Account) -> Result<Option<AccountRecord>> {
        let sql = "SELECT * FROM accounts WHERE id = $1";
        self.record("read an account", sql, values![id], AccountRecord::from_row).await
    }

    /// Accounts of this name, at most two: a name stands for an account only while no other one has it.
    pub async fn accounts_by_name(&mut self, name: &str) -> Result<Vec<AccountRecord>> {
        let sql = "SELECT * FROM accounts WHERE name = $1 ORDER BY id LIMIT 2";
        self.records("read an account", sql, values![name], AccountRecord::from_row).await
    }

    /// Accounts, by id.
    pub async fn accounts_list(&mut self, after: &AfterName) -> Result<Listed<AccountRecord>> {
        let sql = "SELECT * FROM accounts WHERE id > $1 ORDER BY id LIMIT $2";
        let found = self.records("list accounts", sql, values![after.name(), after.limit()], AccountRecord::from_row);
        Ok(after.listed(found.await?, |account| account.id.to_string()))
    }
}

impl Write {
    /// Adds an account. `false` when its id is taken.
    pub async fn account_insert(&mut self, account: &AccountRecord) -> Result<bool> {
        let sql = "INSERT INTO accounts (id, name, created_at, kms_opened_at) VALUES ($1, $2, $3, $4)
                   ON CONFLICT DO NOTHING";
        let values = values![&account.id, &account.name, account.created_at, account.kms_opened_at];
        Ok(self.execute("add an account", sql, values).await? == 1)
    }

    /// Writes the name of an account and when it opened the key management service. `false` when there is no such account.
    pub async fn account_update(&mut self, account: &AccountRecord) -> Result<bool> {
        let sql = "UPDATE accounts SET name = $2, kms_opened_at = $3 WHERE id = $1";
        let values = values![&account.id, &account.name, account.kms_opened_at];
        Ok(self.execute("change an account", sql, values).await? == 1)
    }
}
