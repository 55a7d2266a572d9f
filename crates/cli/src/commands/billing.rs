use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use catalog::{Clock, MeterRecord, SystemClock};
use kms::{PRICE_RULES, PriceRule};
use serde::Serialize;

use crate::args::BillingArgs;
use crate::output;
use crate::store::Store;

/// A bill as `--json` prints it.
#[derive(Serialize)]
struct BillView<'a> {
    account: &'a str,
    month: &'a str,
    rule: &'a str,
    calls: Vec<CallsView<'a>>,
    service_calls: u64,
    own_calls: u64,
    free_calls: u64,
    amount: String,
    currency: &'a str,
}

#[derive(Serialize)]
struct CallsView<'a> {
    region: &'a str,
    action: &'a str,
    key_kind: &'a str,
    outcome: &'a str,
    calls: u64,
}

pub(crate) fn run(args: &BillingArgs, store: &Store) -> Result<ExitCode> {
    let store = store.open_existing()?;
    let month = args.month.clone().unwrap_or_else(|| SystemClock.now().strftime("%Y-%m").to_string());
    if !is_month(&month) {
        bail!("`{month}` is not a month such as 2026-11");
    }
    let Some(rule) = PriceRule::named(&args.rule) else {
        let names: Vec<&str> = PRICE_RULES.iter().map(|rule| rule.name).collect();
        bail!("there is no price rule `{}`; there are {}", args.rule, names.join(", "));
    };
    let account = match &args.account {
        Some(account) => account.parse().context("--account")?,
        None => store.scope.account.clone(),
    };
    let meters = store.runtime.block_on(store.kms.catalog().read().meters_of_month(&account, &month))?;
    print(account.as_str(), &month, rule, &meters, args.output.json)?;
    Ok(ExitCode::SUCCESS)
}

fn print(account: &str, month: &str, rule: &PriceRule, meters: &[MeterRecord], json: bool) -> Result<()> {
    let bill = rule.bill(meters);
    let view = BillView {
        account,
        month,
        rule: rule.name,
        calls: meters.iter().map(CallsView::of).collect(),
        service_calls: bill.service_calls,
        own_calls: bill.own_calls,
        free_calls: bill.free_calls,
        amount: format!("{}.{:06}", bill.micros / 1_000_000, bill.micros % 1_000_000),
        currency: rule.currency,
    };
    if json {
        return output::json(&view);
    }
    let rows = view.calls.iter().map(|row| {
        [row.region, row.action, row.key_kind, row.outcome]
            .map(str::to_owned)
            .into_iter()
            .chain([row.calls.to_string()])
            .collect()
    });
    output::table(&["region", "action", "key", "outcome", "calls"], rows);
    let calls = view.service_calls + view.own_calls;
    output::line(&format!("{month}, account {account}, price rule of {}:", view.rule));
    output::line(&format!("{calls} calls, {} of them free: {} {}", view.free_calls, view.amount, view.currency));
    Ok(())
}

impl<'a> CallsView<'a> {
    fn of(record: &'a MeterRecord) -> Self {
        let meter = &record.meter;
        Self {
            region: meter.region.as_str(),
            action: &meter.action,
            key_kind: &meter.key_kind,
            outcome: &meter.outcome,
            calls: record.calls,
        }
    }
}

fn is_month(text: &str) -> bool {
    let Some((year, month)) = text.split_once('-') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    year.len() == 4 && month.len() == 2 && digits(year) && digits(month) && ("01"..="12").contains(&month)
}
