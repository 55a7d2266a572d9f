//! The rule changed over the years, so it is a table; an installation bills by one of its rows. Counted is every call of KMS that was
//! answered, refused ones too: the documentation of 2019 says "API calls" and no more. The one exception is a call that was refused for
//! debt: "no charge meanwhile" (billing.md 3).

use catalog::MeterRecord;

/// How many calls a price is for. Prices are given per 10,000 calls.
pub const CALLS_PER_PRICE: u64 = 10_000;

/// Outcome of calls that were refused because the account is in debt. Source: `../shared/api/kms.md` 8.
pub(crate) const IN_DEBT: &str = "Forbidden.InDebt";

/// Which calls the free ones are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreeFor {
    /// All calls of the account.
    AllKeys,
    /// Calls on keys of services only.
    ServiceKeys,
    /// None is free.
    Nobody,
}

/// What costs something a day: keys of users that do not wait for their deletion. Keys of services cost nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUnit {
    /// A key.
    Key,
    /// Each version of a key.
    Version,
}

/// A row of the price table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceRule {
    /// Its name: the year from which it was in force.
    pub name: &'static str,
    /// Calls a month that cost nothing.
    pub free_calls: u64,
    /// Of which.
    pub free_for: FreeFor,
    /// Price of 10,000 calls on keys of services, in millionths of the currency.
    pub service_micros: u64,
    /// Price of 10,000 other calls, in millionths of the currency.
    pub own_micros: u64,
    /// What of keys is paid for.
    pub key_unit: KeyUnit,
    /// Price of a unit a day, in millionths of the currency. A day that has begun is a whole one (ours; no source says).
    pub key_day_micros: u64,
    /// Currency.
    pub currency: &'static str,
}

/// Source: `../shared/api/billing.md` 2, mainland prices of software keys.
pub const PRICE_RULES: &[PriceRule] = &[
    PriceRule {
        name: "2019",
        free_calls: 20_000,
        free_for: FreeFor::AllKeys,
        service_micros: 600_000,
        own_micros: 600_000,
        key_unit: KeyUnit::Key,
        key_day_micros: 200_000,
        currency: "CNY",
    },
    PriceRule {
        name: "2021",
        free_calls: 20_000,
        free_for: FreeFor::ServiceKeys,
        service_micros: 600_000,
        own_micros: 600_000,
        key_unit: KeyUnit::Version,
        key_day_micros: 14_000,
        currency: "CNY",
    },
    PriceRule {
        name: "2022",
        free_calls: 0,
        free_for: FreeFor::Nobody,
        service_micros: 0,
        own_micros: 80_000,
        key_unit: KeyUnit::Version,
        key_day_micros: 2_000,
        currency: "USD",
    },
];

/// What a month costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bill {
    /// Calls on keys of services.
    pub service_calls: u64,
    /// All other calls.
    pub own_calls: u64,
    /// Calls that the free ones covered.
    pub free_calls: u64,
    /// What the calls cost, in millionths of the rule's currency.
    pub calls_micros: u64,
    /// Days of keys, or of versions, by the rule.
    pub key_days: u64,
    /// What the keys cost, in millionths of the rule's currency.
    pub keys_micros: u64,
}

impl Bill {
    /// The whole amount, in millionths of the rule's currency.
    pub fn micros(&self) -> i128 {
        i128::from(self.calls_micros) + i128::from(self.keys_micros)
    }
}

impl PriceRule {
    /// The rule of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRICE_RULES.iter().find(|rule| rule.name == name)
    }

    /// The bill for one account's calls of one month, and for the days of its keys, or of their versions, in that month.
    pub fn bill(&self, meters: &[MeterRecord], key_days: u64) -> Bill {
        let charged = meters.iter().filter(|record| record.outcome != IN_DEBT);
        let sum = |service: bool| -> u64 {
            charged.clone().filter(|record| (record.key_kind == "service") == service).map(|record| record.calls).sum()
        };
        let (service_calls, own_calls) = (sum(true), sum(false));
        // Free calls are taken from those of services first: they are the cheaper half wherever the halves differ.
        let free_service = match self.free_for {
            FreeFor::Nobody => 0,
            FreeFor::AllKeys | FreeFor::ServiceKeys => service_calls.min(self.free_calls),
        };
        let free_own = match self.free_for {
            FreeFor::AllKeys => own_calls.min(self.free_calls - free_service),
            FreeFor::ServiceKeys | FreeFor::Nobody => 0,
        };
        let cost = |calls: u64, price: u64| u128::from(calls) * u128::from(price);
        let calls =
            cost(service_calls - free_service, self.service_micros) + cost(own_calls - free_own, self.own_micros);
        Bill {
            service_calls,
            own_calls,
            free_calls: free_service + free_own,
            calls_micros: u64::try_from(calls / u128::from(CALLS_PER_PRICE)).unwrap_or(u64::MAX),
            key_days,
            keys_micros: key_days.saturating_mul(self.key_day_micros),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(kind: &str, outcome: &str, calls: u64) -> MeterRecord {
        MeterRecord {
            region: "cn-hangzhou".parse().unwrap(),
            product: "kms".to_owned(),
            action: "Decrypt".to_owned(),
            key_kind: kind.to_owned(),
            outcome: outcome.to_owned(),
            calls,
        }
    }

    #[test]
    fn each_rule_bills_calls_as_its_year_did() {
        // Rule, calls on service keys, others, free, amount in millionths. The fourth is the documentation's own sample in its currency:
        // 250 disks under a service key are 750 calls and cost nothing.
        let table = [
            ("2019", 0, 20_000, 20_000, 0),
            ("2019", 0, 30_000, 20_000, 600_000),
            ("2019", 15_000, 15_000, 20_000, 600_000),
            ("2021", 750, 0, 750, 0),
            ("2021", 30_000, 10_000, 20_000, 1_200_000),
            ("2021", 0, 10_000, 0, 600_000),
            ("2022", 1_000_000, 20_000, 0, 160_000),
            ("2019", 0, 20_001, 20_000, 60),
        ];
        for (name, service, own, free, micros) in table {
            let meters =
                [calls("service", "OK", service), calls("own", "Rejected.Disabled", own), calls("own", IN_DEBT, 9)];
            let bill = PriceRule::named(name).unwrap().bill(&meters, 0);
            let wanted = Bill {
                service_calls: service,
                own_calls: own,
                free_calls: free,
                calls_micros: micros,
                key_days: 0,
                keys_micros: 0,
            };
            assert_eq!(bill, wanted, "{name} {service} {own}");
        }
        assert!(PriceRule::named("1999").is_none());
    }

    /// A key for a month of 30 days under each rule: 6 CNY, 0.42 CNY, 0.06 USD.
    #[test]
    fn each_rule_bills_days_as_its_year_did() {
        let month = |name| PriceRule::named(name).unwrap().bill(&[], 30).micros();
        assert_eq!(["2019", "2021", "2022"].map(month), [6_000_000, 420_000, 60_000]);
    }

    #[test]
    fn no_number_of_calls_or_days_overflows() {
        let bill = PriceRule::named("2019").unwrap().bill(&[calls("own", "OK", u64::MAX)], u64::MAX);
        let wanted = u128::from(u64::MAX - 20_000) * 600_000 / 10_000;
        assert_eq!((bill.calls_micros, bill.keys_micros), (u64::try_from(wanted).unwrap_or(u64::MAX), u64::MAX));
        assert_eq!(bill.micros(), 2 * i128::from(u64::MAX));
    }
}
