//! The audit on a real catalog: everything that was answered is there, and whatever is changed afterwards is found.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

use std::sync::Arc;

use catalog::{Catalog, Meter, SystemClock, Timestamp};
use crypto::Secret;
use ram::trail::{Broken, Entry, Head, Ledger, Nonce, verify};
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

/// Calls that each story begins with: enough for a checkpoint.
const CALLS: u32 = 1100;

struct Trail {
    dir: TempDir,
    catalog: Arc<Catalog>,
    secret: Secret,
}

impl Trail {
    /// A catalog with an audit of `CALLS` calls, written by many at once.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Arc::new(Catalog::open(dir.path()).await.unwrap());
        let trail = Self { dir, catalog, secret: Secret::copy_of(&[7; 32]) };
        let ledger = Arc::new(trail.ledger());
        let calls: Vec<_> = (0..CALLS).map(|n| tokio::spawn(call(ledger.clone(), n))).collect();
        for done in calls {
            done.await.unwrap();
        }
        trail
    }

    fn ledger(&self) -> Ledger {
        Ledger::new(self.catalog.clone(), Secret::copy_of(self.secret.expose()), Arc::new(SystemClock))
    }

    async fn verify(&self) -> Result<Head, Broken> {
        verify(&self.catalog, &self.secret, None).await.map(|verified| verified.head)
    }

    /// What somebody does who can write the file.
    async fn tamper(&self, sql: &'static str) {
        let url = format!("sqlite://{}", self.dir.path().join("catalog.sqlite").display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql} changed nothing");
        connection.close().await.unwrap();
    }
}

async fn call(ledger: Arc<Ledger>, n: u32) {
    let entry = Entry {
        at: Timestamp::from_millisecond(n.into()).unwrap(),
        request_id: format!("request-{n}"),
        account: "1000000000000001".to_owned(),
        principal: "acs:ram::1000000000000001:root".to_owned(),
        access_key_id: "LTAI".to_owned(),
        source_ip: "127.0.0.1".to_owned(),
        product: "kms".to_owned(),
        action: "Decrypt".to_owned(),
        resources: String::new(),
        key_id: String::new(),
        outcome: "OK".to_owned(),
    };
    let meter = Meter {
        account: "1000000000000001".parse().unwrap(),
        region: "cn-hangzhou".parse().unwrap(),
        day: "1970-01-01".to_owned(),
        product: "kms".to_owned(),
        action: "Decrypt".to_owned(),
        key_kind: "own".to_owned(),
        outcome: "OK".to_owned(),
    };
    let expires_at = Timestamp::from_second(1 << 36).unwrap();
    let nonce = Nonce { nonce: n.to_string(), access_key_id: "LTAI".to_owned(), expires_at };
    ledger.record(entry, vec![meter], Some(nonce)).await.unwrap();
}

/// Shows that calls written by many at once form one whole chain, are all counted, and share the flushes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_in_the_chain_and_in_the_meter() {
    let trail = Trail::new().await;
    let verified = verify(&trail.catalog, &trail.secret, None).await.unwrap();
    assert_eq!((verified.head.seq, verified.checkpoints), (u64::from(CALLS), 1));
    let account = "1000000000000001".parse().unwrap();
    let meters = trail.catalog.read().meters_of_month(&account, "1970-01").await.unwrap();
    assert_eq!(meters.iter().map(|record| record.calls).sum::<u64>(), u64::from(CALLS));
    assert!(trail.catalog.commits() < u64::from(CALLS) / 4, "{} commits", trail.catalog.commits());
    // An earlier end is part of a longer audit, and another one is not.
    call(Arc::new(trail.ledger()), CALLS).await;
    let longer = verify(&trail.catalog, &trail.secret, Some(verified.head)).await.unwrap();
    assert_eq!(longer.head.seq, u64::from(CALLS) + 1);
    let forged = Head { hash: [9; 32], ..verified.head };
    assert!(matches!(verify(&trail.catalog, &trail.secret, Some(forged)).await, Err(Broken::Changed { .. })));
}

/// Shows that each thing that can be done to the rows is found, and where.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_changed_is_found_at_its_place() {
    let cases = [
        ("UPDATE audit SET outcome = 'Forbidden.NoPermission' WHERE seq = 500", "record 500 is not the one"),
        ("UPDATE audit SET principal = '' WHERE seq = 1", "record 1 is not the one"),
        ("DELETE FROM audit WHERE seq = 500", "record 500 is missing"),
        ("DELETE FROM audit WHERE seq = 1", "record 1 is missing"),
        ("DELETE FROM audit WHERE seq > 1050", "ends at record 1050"),
        ("DELETE FROM audit", "ends at record 0"),
        ("DELETE FROM meta WHERE name = 'audit_seal'", "ends at record 1100"),
        ("UPDATE audit_checkpoints SET at = at + 1", "the checkpoint at record"),
        ("UPDATE audit SET seq = seq + 1 WHERE seq = 1100", "record 1100 is missing"),
    ];
    for (sql, wanted) in cases {
        let trail = Trail::new().await;
        trail.tamper(sql).await;
        let found = trail.verify().await.unwrap_err().to_string();
        assert!(found.contains(wanted), "{sql}: {found}");
    }
}
