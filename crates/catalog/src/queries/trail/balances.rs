use crate::database::values;
use crate::error::Result;
use crate::names::Account;
use crate::read::Read;
use crate::writer::Write;

impl Read<'_> {
    /// What an account may spend in a month, in millionths of the currency unit; `None` when it has no limit.
    pub async fn balance_by_account(&mut self, account: &Account) -> Result<Option<i64>> {
        let sql = "SELECT micros FROM balances WHERE account = $1";
        self.record("read a balance", sql, values![account], |row| row.value("micros")).await
    }
}

impl Write {
    /// Gives an account a limit, or another one.
    pub async fn balance_set(&mut self, account: &Account, micros: i64) -> Result<()> {
        let sql = "INSERT INTO balances (account, micros) VALUES ($1, $2)
                   ON CONFLICT (account) DO UPDATE SET micros = excluded.micros";
        self.execute("set a balance", sql, values![account, micros]).await.map(drop)
    }

    /// Takes the limit of an account away, if it has one.
    pub async fn balance_delete(&mut self, account: &Account) -> Result<()> {
        let sql = "DELETE FROM balances WHERE account = $1";
        self.execute("remove a balance", sql, values![account]).await.map(drop)
    }
}
