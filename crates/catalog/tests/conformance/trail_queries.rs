//! Audit, meters, balances, nonces.

use catalog::{
    Account, AuditCheckpoint, AuditFilter, AuditHead, AuditRecord, CatalogError, EventFilter, Meter, NonceRecord,
    NoncesTaken, Timestamp,
};

use crate::place::{Place, on_both_engines};

on_both_engines!(
    audit_records_follow_each_other,
    audit_pages_are_filtered,
    events_are_an_accounts_own_and_bounded,
    checkpoints_are_kept,
    calls_are_counted,
    a_balance_is_there_when_it_was_set,
    nonces_are_taken_once_and_a_key_holds_a_bounded_number,
);

/// Shows that the chain has no gap and no fork: a record needs the next number and the last hash.
async fn audit_records_follow_each_other(place: &Place) {
    let catalog = place.open().await;
    assert_eq!(catalog.read().audit_head().await.unwrap(), AuditHead { seq: 0, hash: [0; 32] });
    let mut write = catalog.write().await.unwrap();
    // More than one statement takes.
    write.audit_append(&[record(1)]).await.unwrap();
    write.audit_append(&(2..=99).map(record).collect::<Vec<_>>()).await.unwrap();
    write.audit_append(&[]).await.unwrap();
    let forged = AuditRecord { previous_hash: [9; 32], ..record(100) };
    for wrong in [vec![record(99)], vec![record(101)], vec![forged], vec![record(100), record(102)]] {
        let error = write.audit_append(&wrong).await.unwrap_err();
        assert!(matches!(error, CatalogError::AuditOutOfOrder { .. }), "{error}");
    }
    write.audit_append(&[record(100)]).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(catalog.read().audit_head().await.unwrap(), AuditHead { seq: 100, hash: [100; 32] });
    let all = catalog.read().audit_page(&AuditFilter::default(), 0, 1000).await.unwrap();
    assert_eq!(all, (1..=100).map(record).collect::<Vec<_>>());
}

/// Shows that pages go on behind a number and that filters narrow them.
async fn audit_pages_are_filtered(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    write.audit_append(&(1..=9).map(record).collect::<Vec<_>>()).await.unwrap();
    write.commit().await.unwrap();
    let filter = |account: &str, key: &str| AuditFilter { account: account.to_owned(), key_id: key.to_owned() };
    let cases = [
        (filter("", ""), 4, 2, vec![5, 6]),
        (filter("account 1", ""), 0, 100, vec![1, 3, 5, 7, 9]),
        (filter("account 1", "key 0"), 3, 100, vec![9]),
        (filter("", "second 7"), 0, 100, vec![7]),
        (filter("nobody", ""), 0, 100, vec![]),
        (filter("", ""), 9, 100, vec![]),
    ];
    for (filter, after, limit, expected) in cases {
        let page = catalog.read().audit_page(&filter, after, limit).await.unwrap();
        let found: Vec<u64> = page.iter().map(|record| record.seq).collect();
        assert_eq!(found, expected, "{filter:?} after {after}");
    }
}

