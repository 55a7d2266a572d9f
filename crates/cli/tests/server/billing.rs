//! Balances, as the operator of the host sets them.

use std::time::{Duration, Instant};

use api::Product;
use serde_json::Value;

use crate::caller::Caller;
use crate::running::Place;

/// A running server has to see a balance within two seconds; a loaded machine gets ten times as long.
const SEEN_WITHIN: Duration = Duration::from_secs(20);

/// Shows that a balance is heard of by a running server, that an account in debt makes nothing new but opens what it has, that calls
/// refused for it cost nothing, and that the bill tells keys from calls.
#[test]
fn a_balance_stops_what_costs_and_not_what_opens() {
    let place = Place::new();
    let server = place.serve();
    let caller = Caller::first(&server);
    let key = caller.kms("CreateKey", &[])["KeyMetadata"]["KeyId"].clone();
    let encrypt = [("KeyId", key.as_str().expect("a text")), ("Plaintext", "aGVsbG8=")];
    let blob = caller.kms("Encrypt", &encrypt)["CiphertextBlob"].clone();
    let outcome = || caller.ask(Product::Kms, "Encrypt", &encrypt).err();

    must(&place, "billing set-balance 0.1");
    within(|| outcome().as_deref() == Some("Forbidden.InDebt"));
    let opened = caller.kms("Decrypt", &[("CiphertextBlob", blob.as_str().expect("a text"))]);
    assert_eq!(opened["Plaintext"], "aGVsbG8=");
    assert_eq!(caller.kms("DescribeAccountKmsStatus", &[])["AccountStatus"], "InDebt");
    must(&place, "billing set-balance none");
    within(|| outcome().is_none());
    server.stop();

    must(&place, "billing set-balance 12.5");
    let bill = bill(&place, "");
    let days = bill["key_days"].as_u64().expect("a number");
    // Two if midnight came between.
    assert!((1..=2).contains(&days), "{bill}");
    assert_eq!(bill["keys_amount"], format!("0.{:06}", days * 200_000));
    assert_eq!((&bill["calls_amount"], &bill["balance"]), (&"0.000000".into(), &"12.500000".into()));
    assert_eq!(bill["amount"], bill["keys_amount"]);
    let is_refused = |row: &&Value| row["outcome"] == "Forbidden.InDebt";
    let count = |row: &Value| row["calls"].as_u64().expect("a number");
    let rows = bill["calls"].as_array().expect("a list");
    let (all, refused) = (rows.iter().map(count).sum::<u64>(), rows.iter().filter(is_refused).map(count).sum::<u64>());
    assert!(refused > 0);
    assert_eq!(bill["own_calls"], all - refused);
    assert_eq!(self::bill(&place, " --price-rule 2021")["keys_amount"], format!("0.{:06}", days * 14_000));
}

/// Shows that what cannot be a balance, and an account that is not there, are refused.
#[test]
fn a_balance_is_an_amount_of_an_account() {
    let place = Place::new();
    place.serve().stop();
    for (words, wanted) in [
        ("billing set-balance 5 --account 9999999999999999", "no account 9999999999999999"),
        ("billing set-balance 1e9", "is not an amount"),
        ("billing --month 2026-13", "is not a month"),
        ("billing --price-rule 1999", "there is no price rule"),
    ] {
        let refused = place.run(words);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains(wanted), "{words}: {said}");
    }
}

fn bill(place: &Place, words: &str) -> Value {
    let done = place.run(&format!("billing --json{words}"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).expect("JSON")
}

fn must(place: &Place, words: &str) {
    let done = place.run(words);
    assert!(done.status.success(), "{words}: {}", String::from_utf8_lossy(&done.stderr));
}

fn within(is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < SEEN_WITHIN, "the server does not see it");
        std::thread::sleep(Duration::from_millis(100));
    }
}
