//! Who may work on the jobs of one PostgreSQL catalog at the same time.

use std::time::Duration;

use catalog::Attends::{Command, OnlyServer, Server};
use catalog::{Attendance, Catalog, CatalogError};

use crate::postgres_only::close_others;
use crate::server;

/// For locks that stay taken: longer would only make the refusal later.
const NO_PATIENCE: Duration = Duration::from_millis(20);
/// For locks that are about to be free.
const PATIENCE: Duration = Duration::from_secs(30);

/// Shows which process bears which other one beside it, under another name and under its own.
#[tokio::test]
async fn processes_bear_each_other_as_they_say() {
    let url = server::new_database().await;
    let (first, second) = (Catalog::connect(&url).await.unwrap(), Catalog::connect(&url).await.unwrap());
    for (there, name, comes, wanted) in [
        (Server, "data-2", Server, "welcome"),
        (Server, "data-2", Command, "welcome"),
        (Command, "data-1", Command, "welcome"),
        (Server, "data-2", OnlyServer, "not alone"),
        (Command, "data-2", OnlyServer, "not alone"),
        (OnlyServer, "data-2", OnlyServer, "not alone"),
        (OnlyServer, "data-2", Server, "only server"),
        (OnlyServer, "data-2", Command, "only server"),
        // A copy of a data directory: its server would take over what the other's works on.
        (Server, "data-1", Server, "name taken"),
        (Server, "data-1", Command, "name taken"),
        (Command, "data-1", Server, "name taken"),
    ] {
        let held = first.attend("data-1", there, PATIENCE).await.unwrap();
        let found = match second.attend(name, comes, NO_PATIENCE).await {
            Ok(_) => "welcome",
            Err(CatalogError::NotAlone { .. }) => "not alone",
            Err(CatalogError::OnlyServer { .. }) => "only server",
            Err(CatalogError::NameTaken { .. }) => "name taken",
            Err(error) => panic!("{error}"),
        };
        assert_eq!(found, wanted, "{there:?}, then {comes:?} as {name}");
        assert_eq!(held.is_alone().await, there == OnlyServer, "the refused one took nothing away");
        drop(held);
        // Waits until the database has seen that both are gone.
        drop(first.attend("data-1", OnlyServer, PATIENCE).await.unwrap());
    }
}

/// Shows that a server whose connection was lost is what it was once it asks, and is not when another came meanwhile, until that is gone.
#[tokio::test]
async fn an_attendance_outlives_its_connection_unless_another_came() {
    let url = server::new_database().await;
    let (first, second) = (Catalog::connect(&url).await.unwrap(), Catalog::connect(&url).await.unwrap());
    let held = first.attend("data-1", OnlyServer, PATIENCE).await.unwrap();
    close_others(&url).await;
    is_confirmed(&held).await;
    assert!(held.is_alone().await);
    let refused = second.attend("data-2", Server, NO_PATIENCE).await.err().unwrap();
    assert!(matches!(refused, CatalogError::OnlyServer { .. }), "its locks are taken again: {refused}");

    close_others(&url).await;
    let other = second.attend("data-2", Server, PATIENCE).await.unwrap();
    assert!(!held.is_alone().await);
    assert!(matches!(held.confirm().await.unwrap_err(), CatalogError::NotAlone { .. }));
    drop(other);
    is_confirmed(&held).await;
    assert!(held.is_alone().await);
}

/// The database may take a moment to see that others are gone, or the lost connection itself.
async fn is_confirmed(held: &Attendance) {
    let confirmed = async {
        while held.confirm().await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, confirmed).await.unwrap();
}

/// Shows that there is nothing to be refused in a data directory, whose lock its owner takes.
#[tokio::test]
async fn a_data_directory_has_its_own_lock() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path()).await.unwrap();
    let _first = catalog.attend("", OnlyServer, NO_PATIENCE).await.unwrap();
    let second = catalog.attend("", OnlyServer, NO_PATIENCE).await.unwrap();
    assert!(second.is_alone().await);
}
