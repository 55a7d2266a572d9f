//! `DescribeUsage`, an action of ours: calls and cost of a month, so that a client need not ask the operator of the host.

use kms::{CALLS_PER_PRICE, FreeFor, KeyUnit, Kms, KmsError, Month, PriceRule, Scope, Usage};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::needs::{Ask, Target};
use super::parameters::Of;
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Optional, Parameters};

const MONTH: Optional<Of<Month>> =
    Optional::new("Month", Of { what: "`YYYY-MM`; without it the present one", read: |text| text.parse().ok() });

pub(crate) struct DescribeUsage(Option<Month>);

impl KeyCall for DescribeUsage {
    const SPEC: &'static Spec = &row("DescribeUsage", ("kms:DescribeUsage", "*"), &[&MONTH]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        MONTH.read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(vec![Ask::of(Self::SPEC, Target::All("*"))])
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        Ok(shown(&kms.usage(self.0, permit, scope).await?))
    }
}

/// Amounts are decimals in the currency.
fn shown(usage: &Usage) -> Value {
    let bill = &usage.bill;
    let day = |day: &catalog::MeterDayRecord| json!({ "Day": day.day, "Action": day.action, "Calls": day.calls });
    json!({
        "Month": usage.month.to_string(),
        "ServiceCalls": bill.service_calls,
        "OwnCalls": bill.own_calls,
        "FreeCalls": bill.free_calls,
        "CallsAmount": amount(bill.calls_micros.into()),
        "KeyDays": bill.key_days,
        "KeysAmount": amount(bill.keys_micros.into()),
        "Amount": amount(bill.micros()),
        "Balance": usage.balance.map(|micros| amount(micros.into())).unwrap_or_default(),
        "Price": price(usage.rule),
        "Days": { "Day": usage.days.iter().map(day).collect::<Vec<_>>() },
    })
}

fn price(rule: &PriceRule) -> Value {
    json!({
        "Rule": rule.name,
        "Currency": rule.currency,
        "FreeCalls": rule.free_calls,
        "FreeFor": match rule.free_for {
            FreeFor::AllKeys => "AllKeys",
            FreeFor::ServiceKeys => "ServiceKeys",
            FreeFor::Nobody => "Nobody",
        },
        "CallsPerPrice": CALLS_PER_PRICE,
        "ServiceCalls": amount(rule.service_micros.into()),
        "OwnCalls": amount(rule.own_micros.into()),
        "KeyUnit": match rule.key_unit {
            KeyUnit::Key => "Key",
            KeyUnit::Version => "Version",
        },
        "KeyDay": amount(rule.key_day_micros.into()),
    })
}

/// Millionths as a decimal. A balance may be negative.
fn amount(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_decimals() {
        for (micros, wanted) in [(0, "0.000000"), (1, "0.000001"), (12_500_000, "12.500000"), (-1_500_000, "-1.500000")]
        {
            assert_eq!(amount(micros), wanted);
        }
    }
}
