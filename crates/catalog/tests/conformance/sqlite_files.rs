//! The files of the embedded catalog: whose they are, and what is not touched.

use std::os::unix::fs::PermissionsExt;

use catalog::{Catalog, CatalogError};

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

/// Shows that a directory whose files others could replace is refused.
#[tokio::test]
async fn a_directory_that_others_may_write_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o770)).unwrap();
    let error = Catalog::open(directory.path()).await.err().unwrap();
    assert!(error.to_string().contains("mode 0770"), "{error}");
}
