//! The files of the embedded catalog: whose they are, and what is not touched.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use catalog::{Catalog, CatalogError, OpenedFor};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};

/// Shows that a file that is no database gives an error and is not replaced.
#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalog.sqlite");
    std::fs::write(&path, vec![b'x'; 8192]).unwrap();
    let error = Catalog::open(directory.path()).await.err().unwrap();
    assert!(matches!(error, CatalogError::Database { .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), vec![b'x'; 8192]);
}

/// Shows that nobody else can read the files, whatever the umask, the log of the database included.
#[tokio::test]
async fn files_are_for_their_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("a/b");
    let catalog = Catalog::open(&directory).await.unwrap();
    assert!(!catalog.read().key_exists().await.unwrap());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&directory).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["catalog.lock", "catalog.sqlite", "catalog.sqlite-shm", "catalog.sqlite-wal"]);
    assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    catalog.close().await.unwrap();
    assert!(!directory.join("catalog.sqlite-wal").exists(), "a closed catalog is one file");
}

/// Shows that the calls of a command share one connection, and that a query beside a change does not see it.
#[tokio::test]
async fn a_command_takes_one_connection() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalog.sqlite");
    let catalog = Catalog::open_for(OpenedFor::Command, directory.path()).await.unwrap();
    for name in ["a", "b"] {
        let mut write = catalog.write().await.unwrap();
        write.meta_insert(name, b"kept").await.unwrap();
        write.commit().await.unwrap();
        assert!(catalog.read().meta_by_name(name).await.unwrap().is_some());
    }
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    assert_eq!(descriptors.filter(|fd| std::fs::read_link(fd.path()).is_ok_and(|file| file == path)).count(), 1);

    let mut write = catalog.write().await.unwrap();
    write.meta_insert("c", b"undone").await.unwrap();
    assert_eq!(catalog.read().meta_by_name("c").await.unwrap(), None);
    write.abandon().await.unwrap();
    catalog.close().await.unwrap();
    assert!(!directory.path().join("catalog.sqlite-wal").exists(), "a closed catalog is one file");
}

/// Shows that a directory whose files others could replace is refused.
#[tokio::test]
async fn a_directory_that_others_may_write_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o770)).unwrap();
    let error = Catalog::open(directory.path()).await.err().unwrap();
    assert!(error.to_string().contains("mode 0770"), "{error}");
}

/// Shows that what was deleted leaves all files at once; when somebody reads the log for long, as soon as they have gone; and after a kill,
/// when the catalog is opened again.
#[tokio::test]
async fn what_was_deleted_leaves_the_files() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path()).await.unwrap();
    delete(&catalog, "a").await;
    assert!(holds_material(directory.path()), "in its log");
    assert!(catalog.settle().await.unwrap());
    assert!(!holds_material(directory.path()));

    let options = SqliteConnectOptions::new().filename(directory.path().join("catalog.sqlite"));
    let mut reader = options.connect().await.unwrap();
    reader.execute("BEGIN; SELECT count(*) FROM meta").await.unwrap();
    delete(&catalog, "b").await;
    assert!(!catalog.settle().await.unwrap() && holds_material(directory.path()));
    let killed = tempfile::tempdir().unwrap();
    for name in FILES {
        std::fs::copy(directory.path().join(name), killed.path().join(name)).unwrap();
    }
    reader.execute("COMMIT").await.unwrap();
    assert!(catalog.settle().await.unwrap());
    assert!(!holds_material(directory.path()));
    reader.close().await.unwrap();

    assert!(holds_material(killed.path()));
    let opened = Catalog::open(killed.path()).await.unwrap();
    assert!(!holds_material(killed.path()));
    assert!(opened.settle().await.unwrap(), "nothing is left to do");
    assert_eq!(opened.read().meta_by_name("b").await.unwrap().as_deref(), Some(&b"gone"[..]));
}

const FILES: [&str; 2] = ["catalog.sqlite", "catalog.sqlite-wal"];
const MATERIAL: &[u8] = b"key material that must not stay";

/// Adds material in one change, and deletes it in another.
async fn delete(catalog: &Catalog, name: &str) {
    let mut write = catalog.write().await.unwrap();
    write.meta_insert(name, MATERIAL).await.unwrap();
    write.commit().await.unwrap();
    let mut write = catalog.write().await.unwrap();
    write.meta_update(name, b"gone").await.unwrap();
    write.unsettle().await.unwrap();
    write.commit().await.unwrap();
}

fn holds_material(directory: &Path) -> bool {
    let bytes = FILES.map(|name| std::fs::read(directory.join(name)).unwrap());
    bytes.iter().any(|bytes| bytes.windows(MATERIAL.len()).any(|window| window == MATERIAL))
}
