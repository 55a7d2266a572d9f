use std::process::ExitCode;

use anyhow::{Result, bail};
use catalog::{Account, Clock, MeterRecord, SystemClock};
use kms::{KeyUnit, Month};
use serde::Serialize;

use crate::args::{Balance, BillingArgs, BillingCommand, OwnerArgs};
use crate::output;
use crate::store::{OpenStore, Store};

/// A bill as `--json` prints it. Amounts are decimals in the currency.
#[derive(Serialize)]
struct BillView<'a> {
    account: &'a str,
    month: String,
    rule: &'a str,
    calls: Vec<CallsView<'a>>,
    service_calls: u64,
    own_calls: u64,
    free_calls: u64,
    calls_amount: String,
    /// `key` or `version`.
    key_unit: &'a str,
    key_days: u64,
    keys_amount: String,
    amount: String,
    /// What the account may spend in a month; null: no limit.
    balance: Option<String>,
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
    match &args.command {
        None => show(args, &store)?,
        Some(BillingCommand::SetBalance { balance, owner }) => set_balance(*balance, owner, &store)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(args: &BillingArgs, store: &OpenStore) -> Result<()> {
    let (account, rule) = (owner(&args.owner, store), args.price.price_rule);
    let month = args.month.unwrap_or_else(|| Month::of(SystemClock.now()));
    let meters = store.runtime.block_on(store.kms.catalog().read().meters_of_month(&account, &month.to_string()))?;
    let bill = store.wait(store.kms.bill(&account, month, rule))?;
    let balance = store.wait(store.kms.balance(&account))?;
    let view = BillView {
        account: account.as_str(),
        month: month.to_string(),
        rule: rule.name,
        calls: meters.iter().map(CallsView::of).collect(),
        service_calls: bill.service_calls,
        own_calls: bill.own_calls,
        free_calls: bill.free_calls,
        calls_amount: amount(bill.calls_micros.into()),
        key_unit: match rule.key_unit {
            KeyUnit::Key => "key",
            KeyUnit::Version => "version",
        },
        key_days: bill.key_days,
        keys_amount: amount(bill.keys_micros.into()),
        amount: amount(bill.micros()),
        balance: balance.map(|micros| amount(micros.into())),
        currency: rule.currency,
    };
    if args.output.json { output::json(&view) } else { print(&view) }
}

fn print(view: &BillView<'_>) -> Result<()> {
    let BillView { account, month, rule, free_calls, calls_amount, key_unit, key_days, keys_amount, .. } = view;
    let BillView { amount, currency, .. } = view;
    let rows = view.calls.iter().map(|row| {
        [row.region, row.action, row.key_kind, row.outcome]
            .map(str::to_owned)
            .into_iter()
            .chain([row.calls.to_string()])
            .collect()
    });
    output::table(&["region", "action", "key", "outcome", "calls"], rows);
    let calls = view.service_calls + view.own_calls;
    output::line(&format!("{month}, account {account}, price rule of {rule}:"));
    output::line(&format!("{calls} calls, {free_calls} of them free: {calls_amount} {currency}"));
    output::line(&format!("{key_days} days of a {key_unit}: {keys_amount} {currency}"));
    let balance = view.balance.as_ref().map_or("no limit".to_owned(), |balance| format!("of a balance of {balance}"));
    output::line(&format!("together: {amount} {currency}, {balance}"));
    Ok(())
}

/// A server that runs meanwhile sees it within [`catalog::REMEMBERED_S`] seconds.
fn set_balance(balance: Balance, owner_args: &OwnerArgs, store: &OpenStore) -> Result<()> {
    let account = owner(owner_args, store);
    if store.runtime.block_on(store.kms.catalog().read().account_by_id(&account))?.is_none() {
        bail!("there is no account {account}; `reseal account list` shows those that are there");
    }
    let micros = match balance {
        Balance::Unlimited => None,
        Balance::Micros(micros) => Some(micros),
    };
    Ok(store.wait(store.kms.set_balance(&account, micros))?)
}

fn owner(args: &OwnerArgs, store: &OpenStore) -> Account {
    args.account.clone().unwrap_or_else(|| store.scope.account.clone())
}

/// Millionths as a decimal. None is negative.
fn amount(micros: i128) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

impl<'a> CallsView<'a> {
    fn of(record: &'a MeterRecord) -> Self {
        Self {
            region: record.region.as_str(),
            action: &record.action,
            key_kind: &record.key_kind,
            outcome: &record.outcome,
            calls: record.calls,
        }
    }
}
