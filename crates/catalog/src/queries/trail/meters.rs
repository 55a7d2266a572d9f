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
    /// `YYYY-MM-DD`, UTC.
    pub day: String,
    /// Such as `kms`.
    pub product: String,
    /// Such as `Decrypt`.
    pub action: String,
    /// `service`, `own`, or empty when the call concerned no key.
    pub key_kind: String,
    /// Code of the answer.
    pub outcome: String,
}

/// Calls of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterRecord {
    /// Where.
    pub region: Region,
    /// Such as `kms`.
    pub product: String,
    /// Such as `Decrypt`.
    pub action: String,
    /// As [`Meter::key_kind`].
    pub key_kind: String,
    /// Code of the answer.
    pub outcome: String,
    /// How many.
    pub calls: u64,
}

/// Calls of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterDayRecord {
    /// `YYYY-MM-DD`, UTC.
    pub day: String,
    /// Such as `Decrypt`.
    pub action: String,
    /// How many, in all regions, whatever came of them.
    pub calls: u64,
}

impl MeterRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            region: row.parsed("region")?,
            product: row.value("product")?,
            action: row.value("action")?,
            key_kind: row.value("key_kind")?,
            outcome: row.value("outcome")?,
            calls: row.count("calls")?,
        })
    }
}

impl MeterDayRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { day: row.value("day")?, action: row.value("action")?, calls: row.count("calls")? })
    }
}

impl Read<'_> {
    /// Counts of an account in a month (`YYYY-MM`), by region, product, action, key kind and outcome.
    pub async fn meters_of_month(&mut self, account: &Account, month: &str) -> Result<Vec<MeterRecord>> {
        let sql =
            "SELECT region, product, action, key_kind, outcome, CAST(sum(calls) AS BIGINT) AS calls FROM meter_days
                   WHERE account = $1 AND day BETWEEN $2 AND $3
                   GROUP BY region, product, action, key_kind, outcome
                   ORDER BY region, product, action, key_kind, outcome";
        let (first, last) = days_of(month);
        self.records("read the meters", sql, values![account, &first, &last], MeterRecord::from_row).await
    }

    /// The same by day and action, for one product.
    pub async fn meter_days_of_month(
        &mut self,
        product: &str,
        account: &Account,
        month: &str,
    ) -> Result<Vec<MeterDayRecord>> {
        let sql = "SELECT day, action, CAST(sum(calls) AS BIGINT) AS calls FROM meter_days
                   WHERE account = $1 AND day BETWEEN $2 AND $3 AND product = $4
                   GROUP BY day, action ORDER BY day, action";
        let (first, last) = days_of(month);
        let values = values![account, &first, &last, product];
        self.records("read the meters", sql, values, MeterDayRecord::from_row).await
    }
}

/// First and last day that a month may have: days are compared as text.
fn days_of(month: &str) -> (String, String) {
    (format!("{month}-01"), format!("{month}-31"))
}

impl Write {
    /// Counts `calls` more.
    pub async fn meter_add(&mut self, meter: &Meter, calls: u32) -> Result<()> {
        let sql = "INSERT INTO meter_days (account, region, day, product, action, key_kind, outcome, calls)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                   ON CONFLICT (account, day, region, product, action, key_kind, outcome)
                   DO UPDATE SET calls = meter_days.calls + excluded.calls";
        let values = values![
            &meter.account,
            &meter.region,
            &meter.day,
            &meter.product,
            &meter.action,
            &meter.key_kind,
            &meter.outcome,
            calls,
        ];
        self.execute("count a call", sql, values).await.map(drop)
    }
}
