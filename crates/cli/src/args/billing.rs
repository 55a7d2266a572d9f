//! Arguments of `reseal billing`, and the price rule, which a server needs too.

use catalog::Account;
use clap::{Args, Subcommand};
use kms::{Month, PRICE_RULES, PriceRule};

use super::JsonArgs;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct BillingArgs {
    /// Month [default: this one]
    #[arg(long, value_name = "YYYY-MM")]
    pub month: Option<Month>,
    #[command(flatten)]
    pub owner: OwnerArgs,
    #[command(flatten)]
    pub price: PriceArgs,
    #[command(flatten)]
    pub output: JsonArgs,
    #[command(subcommand)]
    pub command: Option<BillingCommand>,
}

#[derive(Subcommand)]
pub(crate) enum BillingCommand {
    /// Say what an account may spend in a month; beyond it nothing new is made for it
    SetBalance {
        /// Amount in the currency of the price rule, such as 12.50, or `none` for no limit
        #[arg(value_parser = parse_balance)]
        balance: Balance,
        #[command(flatten)]
        owner: OwnerArgs,
    },
}

/// Who pays.
#[derive(Args)]
pub(crate) struct OwnerArgs {
    /// Account [default: the first one]
    #[arg(long, value_name = "ID")]
    pub account: Option<Account>,
}

/// What a call and a key cost.
#[derive(Args)]
pub(crate) struct PriceArgs {
    /// Price rule: the year from which it was in force
    #[arg(long, value_name = "YEAR", env = "RESEAL_PRICE_RULE", default_value = PRICE_RULES[0].name, value_parser = parse_rule)]
    pub price_rule: &'static PriceRule,
}

/// What an account may spend in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Balance {
    Unlimited,
    /// Millionths of the currency.
    Micros(i64),
}

fn parse_rule(text: &str) -> Result<&'static PriceRule, String> {
    PriceRule::named(text).ok_or_else(|| {
        let names: Vec<&str> = PRICE_RULES.iter().map(|rule| rule.name).collect();
        format!("there is no price rule `{text}`; there are {}", names.join(", "))
    })
}

/// `none`, or digits with up to six more behind a point.
fn parse_balance(text: &str) -> Result<Balance, String> {
    const DECIMALS: usize = 6;
    if text == "none" {
        return Ok(Balance::Unlimited);
    }
    let invalid = || format!("`{text}` is not an amount such as 12.50, with at most {DECIMALS} decimals, nor `none`");
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || decimals.len() > DECIMALS {
        return Err(invalid());
    }
    format!("{whole}{decimals:0<DECIMALS$}").parse().map(Balance::Micros).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Amounts are read exactly; what is finer, negative or too large is refused.
    #[test]
    fn balances_are_exact() {
        for (text, micros) in [("0", 0), ("12.50", 12_500_000), ("0.000001", 1), ("9223372036854.775807", i64::MAX)] {
            assert_eq!(parse_balance(text), Ok(Balance::Micros(micros)), "{text}");
        }
        assert_eq!(parse_balance("none"), Ok(Balance::Unlimited));
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "0.0000001", "9223372036854.775808", "None"] {
            assert!(parse_balance(bad).is_err(), "{bad}");
        }
    }
}
