use catalog::{MeterDayRecord, Scope};
use ram::Permit;

use super::month::Month;
use super::rule::{Bill, PriceRule};
use crate::error::Result;
use crate::kms::Kms;
use crate::permission;

/// What an account used in a month, and what it has to pay for it by the rule of this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Which month.
    pub month: Month,
    /// The rule.
    pub rule: &'static PriceRule,
    /// The bill so far.
    pub bill: Bill,
    /// What the account may spend in a month, in millionths of the rule's currency; `None`: no limit.
    pub balance: Option<i64>,
    /// Calls by day and action, in all regions.
    pub days: Vec<MeterDayRecord>,
}

impl Kms {
    /// What the account of `scope` used in a month; `None`: in the present one.
    ///
    /// Errors: `NotPermitted`, `Catalog`.
    pub async fn usage(&self, month: Option<Month>, permit: &Permit, scope: &Scope) -> Result<Usage> {
        permission::check(ram::Action::new("kms:DescribeUsage"), "*", permit, scope)?;
        let (account, rule) = (&scope.account, self.debts.rule());
        let month = month.unwrap_or_else(|| Month::of(self.clock.now()));
        Ok(Usage {
            month,
            rule,
            bill: self.bill(account, month, rule).await?,
            balance: self.balance(account).await?,
            days: self.catalog.read().meter_days_of_month("kms", account, &month.to_string()).await?,
        })
    }
}
