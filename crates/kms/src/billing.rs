//! What the calls of a month cost. Source: `../shared/api/billing.md`.
//!
//! The rule changed over the years, so it is a table; an installation bills by one of its rows. Counted is every call of KMS that was
//! answered, refused ones too: the documentation of 2019 says "API calls" and no more. What a key costs a day is not billed.

use catalog::MeterRecord;

/// How many calls a price is for. Prices are given per 10,000 calls.
const CALLS_PER_PRICE: u64 = 10_000;

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
        currency: "CNY",
    },
    PriceRule {
        name: "2021",
        free_calls: 20_000,
        free_for: FreeFor::ServiceKeys,
        service_micros: 600_000,
        own_micros: 600_000,
        currency: "CNY",
    },
    PriceRule {
        name: "2022",
        free_calls: 0,
        free_for: FreeFor::Nobody,
        service_micros: 0,
        own_micros: 80_000,
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
    /// Amount, in millionths of the rule's currency.
    pub micros: u64,
}

impl PriceRule {
    /// The rule of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRICE_RULES.iter().find(|rule| rule.name == name)
    }

    /// The bill for one account's calls of one month.
    pub fn bill(&self, meters: &[MeterRecord]) -> Bill {
        let sum = |service: bool| -> u64 {
            let of_kind = meters.iter().filter(|record| (record.meter.key_kind == "service") == service);
            of_kind.map(|record| record.calls).sum()
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
        let charged = |calls: u64, price: u64| u128::from(calls) * u128::from(price);
        let micros =
            charged(service_calls - free_service, self.service_micros) + charged(own_calls - free_own, self.own_micros);
        let micros = u64::try_from(micros / u128::from(CALLS_PER_PRICE)).unwrap_or(u64::MAX);
        Bill { service_calls, own_calls, free_calls: free_service + free_own, micros }
    }
}

#[cfg(test)]
mod tests {
    use catalog::Meter;

    use super::*;

    fn calls(kind: &str, calls: u64) -> MeterRecord {
        let meter = Meter {
            account: "1000000000000001".parse().unwrap(),
            region: "cn-hangzhou".parse().unwrap(),
            month: "2026-11".to_owned(),
            product: "kms".to_owned(),
            action: "Decrypt".to_owned(),
            key_kind: kind.to_owned(),
            outcome: "OK".to_owned(),
        };
        MeterRecord { meter, calls }
    }

    #[test]
    fn each_rule_bills_as_its_year_did() {
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
            let bill = PriceRule::named(name).unwrap().bill(&[calls("service", service), calls("own", own)]);
            let wanted = Bill { service_calls: service, own_calls: own, free_calls: free, micros };
            assert_eq!(bill, wanted, "{name} {service} {own}");
        }
        assert!(PriceRule::named("1999").is_none());
    }

    #[test]
    fn no_number_of_calls_overflows() {
        let bill = PriceRule::named("2019").unwrap().bill(&[calls("own", u64::MAX)]);
        assert_eq!(bill.micros, u64::try_from(u128::from(u64::MAX - 20_000) * 600_000 / 10_000).unwrap_or(u64::MAX));
    }
}
