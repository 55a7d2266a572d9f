//! Opening a catalog: new, old, newer, foreign, and by two at once.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use catalog::{Catalog, CatalogError, KeyId, PageRequest, Scope, Timestamp};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

const KEY: &str = "00000000-0000-4000-8000-000000000001";

/// Shows that a catalog with data of the first schema is brought forward and keeps its data.
#[tokio::test]
async fn a_catalog_of_the_first_schema_is_brought_forward() {
    let directory = tempfile::tempdir().unwrap();
    let first = format!(
        "{}
         BEGIN;
         INSERT INTO keys VALUES ('{KEY}', 'local', 'local', '', 'Enabled', 'Aliyun_AES_256', 'ENCRYPT/DECRYPT', 'Aliyun_KMS',
                                  'old', 0, 1, NULL, NULL, '00000000-0000-4000-8000-000000000002');
         INSERT INTO key_versions VALUES ('00000000-0000-4000-8000-000000000002', '{KEY}', x'00', 1);
         COMMIT;
         PRAGMA application_id = 0x5273656c; PRAGMA user_version = 1;",
        include_str!("../migrations/0001_keys.sql")
    );
    write_database(directory.path(), first).await;

    let catalog = Catalog::open(directory.path()).await.unwrap();
    let mut session = catalog.session().await;
    let id: KeyId = KEY.parse().unwrap();
    assert_eq!(session.read().key_by_id(id).await.unwrap().unwrap().description, "old");
    // The table of the second schema is there.
    assert_eq!(session.read().sealed_images_of_key(id, PageRequest::first()).await.unwrap().total_count, 0);
}

/// Shows that an older program does not touch what a newer one wrote.
#[tokio::test]
async fn a_newer_schema_is_refused_by_its_number() {
    let directory = tempfile::tempdir().unwrap();
    write_database(directory.path(), "PRAGMA application_id = 0x5273656c; PRAGMA user_version = 99".to_owned()).await;
    let error = refusal(directory.path()).await;
    assert!(matches!(error, CatalogError::TooNew { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("schema 99"), "{error}");
}

/// Shows that somebody else's database is left alone.
#[tokio::test]
async fn a_database_of_something_else_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    write_database(directory.path(), "CREATE TABLE recipes (name TEXT)".to_owned()).await;
    let error = refusal(directory.path()).await;
    assert!(matches!(error, CatalogError::NotACatalog { .. }), "{error}");
}

/// Shows that a file that is no database gives an error and is not replaced.
#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalog.sqlite");
    std::fs::write(&path, vec![b'x'; 8192]).unwrap();
    let error = refusal(directory.path()).await;
    assert!(matches!(error, CatalogError::Database { .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), vec![b'x'; 8192]);
}

/// Shows that nobody else can read the files, whatever the umask, the log of the database included.
#[tokio::test]
async fn files_are_for_their_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("a/b");
    let catalog = Catalog::open(&directory).await.unwrap();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&directory).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["catalog.lock", "catalog.sqlite", "catalog.sqlite-shm", "catalog.sqlite-wal"]);
    assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    drop(catalog);
}

/// Shows that a directory whose files others could replace is refused.
#[tokio::test]
async fn a_directory_that_others_may_write_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o770)).unwrap();
    let error = refusal(directory.path()).await;
    assert!(error.to_string().contains("mode 0770"), "{error}");
}

/// Shows that many programs may start on an empty directory at the same time: one makes the catalog, all can use it.
#[test]
fn a_new_catalog_may_be_opened_by_many_at_once() {
    let directory = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let directory = directory.path();
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async {
                    let catalog = Catalog::open(directory).await.unwrap();
                    let mut session = catalog.session().await;
                    let mut write = session.write().await.unwrap();
                    write.meta_insert(&format!("opener {number}"), b"was here").await.unwrap();
                    write.commit().await.unwrap();
                });
            });
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let catalog = Catalog::open(directory.path()).await.unwrap();
        let mut session = catalog.session().await;
        for number in 0..8 {
            assert!(session.read().meta_by_name(&format!("opener {number}")).await.unwrap().is_some(), "{number}");
        }
    });
}

/// Shows that a change without `commit` leaves nothing and lets go of the write lock.
#[tokio::test]
async fn a_change_that_is_dropped_is_undone() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path()).await.unwrap();
    let other = Catalog::open(directory.path()).await.unwrap();
    let mut session = catalog.session().await;
    let mut write = session.write().await.unwrap();
    write.meta_insert("half", b"done").await.unwrap();
    drop(write);
    assert_eq!(session.read().meta_by_name("half").await.unwrap(), None);
    let mut session = other.session().await;
    session.write().await.unwrap().commit().await.unwrap();
}

/// Shows that a stored value outside of what we write is named, not guessed at.
#[tokio::test]
async fn a_state_that_does_not_exist_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    drop(Catalog::open(directory.path()).await.unwrap());
    let rows = format!(
        "BEGIN;
         INSERT INTO keys VALUES ('{KEY}', 'local', 'local', '', 'Asleep', '', '', '', '', 0, 1, NULL, NULL, '{KEY}');
         INSERT INTO key_versions VALUES ('{KEY}', '{KEY}', NULL, 1);
         COMMIT;"
    );
    write_database(directory.path(), rows).await;
    let catalog = Catalog::open(directory.path()).await.unwrap();
    let error = catalog.session().await.read().keys_page(&Scope::default(), PageRequest::first()).await.unwrap_err();
    assert_eq!(error.to_string(), "catalog is damaged: column `state` holds \"Asleep\"");
    assert!(catalog.session().await.read().keys_due(Timestamp::MAX).await.unwrap().is_empty());
}

async fn write_database(directory: &Path, sql: String) {
    let options = SqliteConnectOptions::new().filename(directory.join("catalog.sqlite")).create_if_missing(true);
    let mut connection = options.connect().await.expect("a database");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("valid statements");
    connection.close().await.expect("a clean end");
}

async fn refusal(directory: &Path) -> CatalogError {
    Catalog::open(directory).await.err().expect("a refusal")
}
