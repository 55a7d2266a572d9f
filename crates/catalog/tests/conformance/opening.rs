//! Opening a catalog: new, old, newer, foreign, damaged, and by many at once.

use catalog::{CatalogError, KeyFilter, KeyId, PageRequest, Scope, Timestamp};

use crate::place::{Place, on_both_engines};

on_both_engines!(
    a_catalog_of_the_first_schema_is_brought_forward,
    a_newer_schema_is_refused_by_its_number,
    a_database_of_something_else_is_refused,
    a_new_catalog_may_be_opened_by_many_at_once,
    a_state_that_does_not_exist_is_damage,
);

const KEY: &str = "00000000-0000-4000-8000-000000000001";
const WAITING: &str = "00000000-0000-4000-8000-000000000003";

/// Shows that a catalog with data of the first schema is brought forward and keeps its data.
async fn a_catalog_of_the_first_schema_is_brought_forward(place: &Place) {
    let schema = place.choose(
        include_str!("../../migrations/0001_keys.sql"),
        include_str!("../../migrations/0001_keys.postgres.sql"),
    );
    let version = place.choose(
        "PRAGMA application_id = 0x5273656c; PRAGMA user_version = 1;",
        "CREATE TABLE catalog_schema (one BIGINT PRIMARY KEY CHECK (one = 1), schema BIGINT NOT NULL);
         INSERT INTO catalog_schema VALUES (1, 1);",
    );
    let material = place.choose("x'00'", "'\\x00'");
    let first = format!(
        "{schema}
         BEGIN;
         INSERT INTO keys VALUES ('{KEY}', 'local', 'local', '', 'Enabled', 'Aliyun_AES_256', 'ENCRYPT/DECRYPT', 'Aliyun_KMS',
                                  'old', 0, 1, NULL, NULL, '00000000-0000-4000-8000-000000000002');
         INSERT INTO key_versions VALUES ('00000000-0000-4000-8000-000000000002', '{KEY}', {material}, 1);
         INSERT INTO keys VALUES ('{WAITING}', 'local', 'local', '', 'PendingDeletion', 'Aliyun_AES_256', 'ENCRYPT/DECRYPT', 'Aliyun_KMS',
                                  '', 0, 1, 99, NULL, '00000000-0000-4000-8000-000000000004');
         INSERT INTO key_versions VALUES ('00000000-0000-4000-8000-000000000004', '{WAITING}', {material}, 1);
         COMMIT;
         {version}"
    );
    place.run(&first).await;

    let catalog = place.open().await;
    let id: KeyId = KEY.parse().unwrap();
    let key = catalog.read().key_by_id(id).await.unwrap().unwrap();
    assert_eq!((key.description.as_str(), key.protection_level.as_str()), ("old", "SOFTWARE"));
    let versions = catalog.read().key_versions_page(id, PageRequest::first()).await.unwrap();
    assert_eq!(versions.items[0].material.as_deref(), Some(&[0][..]));
    // Of a key that waited for its deletion already, the wait counts from its creation: it has cost one day, the other one ten.
    assert_eq!(catalog.read().key_days(&key.scope.account, 0..=9).await.unwrap(), 11);
    // Tables of later schemas are there.
    assert_eq!(catalog.read().sealed_images_of_key(id, PageRequest::first()).await.unwrap().total_count, 0);
    assert_eq!(catalog.read().audit_head().await.unwrap().seq, 0);
    catalog.close().await.unwrap();
    // A second opening finds nothing to do.
    assert!(place.open().await.read().key_exists().await.unwrap());
}

/// Shows that an older program does not touch what a newer one wrote.
async fn a_newer_schema_is_refused_by_its_number(place: &Place) {
    place.open().await.close().await.unwrap();
    place.run(place.choose("PRAGMA user_version = 99", "UPDATE catalog_schema SET schema = 99")).await;
    let error = place.try_open().await.err().unwrap();
    assert!(matches!(error, CatalogError::TooNew { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("schema 99"), "{error}");
}

/// Shows that somebody else's database is left alone.
async fn a_database_of_something_else_is_refused(place: &Place) {
    place.run("CREATE TABLE recipes (name TEXT)").await;
    let error = place.try_open().await.err().unwrap();
    assert!(matches!(error, CatalogError::NotACatalog { .. }), "{error}");
    assert!(!error.to_string().contains("postgres:"), "no URL, which may hold a password: {error}");
}

/// Shows that many programs may start on an empty place at the same time: one makes the catalog, all can use it.
async fn a_new_catalog_may_be_opened_by_many_at_once(place: &Place) {
    std::thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let mut write = place.open().await.write().await.unwrap();
                    write.meta_insert(&format!("opener {number}"), b"was here").await.unwrap();
                    write.commit().await.unwrap();
                });
            });
        }
    });
    let catalog = place.open().await;
    for number in 0..8 {
        assert!(catalog.read().meta_by_name(&format!("opener {number}")).await.unwrap().is_some(), "{number}");
    }
}

/// Shows that a stored value outside of what we write is named, not guessed at.
async fn a_state_that_does_not_exist_is_damage(place: &Place) {
    let catalog = place.open().await;
    let Scope { account, region } = Scope::default();
    let rows = format!(
        "BEGIN;
         INSERT INTO keys (id, account, region, service, state, spec, usage, origin, description, deletion_protection,
                           created_at, primary_version)
         VALUES ('{KEY}', '{account}', '{region}', '', 'Asleep', '', '', '', '', 0, 1, '{KEY}');
         INSERT INTO key_versions (id, key_id, created_at) VALUES ('{KEY}', '{KEY}', 1);
         COMMIT;"
    );
    place.run(&rows).await;
    let page = catalog.read().keys_page(&KeyFilter::default(), &Scope::default(), PageRequest::first()).await;
    assert_eq!(page.unwrap_err().to_string(), "catalog is damaged: column `state` holds \"Asleep\"");
    assert!(catalog.read().keys_due(Timestamp::MAX).await.unwrap().is_empty());
}
