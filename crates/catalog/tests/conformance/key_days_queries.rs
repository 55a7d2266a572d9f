//! On how many days keys cost something.

use std::ops::RangeInclusive;

use catalog::{Account, Catalog, KeyId, KeyRecord, KeyVersionId, KeyVersionRecord, Timestamp};

use crate::key_queries::key;
use crate::place::{Place, on_both_engines};

on_both_engines!(
    a_key_costs_on_each_day_that_it_touches,
    a_wait_takes_whole_days_away,
    a_version_costs_from_its_own_first_day,
    keys_of_services_and_other_accounts_do_not_count,
);

/// Shows that the first and the last day count whole, and that days outside of the asked ones do not.
async fn a_key_costs_on_each_day_that_it_touches(place: &Place) {
    let catalog = place.open().await;
    add(&catalog, key(1), at(10, 23), &[]).await;
    add(&catalog, key(2), at(12, 0), &[]).await;
    for (days, wanted) in [(0..=9, 0), (0..=10, 1), (0..=11, 2), (10..=12, 4), (12..=12, 2), (13..=19, 14)] {
        assert_eq!(catalog.read().key_days(&Account::default(), days.clone()).await.unwrap(), wanted, "{days:?}");
    }
    let none = RangeInclusive::new(30, 19);
    assert_eq!(catalog.read().key_days(&Account::default(), none).await.unwrap(), 0, "a month that is to come");
}

/// Shows that a day is free only when the wait lasts from its first to its last moment, that waits add up, and that one may last.
async fn a_wait_takes_whole_days_away(place: &Place) {
    let table: [(&[_], u64); 7] = [
        (&[(at(12, 1), Some(at(12, 23)))], 10),
        (&[(at(12, 1), Some(at(13, 23)))], 10),
        (&[(at(12, 0), Some(at(13, 0)))], 9),
        (&[(at(12, 1), Some(at(15, 1)))], 8),
        (&[(at(12, 1), Some(at(14, 1))), (at(14, 2), Some(at(17, 0)))], 7),
        (&[(at(12, 1), None)], 3),
        (&[(at(25, 1), None)], 10),
    ];
    let catalog = place.open().await;
    let mut before = 0;
    for (number, (waits, wanted)) in (1..).zip(table) {
        add(&catalog, key(number), at(10, 5), waits).await;
        let days = catalog.read().key_days(&Account::default(), 10..=19).await.unwrap();
        assert_eq!(days - before, wanted, "{waits:?}");
        before = days;
    }
    let versions = catalog.read().key_version_days(&Account::default(), 10..=19).await.unwrap();
    assert_eq!(versions, before, "each key has one version");
}

/// Shows that a version counts from its day on, and that a wait of before it takes nothing from it.
async fn a_version_costs_from_its_own_first_day(place: &Place) {
    let catalog = place.open().await;
    let key = key(1);
    add(&catalog, key.clone(), at(10, 5), &[(at(11, 0), Some(at(13, 0)))]).await;
    let mut write = catalog.write().await.unwrap();
    write.key_version_insert(&version([7; 10], key.id, at(15, 5))).await.unwrap();
    write.key_wait_begin(key.id, at(17, 0)).await.unwrap();
    write.commit().await.unwrap();
    // The first version on days 10 and 13 to 16, the second on 15 and 16.
    assert_eq!(catalog.read().key_version_days(&Account::default(), 10..=19).await.unwrap(), 7);
    assert_eq!(catalog.read().key_days(&Account::default(), 10..=19).await.unwrap(), 5);
}

/// Shows that each account has its own days, in all regions, and that keys of services have none.
async fn keys_of_services_and_other_accounts_do_not_count(place: &Place) {
    let catalog = place.open().await;
    let other: Account = "1234567890123456".parse().unwrap();
    let mut keys = [1, 2, 3, 4].map(key);
    "ecs".clone_into(&mut keys[0].service);
    keys[1].scope.account = other.clone();
    keys[2].scope.region = "cn-shanghai".parse().unwrap();
    for key in keys {
        add(&catalog, key, at(10, 0), &[(at(11, 0), Some(at(12, 0)))]).await;
    }
    for (account, wanted) in [(Account::default(), 4), (other, 2)] {
        assert_eq!(catalog.read().key_days(&account, 10..=12).await.unwrap(), wanted);
        assert_eq!(catalog.read().key_version_days(&account, 10..=12).await.unwrap(), wanted);
    }
}

/// Adds a key with its version, made at `made_at`, and its waits: when each began, and when it was called off.
async fn add(catalog: &Catalog, key: KeyRecord, made_at: Timestamp, waits: &[(Timestamp, Option<Timestamp>)]) {
    let key = KeyRecord { created_at: made_at, ..key };
    let mut write = catalog.write().await.unwrap();
    write.key_insert(&key).await.unwrap();
    write
        .key_version_insert(&KeyVersionRecord { id: key.primary_version, ..version([0; 10], key.id, made_at) })
        .await
        .unwrap();
    for &(began_at, ended_at) in waits {
        write.key_wait_begin(key.id, began_at).await.unwrap();
        if let Some(ended_at) = ended_at {
            write.key_wait_end(key.id, ended_at).await.unwrap();
        }
    }
    write.commit().await.unwrap();
}

fn version(id: [u8; 10], key_id: KeyId, created_at: Timestamp) -> KeyVersionRecord {
    let id = KeyVersionId::new(Timestamp::UNIX_EPOCH, id);
    KeyVersionRecord { id, key_id, material: None, public_key: None, fingerprint: None, created_at }
}

/// An hour of a day, counted since 1970.
fn at(day: i64, hour: i64) -> Timestamp {
    Timestamp::from_second((day * 24 + hour) * 3600).expect("a time near 1970")
}
