use catalog::{Account, Recall};
use tokio::sync::Mutex;

use super::month::Month;
use super::rule::{Bill, KeyUnit, PRICE_RULES, PriceRule};
use crate::error::{KmsError, Result};
use crate::kms::Kms;

/// Accounts that are remembered at once.
const ACCOUNTS_KNOWN_MAX: usize = 4096;

/// Who is in debt, remembered for a moment, so that a call costs no query.
pub(crate) struct Debts {
    /// The rule of this installation.
    rule: &'static PriceRule,
    known: Recall<Account, bool>,
    /// Held by whoever asks the catalog. A bill over many keys takes a while; one caller makes it, the others wait for it.
    asking: Mutex<()>,
}

impl Debts {
    pub(crate) fn under(rule: &'static PriceRule) -> Self {
        Self { rule, known: Recall::new(ACCOUNTS_KNOWN_MAX), asking: Mutex::new(()) }
    }

    pub(super) fn rule(&self) -> &'static PriceRule {
        self.rule
    }
}

impl Default for Debts {
    fn default() -> Self {
        Self::under(&PRICE_RULES[0])
    }
}

impl Kms {
    /// What an account has to pay under `rule` for a month, so far.
    ///
    /// Errors: `Catalog`.
    pub async fn bill(&self, account: &Account, month: Month, rule: &PriceRule) -> Result<Bill> {
        let mut read = self.catalog.read();
        let meters = read.meters_of_month(account, &month.to_string()).await?;
        let days = month.days_until(self.clock.now());
        let key_days = match rule.key_unit {
            KeyUnit::Key => read.key_days(account, days).await?,
            KeyUnit::Version => read.key_version_days(account, days).await?,
        };
        Ok(rule.bill(&meters, key_days))
    }

    /// What an account may spend in a month, in millionths of the currency of the installation's rule; `None`: no limit.
    ///
    /// Errors: `Catalog`.
    pub async fn balance(&self, account: &Account) -> Result<Option<i64>> {
        Ok(self.catalog.read().balance_by_account(account).await?)
    }

    /// Gives an account a balance, or takes it away. For the operator of the host: no call of the API leads here.
    ///
    /// Errors: `Catalog`.
    pub async fn set_balance(&self, account: &Account, micros: Option<i64>) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = match micros {
            Some(micros) => write.balance_set(account, micros).await,
            None => write.balance_delete(account).await,
        };
        write.finish(done).await?;
        self.debts.known.forget();
        Ok(())
    }

    /// Whether this month's bill of an account exceeds its balance. A call, or a balance set by another process, is seen after
    /// [`catalog::REMEMBERED_S`] seconds, so an account may spend as much more as it can in these.
    ///
    /// Errors: `Catalog`.
    pub async fn is_in_debt(&self, account: &Account) -> Result<bool> {
        let known = &self.debts.known;
        if let Some(is_in_debt) = known.value(account, self.clock.now()) {
            return Ok(is_in_debt);
        }
        let _asking = self.debts.asking.lock().await;
        let now = self.clock.now();
        if let Some(is_in_debt) = known.value(account, now) {
            return Ok(is_in_debt);
        }
        let epoch = known.epoch();
        let is_in_debt = match self.balance(account).await? {
            None => false,
            Some(balance) => self.bill(account, Month::of(now), self.debts.rule).await?.micros() > i128::from(balance),
        };
        known.remember(account.clone(), is_in_debt, 1, epoch, now);
        Ok(is_in_debt)
    }

    /// Refuses an account that is in debt. Asked before anything new is made for it: a key, a version, a ciphertext, a signature; also by
    /// other products before they make what is sealed under a key. Whatever opens, shows or manages what is there already does not ask:
    /// debts must not part people from their data.
    ///
    /// Errors: `InDebt`, `Catalog`.
    pub async fn require_credit(&self, account: &Account) -> Result<()> {
        if self.is_in_debt(account).await? {
            return Err(KmsError::InDebt { account: account.clone() });
        }
        Ok(())
    }
}
