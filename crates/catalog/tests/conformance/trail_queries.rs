//! Audit, meters, balances, nonces.

use catalog::{
    Account, AuditCheckpoint, AuditFilter, AuditHead, AuditRecord, CatalogError, Meter, NonceUse, Timestamp,
};

use crate::place::{Place, on_both_engines};

on_both_engines!(
    audit_records_follow_each_other,
    audit_pages_are_filtered,
    checkpoints_are_kept,
    calls_are_counted,
    a_balance_is_there_when_it_was_set,
    a_nonce_is_taken_once_and_a_key_holds_a_bounded_number,
);

/// Shows that the chain has no gap and no fork: a record needs the next number and the last hash.
async fn audit_records_follow_each_other(place: &Place) {
    let catalog = place.open().await;
    assert_eq!(catalog.read().audit_head().await.unwrap(), AuditHead { seq: 0, hash: [0; 32] });
    let mut write = catalog.write().await.unwrap();
    for seq in 1..=3 {
        write.audit_append(&record(seq)).await.unwrap();
    }
    for wrong in [record(3), record(5), AuditRecord { previous_hash: [9; 32], ..record(4) }] {
        let error = write.audit_append(&wrong).await.unwrap_err();
        assert!(matches!(error, CatalogError::AuditOutOfOrder { .. }), "{error}");
    }
    write.audit_append(&record(4)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(catalog.read().audit_head().await.unwrap(), AuditHead { seq: 4, hash: [4; 32] });
    let all = catalog.read().audit_page(&AuditFilter::default(), 0, 100).await.unwrap();
    assert_eq!(all, (1..=4).map(record).collect::<Vec<_>>());
}

/// Shows that pages go on behind a number and that filters narrow them.
async fn audit_pages_are_filtered(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for seq in 1..=9 {
        write.audit_append(&record(seq)).await.unwrap();
    }
    write.commit().await.unwrap();
    let filter = |account: &str, key: &str| AuditFilter { account: account.to_owned(), key_id: key.to_owned() };
    let cases = [
        (filter("", ""), 4, 2, vec![5, 6]),
        (filter("account 1", ""), 0, 100, vec![1, 3, 5, 7, 9]),
        (filter("account 1", "key 0"), 3, 100, vec![9]),
        (filter("nobody", ""), 0, 100, vec![]),
        (filter("", ""), 9, 100, vec![]),
    ];
    for (filter, after, limit, expected) in cases {
        let page = catalog.read().audit_page(&filter, after, limit).await.unwrap();
        let found: Vec<u64> = page.iter().map(|record| record.seq).collect();
        assert_eq!(found, expected, "{filter:?} after {after}");
    }
}

/// Shows that a record is signed once and that the newest checkpoint is found.
async fn checkpoints_are_kept(place: &Place) {
    let catalog = place.open().await;
    assert_eq!(catalog.read().audit_checkpoint_last().await.unwrap(), None);
    let checkpoint =
        |seq: u8| AuditCheckpoint { seq: seq.into(), hash: [seq; 32], signature: vec![seq; 64], at: at(1) };
    let mut write = catalog.write().await.unwrap();
    for seq in [3, 7] {
        assert!(write.audit_checkpoint_insert(&checkpoint(seq)).await.unwrap());
        assert!(!write.audit_checkpoint_insert(&checkpoint(seq)).await.unwrap());
    }
    write.commit().await.unwrap();
    assert_eq!(catalog.read().audit_checkpoint_last().await.unwrap(), Some(checkpoint(7)));
    assert_eq!(catalog.read().audit_checkpoints_page(0, 1).await.unwrap(), [checkpoint(3)]);
    assert_eq!(catalog.read().audit_checkpoints_page(3, 9).await.unwrap(), [checkpoint(7)]);
}

/// Shows that counts add up apart for everything that differs, and that a month is read alone.
async fn calls_are_counted(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let other = Meter { key_kind: "service".to_owned(), ..meter("2026-11") };
    for (meter, calls) in [(&meter("2026-11"), 1), (&other, 5), (&meter("2026-11"), 2), (&meter("2026-12"), 9)] {
        write.meter_add(meter, calls).await.unwrap();
    }
    write.commit().await.unwrap();
    let found = catalog.read().meters_of_month(&account(), "2026-11").await.unwrap();
    let found: Vec<_> = found.into_iter().map(|record| (record.meter, record.calls)).collect();
    assert_eq!(found, [(meter("2026-11"), 3), (other, 5)]);
}

/// Shows that an account without a balance has no limit, and that one can go below zero.
async fn a_balance_is_there_when_it_was_set(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    assert!(!write.balance_add(&account(), -1).await.unwrap());
    assert_eq!(write.read().balance_by_account(&account()).await.unwrap(), None);
    write.balance_set(&account(), 5).await.unwrap();
    assert!(write.balance_add(&account(), -7).await.unwrap());
    write.commit().await.unwrap();
    assert_eq!(catalog.read().balance_by_account(&account()).await.unwrap(), Some(-2));
}

/// Shows that a nonce works once a key, that a key's number of nonces is bounded, and that purging makes room.
async fn a_nonce_is_taken_once_and_a_key_holds_a_bounded_number(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let cases = [
        ("a", "key 1", 1, NonceUse::Fresh),
        ("a", "key 1", 5, NonceUse::Replayed),
        ("a", "key 2", 1, NonceUse::Fresh),
        ("b", "key 1", 5, NonceUse::Fresh),
        ("c", "key 1", 5, NonceUse::Full),
        ("a", "key 1", 5, NonceUse::Replayed),
    ];
    for (nonce, key, expires_at, expected) in cases {
        let taken = write.nonce_take(nonce, key, at(expires_at), 2).await.unwrap();
        assert_eq!(taken, expected, "{nonce} of {key}");
    }
    assert_eq!(write.nonces_purge(at(1)).await.unwrap(), 2);
    assert_eq!(write.nonce_take("c", "key 1", at(5), 2).await.unwrap(), NonceUse::Fresh);
    assert_eq!(write.nonce_take("d", "key 1", at(5), 2).await.unwrap(), NonceUse::Full);
    assert_eq!(write.nonces_purge(at(5)).await.unwrap(), 2);
    assert_eq!(write.nonce_take("b", "key 1", at(9), 1).await.unwrap(), NonceUse::Fresh);
    write.commit().await.unwrap();
    // It survives a restart.
    catalog.close().await.unwrap();
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    assert_eq!(write.nonce_take("b", "key 1", at(9), 9).await.unwrap(), NonceUse::Replayed);
    write.abandon().await.unwrap();
}

fn record(seq: u64) -> AuditRecord {
    let byte = u8::try_from(seq).expect("a small number");
    AuditRecord {
        seq,
        at: at(1),
        request_id: "request".to_owned(),
        account: format!("account {}", seq % 2),
        principal: "acs:ram::1:root".to_owned(),
        access_key_id: "LTAI".to_owned(),
        source_ip: "::1".to_owned(),
        product: "kms".to_owned(),
        action: "Decrypt".to_owned(),
        resources: "[]".to_owned(),
        key_id: format!("key {}", seq % 3),
        outcome: "OK".to_owned(),
        previous_hash: [byte - 1; 32],
        hash: [byte; 32],
    }
}

fn meter(month: &str) -> Meter {
    Meter {
        account: account(),
        region: "cn-hangzhou".parse().expect("a region"),
        month: month.to_owned(),
        product: "kms".to_owned(),
        action: "Decrypt".to_owned(),
        key_kind: "own".to_owned(),
        outcome: "OK".to_owned(),
    }
}

fn account() -> Account {
    "1234567890123456".parse().expect("an account")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a time near 1970")
}
