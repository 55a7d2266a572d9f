use crate::database::{Row, values};
use crate::error::Result;
use crate::names::{Account, Region};
use crate::read::Read;
use crate::writer::Write;

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meter {
    /// Who pays.
    pub account: Account,
    /// Where.
    pub region: Region,
    /// `YYYY-MM`, UTC.
    pub month: String,
    /// Such as `kms`.
    pub product: String,
    /// Such as `Decrypt`.
    pub action: String,
    /// `service`, `own`, or empty when the call concerned no key.
    pub key_kind: String,
    /// Code of the answer.
    pub outcome: String,
}

/// A count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterRecord {
    /// Of what.
    pub meter: Meter,
    /// Number of calls.
    pub calls: u64,
}

impl MeterRecord {
    fn from_row(row: &Row) -> Result<Self> {
        let meter = Meter {
            account: row.parsed("account")?,
            region: row.parsed("region")?,
            month: row.value("month")?,
            product: row.value("product")?,
            action: row.value("action")?,
            key_kind: row.value("key_kind")?,
            outcome: row.value("outcome")?,
        };
        Ok(Self { meter, calls: row.count("calls")? })
    }
}

impl Read<'_> {
    /// Counts of an account in a month, by region, product, action, key kind and outcome.
    pub async fn meters_of_month(&mut self, account: &Account, month: &str) -> Result<Vec<MeterRecord>> {
        let sql = "SELECT * FROM meters WHERE account = $1 AND month = $2
                   ORDER BY region, product, action, key_kind, outcome";
        self.records("read the meters", sql, values![account, month], MeterRecord::from_row).await
    }
}

impl Write {
    /// Counts `calls` more.
    pub async fn meter_add(&mut self, meter: &Meter, calls: u32) -> Result<()> {
        let sql = "INSERT INTO meters (account, region, month, product, action, key_kind, outcome, calls)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                   ON CONFLICT (account, month, region, product, action, key_kind, outcome)
                   DO UPDATE SET calls = meters.calls + excluded.calls";
        let values = values![
            &meter.account,
            &meter.region,
            &meter.month,
            &meter.product,
            &meter.action,
            &meter.key_kind,
            &meter.outcome,
            calls,
        ];
        self.execute("count a call", sql, values).await.map(drop)
    }
}
