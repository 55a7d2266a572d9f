//! What only a server can do: go away, come back, and not be there.

use catalog::{Catalog, CatalogError};
use sqlx::{Connection, Executor, PgConnection};

use crate::server;

/// Shows that readers and the writer go on after the server closed their connections, and that no change was half kept.
#[tokio::test]
async fn connections_that_the_server_closed_are_replaced() {
    let url = server::new_database().await;
    let catalog = Catalog::connect(&url).await.unwrap();
    let mut write = catalog.write().await.unwrap();
    write.meta_insert("before", b"").await.unwrap();
    write.commit().await.unwrap();
    assert!(catalog.read().meta_by_name("before").await.unwrap().is_some());

    let mut open = catalog.write().await.unwrap();
    open.meta_insert("lost", b"").await.unwrap();
    close_others(&url).await;
    assert!(catalog.read().meta_by_name("before").await.unwrap().is_some(), "a reader is replaced unseen");
    let lost = open.commit().await.expect_err("a change that was open is lost, and its caller is told");
    assert!(lost.is_passing(), "{lost:?}");

    let mut write = catalog.write().await.unwrap();
    write.meta_insert("after", b"").await.unwrap();
    write.commit().await.unwrap();
    assert!(catalog.read().meta_by_name("lost").await.unwrap().is_none());
    assert!(catalog.read().meta_by_name("after").await.unwrap().is_some());
}

/// Shows that all members of a group hear that its commit failed, and a refusal that rests on it too.
#[tokio::test]
async fn a_lost_group_is_an_error_for_all_its_members() {
    let url = server::new_database().await;
    let catalog = Catalog::connect(&url).await.unwrap();
    let mut first = catalog.write().await.unwrap();
    first.meta_insert("first", b"").await.unwrap();
    // Queues up before the group's commit does.
    let refused = async {
        let mut write = catalog.write().await.unwrap();
        let sees_first = write.read().meta_by_name("first").await.unwrap().is_some();
        close_others(&url).await;
        (sees_first, write.abandon().await)
    };
    let (kept, (sees_first, refused)) = tokio::join!(first.commit(), refused);
    assert!(sees_first);
    assert!(matches!(kept.unwrap_err(), CatalogError::GroupFailed { .. }));
    assert!(refused.expect_err("what it saw never came to be").is_passing());
    assert!(catalog.read().meta_by_name("first").await.unwrap().is_none());
}

/// Shows that what was deleted is not called gone while somebody reads a state from before, and is when
/// he is done.
#[tokio::test]
async fn what_was_deleted_waits_for_who_still_reads_it() {
    let url = server::new_database().await;
    let catalog = Catalog::connect(&url).await.unwrap();
    let mut write = catalog.write().await.unwrap();
    write.meta_insert("a", b"material").await.unwrap();
    write.commit().await.unwrap();
    let mut reader = PgConnection::connect(&url).await.unwrap();
    reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM meta").await.unwrap();
    let mut write = catalog.write().await.unwrap();
    write.meta_update("a", b"gone").await.unwrap();
    write.unsettle().await.unwrap();
    write.commit().await.unwrap();
    assert!(!catalog.settle().await.unwrap(), "he could still read it");
    reader.execute("COMMIT").await.unwrap();
    assert!(catalog.settle().await.unwrap());
    reader.close().await.unwrap();
}

/// Shows that a server which is not there, and text which is no URL, are errors without the password in them.
#[tokio::test]
async fn a_server_that_cannot_be_reached_is_an_error_without_secrets() {
    for url in [
        "postgres://me:secret@/name?host=/nowhere",
        "postgres://me:secret@host:port/name",
        "mysql://me:secret@host/name",
    ] {
        let error = Catalog::connect(url).await.err().unwrap();
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        assert!(!text.contains("secret"), "{text}");
    }
}

/// Shows that a connection over the network is encrypted and the server's certificate is looked at, as `sslmode` says, and that what must
/// be encrypted and cannot be is refused, not sent in clear.
#[tokio::test]
async fn connections_are_encrypted_as_the_url_says() {
    let (url, certificate) = server::new_database_over_tcp().await;
    for wanted in ["sslmode=require".to_owned(), format!("sslmode=verify-full&sslrootcert={certificate}")] {
        let url = format!("{url}?{wanted}");
        Catalog::connect(&url).await.unwrap();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let encrypted = sqlx::query_scalar::<_, bool>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        assert!(encrypted.fetch_one(&mut connection).await.unwrap(), "{wanted}");
        connection.close().await.unwrap();
    }
    // Nobody that is known by default has signed the server's certificate.
    assert!(Catalog::connect(&format!("{url}?sslmode=verify-full")).await.is_err());
}

/// Ends all connections to a database but one.
pub(crate) async fn close_others(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let close = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::raw_sql(close).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
