//! Bills and balances.

use catalog::{Account, Meter, REMEMBERED_S};
use jiff::SignedDuration;
use kms::{IfInUse, Month, PriceRule};

use crate::support::{Bench, code, other_account};

/// Shows which days of a key's life are paid for: all but those of a wait, from its creation until it is scheduled for good.
#[tokio::test]
async fn keys_cost_by_the_day_until_they_wait_for_their_deletion() {
    let bench = Bench::new().await;
    bench.clock.advance(SignedDuration::from_hours(12));
    let key = bench.key().await;
    let (permit, scope) = (&bench.permit, &bench.scope);
    bench.kms.service_key(scope).await.unwrap();
    assert_eq!(days(&bench).await, (1, 1));
    bench.clock.advance_days(2);
    bench.kms.create_key_version(&key, permit, scope).await.unwrap();
    assert_eq!(days(&bench).await, (3, 4));
    bench.kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, permit, scope).await.unwrap();
    bench.clock.advance_days(5);
    assert_eq!(days(&bench).await, (3, 4), "a wait costs nothing");
    bench.kms.cancel_key_deletion(&key, permit, scope).await.unwrap();
    assert_eq!(days(&bench).await, (4, 6));
    bench.clock.advance_days(1);
    bench.kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, permit, scope).await.unwrap();
    bench.clock.advance_days(8);
    assert_eq!(bench.kms.destroy_due_keys().await.unwrap().len(), 1);
    bench.clock.advance_days(1);
    assert_eq!(days(&bench).await, (5, 8), "it was there on one day more");
}

/// Shows that a balance is for one month and one account, that it may be spent to its last part, and that it can be taken away.
#[tokio::test]
async fn who_spends_more_than_the_balance_of_the_month_is_in_debt() {
    let bench = Bench::new().await;
    bench.key().await;
    assert_eq!(credit(&bench, &bench.scope.account).await, "ok", "without a balance there is no limit");
    // A key costs 200,000 a day under the rule of 2019.
    bench.kms.set_balance(&bench.scope.account, Some(200_000)).await.unwrap();
    assert_eq!(credit(&bench, &bench.scope.account).await, "ok");
    bench.clock.advance_days(1);
    assert_eq!(credit(&bench, &bench.scope.account).await, "Forbidden.InDebt");
    assert_eq!(credit(&bench, &other_account().account).await, "ok");
    bench.clock.advance_days(30);
    assert_eq!(credit(&bench, &bench.scope.account).await, "ok", "it is February");
    bench.kms.set_balance(&bench.scope.account, Some(199_999)).await.unwrap();
    assert_eq!(credit(&bench, &bench.scope.account).await, "Forbidden.InDebt", "seen at once");
    bench.kms.set_balance(&bench.scope.account, None).await.unwrap();
    assert_eq!(credit(&bench, &bench.scope.account).await, "ok");
}

/// Shows that calls beyond the free ones are seen when what was remembered has become old, and that calls refused for debt cost nothing.
#[tokio::test]
async fn calls_run_an_account_into_debt() {
    let bench = Bench::new().await;
    let account = &bench.scope.account;
    bench.kms.set_balance(account, Some(0)).await.unwrap();
    count(&bench, "OK", 20_000).await;
    count(&bench, "Forbidden.InDebt", 50_000).await;
    assert_eq!(credit(&bench, account).await, "ok");
    count(&bench, "OK", 1).await;
    assert_eq!(credit(&bench, account).await, "ok", "asked of memory");
    bench.clock.advance(SignedDuration::from_secs(REMEMBERED_S));
    assert_eq!(credit(&bench, account).await, "Forbidden.InDebt");
}

/// Days of keys and of versions in the first month of 1970, so far.
async fn days(bench: &Bench) -> (u64, u64) {
    let month: Month = "1970-01".parse().unwrap();
    let mut days = [0; 2];
    for (days, rule) in days.iter_mut().zip(["2019", "2021"]) {
        let bill = bench.kms.bill(&bench.scope.account, month, PriceRule::named(rule).unwrap()).await.unwrap();
        *days = bill.key_days;
    }
    (days[0], days[1])
}

async fn credit(bench: &Bench, account: &Account) -> &'static str {
    code(bench.kms.require_credit(account).await)
}

/// Counts calls as a server does.
async fn count(bench: &Bench, outcome: &str, calls: u32) {
    let meter = Meter {
        account: bench.scope.account.clone(),
        region: bench.scope.region.clone(),
        day: "1970-01-01".to_owned(),
        product: "kms".to_owned(),
        action: "Encrypt".to_owned(),
        key_kind: "own".to_owned(),
        outcome: outcome.to_owned(),
    };
    let mut write = bench.kms.catalog().write().await.unwrap();
    write.meter_add(&meter, calls).await.unwrap();
    write.commit().await.unwrap();
}
