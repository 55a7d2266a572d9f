//! Shows that the evaluator decides as a slow one that was written another way: on policies as JSON, with a recursive matcher,
//! dates as counted days, addresses as strings of bits, and no early exit. 100,000 random requests, the same in every run.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

mod case;
mod dice;
mod evaluator;
mod generator;
mod values;

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use ram::{IdentityPolicy, KeyPolicy, SessionPolicy, TrustPolicy};
use serde_json::Value;

use case::Verdict;
use dice::Dice;

const CASES: usize = 100_000;

#[test]
fn both_evaluators_decide_alike() {
    let mut dice = Dice::new(0x5eed);
    let mut seen: BTreeMap<(bool, Verdict), usize> = BTreeMap::new();
    for number in 0..CASES {
        let case = generator::case(&mut dice);
        let (ours, slow) = (case.decide(), evaluator::decide(&case));
        assert_eq!(ours, slow, "case {number}: {case:#?}");
        *seen.entry((case.trust.is_some(), slow)).or_default() += 1;
    }
    // Random policies that all end alike would show nothing.
    for (key, wanted) in [
        ((false, Verdict::Allow), 15_000),
        ((false, Verdict::ImplicitDeny), 15_000),
        ((false, Verdict::ExplicitDeny), 5_000),
        ((true, Verdict::Allow), 1_000),
        ((true, Verdict::ImplicitDeny), 1_000),
        ((true, Verdict::ExplicitDeny), 1_000),
    ] {
        let found = seen.get(&key).copied().unwrap_or_default();
        assert!(found >= wanted, "only {found} of {CASES} cases are {key:?}: {seen:?}");
    }
}

/// What is read and written again is read as the same, for every kind of document.
#[test]
fn generated_documents_come_back() {
    let mut dice = Dice::new(0xd0c5);
    for _ in 0..3_000 {
        let case = generator::case(&mut dice);
        case.identity.iter().for_each(comes_back::<IdentityPolicy>);
        case.session.iter().for_each(comes_back::<SessionPolicy>);
        case.key.iter().for_each(comes_back::<KeyPolicy>);
        case.trust.iter().for_each(comes_back::<TrustPolicy>);
    }
}

fn comes_back<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(document: &Value) {
    let policy: T = document.to_string().parse().unwrap();
    let written = policy.to_string();
    let again: T = written.parse().unwrap();
    assert_eq!((&again, again.to_string()), (&policy, written));
}
