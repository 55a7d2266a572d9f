use crate::database::values;
use crate::error::Result;
use crate::names::Account;
use crate::read::Read;
use crate::writer::Write;

impl Read<'_> {
    /// What an account has left, in millionths of the currency unit; `None` when it has no limit.
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

    /// Adds to what an account has left; a negative number takes. `false` when the account has no limit.
    pub async fn balance_add(&mut self, account: &Account, micros: i64) -> Result<bool> {
        let sql = "UPDATE balances SET micros = micros + $2 WHERE account = $1";
        Ok(self.execute("change a balance", sql, values![account, micros]).await? == 1)
    }
}