/// Shows that an account sees its own records only, newest first, in pages that fit together, narrowed by each filter.
async fn events_are_an_accounts_own_and_bounded(place: &Place) {
    let catalog = place.open().await;
    let hour = |seq: u64| AuditRecord { at: at(i64::try_from(seq).expect("a small number") * 3600), ..record(seq) };
    let failed = AuditRecord { outcome: "Rejected.Disabled".to_owned(), action: "Encrypt".to_owned(), ..hour(7) };
    let records: Vec<_> = (1..=9).map(|seq| if seq == 7 { failed.clone() } else { hour(seq) }).collect();
    let mut write = catalog.write().await.unwrap();
    write.audit_append(&records).await.unwrap();
    write.commit().await.unwrap();
    let mine = || EventFilter { account: "account 1".to_owned(), ..EventFilter::default() };
    let cases = [
        (mine(), None, vec![9, 7, 5]),
        (mine(), Some(5), vec![3, 1]),
        (EventFilter { key_id: "key 0".to_owned(), ..mine() }, None, vec![9, 3]),
        (EventFilter { key_id: "second 5".to_owned(), ..mine() }, None, vec![5]),
        (EventFilter { failed: true, ..mine() }, None, vec![7]),
        (EventFilter { outcome: "OK".to_owned(), action: "Decrypt".to_owned(), ..mine() }, None, vec![9, 5, 3]),
        (EventFilter { from: Some(at(5 * 3600)), until: Some(at(9 * 3600)), ..mine() }, None, vec![7, 5]),
        (EventFilter { from: Some(at(99 * 3600)), ..mine() }, None, vec![]),
        (EventFilter { until: Some(at(0)), ..mine() }, None, vec![]),
        (EventFilter { principal: "acs:ram::1:user/x".to_owned(), ..mine() }, None, vec![]),
        (EventFilter { product: "kms".to_owned(), account: "account 0".to_owned(), ..mine() }, None, vec![8, 6, 4]),
        (EventFilter { account: "nobody".to_owned(), ..mine() }, None, vec![]),
    ];
    for (filter, before, expected) in cases {
        let page = catalog.read().audit_events(&filter, before, 3).await.unwrap();
        let found: Vec<u64> = page.records.iter().map(|record| record.seq).collect();
        assert_eq!(found, expected, "{filter:?} before {before:?}");
        assert_eq!(page.next, expected.get(2).copied(), "a full page leads on: {filter:?}");
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

/// Shows that counts add up apart for everything that differs, that a month is read alone, and that its days add up to it.
async fn calls_are_counted(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let service = Meter { key_kind: "service".to_owned(), ..meter("2026-11-30") };
    let other = Meter { product: "ecs".to_owned(), ..meter("2026-11-01") };
    for (meter, calls) in [
        (&meter("2026-11-01"), 1),
        (&service, 5),
        (&meter("2026-11-01"), 2),
        (&meter("2026-11-30"), 4),
        (&meter("2026-12-01"), 9),
        (&meter("2026-10-31"), 9),
        (&other, 7),
    ] {
        write.meter_add(meter, calls).await.unwrap();
    }
    write.commit().await.unwrap();
    let found = catalog.read().meters_of_month(&account(), "2026-11").await.unwrap();
    let found: Vec<_> = found.iter().map(|record| (&*record.product, &*record.key_kind, record.calls)).collect();
    assert_eq!(found, [("ecs", "own", 7), ("kms", "own", 7), ("kms", "service", 5)]);
    let days = catalog.read().meter_days_of_month("kms", &account(), "2026-11").await.unwrap();
    let days: Vec<_> = days.iter().map(|record| (&*record.day, &*record.action, record.calls)).collect();
    assert_eq!(days, [("2026-11-01", "Decrypt", 3), ("2026-11-30", "Decrypt", 9)]);
}

/// Shows that an account has no limit before one is set and after it is taken away, and that its own counts.
async fn a_balance_is_there_when_it_was_set(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    write.balance_delete(&account()).await.unwrap();
    assert_eq!(write.read().balance_by_account(&account()).await.unwrap(), None);
    write.balance_set(&account(), 5).await.unwrap();
    write.balance_set(&account(), 7).await.unwrap();
    write.balance_set(&Account::default(), 1).await.unwrap();
    assert_eq!(write.read().balance_by_account(&account()).await.unwrap(), Some(7));
    write.balance_delete(&account()).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(catalog.read().balance_by_account(&account()).await.unwrap(), None);
    assert_eq!(catalog.read().balance_by_account(&Account::default()).await.unwrap(), Some(1));
}

/// Shows that a nonce works once a key, that a key's number of nonces is bounded, and that purging makes room.
async fn nonces_are_taken_once_and_a_key_holds_a_bounded_number(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let batch = |nonces: &[(&str, i64)]| -> Vec<(String, Timestamp)> {
        nonces.iter().map(|&(nonce, expires_at)| (nonce.to_owned(), at(expires_at))).collect()
    };
    let taken = |fresh, replayed, left_out| NoncesTaken { fresh, replayed, left_out };
    let cases = [
        ("key 1", batch(&[("a", 1)]), taken(1, 0, 0)),
        ("key 1", batch(&[("a", 5)]), taken(0, 1, 0)),
        ("key 2", batch(&[("a", 1), ("a", 1)]), taken(1, 1, 0)),
        ("key 1", batch(&[("b", 5), ("c", 5)]), taken(1, 0, 1)),
        ("key 1", batch(&[("a", 5)]), taken(0, 0, 1)),
        ("key 1", batch(&[]), taken(0, 0, 0)),
    ];
    for (key, nonces, expected) in cases {
        assert_eq!(write.nonces_take(key, &nonces, 2).await.unwrap(), expected, "{nonces:?} of {key}");
    }
    assert_eq!(write.nonces_purge(at(1)).await.unwrap(), 2);
    assert_eq!(write.nonces_take("key 1", &batch(&[("c", 5), ("d", 5)]), 2).await.unwrap(), taken(1, 0, 1));
    assert_eq!(write.nonces_purge(at(5)).await.unwrap(), 2);
    // More than one statement takes.
    let many: Vec<_> = (0..99).map(|number| (number.to_string(), at(9))).collect();
    assert_eq!(write.nonces_take("key 1", &many, 200).await.unwrap(), taken(99, 0, 0));
    write.commit().await.unwrap();
    // They survive a restart, and are listed.
    catalog.close().await.unwrap();
    let catalog = place.open().await;
    assert!(catalog.read().nonce_is_held("7", "key 1").await.unwrap());
    assert!(!catalog.read().nonce_is_held("7", "key 2").await.unwrap());
    let mut listed: Vec<NonceRecord> = Vec::new();
    loop {
        let page = catalog.read().nonces_page(listed.last(), 50).await.unwrap();
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    let mut found: Vec<_> = listed.into_iter().map(|one| (one.nonce, one.expires_at)).collect();
    found.sort_by_key(|(nonce, _)| nonce.parse::<u32>().unwrap());
    assert_eq!(found, many);
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
        resources: format!("acs:kms:r:1:key/key {} acs:kms:r:1:key/second {seq}", seq % 3),
        key_id: format!("key {}", seq % 3),
        outcome: "OK".to_owned(),
        previous_hash: [byte - 1; 32],
        hash: [byte; 32],
    }
}

fn meter(day: &str) -> Meter {
    Meter {
        account: account(),
        region: "cn-hangzhou".parse().expect("a region"),
        day: day.to_owned(),
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
