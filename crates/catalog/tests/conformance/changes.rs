//! Changes: all or none, and what becomes of those that are refused, dropped or broken.

use std::sync::Arc;

use catalog::{Catalog, CatalogError, Write};

use crate::place::{Place, on_both_engines};

on_both_engines!(
    a_command_without_other_writers_commits_at_once,
    a_change_that_is_dropped_is_undone_and_its_group_goes_on,
    a_change_that_is_abandoned_waits_for_what_it_saw,
    a_change_with_a_failed_part_is_not_kept,
    a_change_with_a_cancelled_part_is_not_kept,
    nobody_sees_a_change_before_it_is_committed,
    a_broken_reference_fails_the_commit,
);

/// Shows that a single change is one commit, and that it is durable for another process when it returns.
async fn a_command_without_other_writers_commits_at_once(place: &Place) {
    let (catalog, other) = (place.open().await, place.open().await);
    for number in 1..=3 {
        insert(&catalog, &number.to_string()).await.unwrap();
        assert_eq!(catalog.commits(), number);
        assert!(is_there(&other, &number.to_string()).await);
    }
}

/// Shows that a dropped change leaves nothing, lets go of the write lock, and takes nobody with it.
async fn a_change_that_is_dropped_is_undone_and_its_group_goes_on(place: &Place) {
    let (catalog, other) = (Arc::new(place.open().await), place.open().await);
    let mut first = catalog.write().await.unwrap();
    first.meta_insert("first", b"").await.unwrap();
    // Waits behind the first, in its group.
    let (waiting, dropped) = (catalog.clone(), catalog.clone());
    let dropping = tokio::spawn(async move {
        let mut write = dropped.write().await.unwrap();
        write.meta_insert("dropped", b"").await.unwrap();
        assert!(write.read().meta_by_name("first").await.unwrap().is_some(), "a change sees those before it");
    });
    tokio::task::yield_now().await;
    let last = tokio::spawn(async move { insert(&waiting, "last").await });
    tokio::task::yield_now().await;
    first.commit().await.unwrap();
    dropping.await.unwrap();
    last.await.unwrap().unwrap();
    for (name, expected) in [("first", true), ("dropped", false), ("last", true)] {
        assert_eq!(is_there(&catalog, name).await, expected, "{name}");
    }
    // The lock of all processes is free.
    insert(&other, "other").await.unwrap();
}

/// Shows that a refusal which rests on a change of another caller is answered when that change is durable, not before.
async fn a_change_that_is_abandoned_waits_for_what_it_saw(place: &Place) {
    let (catalog, other) = (Arc::new(place.open().await), place.open().await);
    let mut first = catalog.write().await.unwrap();
    first.meta_insert("name", b"").await.unwrap();
    let second = catalog.clone();
    let refused = tokio::spawn(async move {
        let mut write = second.write().await.unwrap();
        let taken = write.read().meta_by_name("name").await.unwrap().is_some();
        write.finish(if taken { Err(CatalogError::Stopped) } else { Ok(()) }).await
    });
    tokio::task::yield_now().await;
    tokio::spawn(first.commit());
    assert!(matches!(refused.await.unwrap(), Err(CatalogError::Stopped)), "its own refusal");
    assert!(is_there(&other, "name").await, "what it rests on is durable");
    assert_eq!(catalog.commits(), 1);
}

/// Shows that a change whose part failed cannot be kept, on either engine, and that the next one works.
async fn a_change_with_a_failed_part_is_not_kept(place: &Place) {
    let catalog = place.open().await;
    insert(&catalog, "taken").await.unwrap();
    let mut write = catalog.write().await.unwrap();
    write.meta_insert("new", b"").await.unwrap();
    assert!(matches!(write.meta_insert("taken", b"").await.unwrap_err(), CatalogError::Database { .. }));
    assert!(matches!(write.commit().await.unwrap_err(), CatalogError::ChangeHasFailed));
    assert!(!is_there(&catalog, "new").await);
    insert(&catalog, "next").await.unwrap();
}

/// Shows that a change is not kept when one of its statements was cancelled: nobody knows whether that one was done.
async fn a_change_with_a_cancelled_part_is_not_kept(place: &Place) {
    let catalog = place.open().await;
    let write = change_with_a_cancelled_part(&catalog).await;
    assert!(matches!(write.commit().await.unwrap_err(), CatalogError::ChangeHasFailed));
    for name in ["done", "cancelled"] {
        assert!(!is_there(&catalog, name).await, "{name}");
    }
    insert(&catalog, "next").await.unwrap();
}

/// A change that inserted one name, and was inserting another. On a busy machine the engine's answer may come while the insertion is
/// polled for the first time: there was nothing to cancel then, and it is tried again.
async fn change_with_a_cancelled_part(catalog: &Catalog) -> Write {
    const TRIES_MAX: usize = 1000;
    for _ in 0..TRIES_MAX {
        let mut write = catalog.write().await.unwrap();
        write.meta_insert("done", b"").await.unwrap();
        let was_cancelled = tokio::select! {
            biased;
            inserted = write.meta_insert("cancelled", b"") => inserted.map(|()| false).unwrap(),
            () = std::future::ready(()) => true,
        };
        if was_cancelled {
            return write;
        }
        write.abandon().await.unwrap();
    }
    panic!("an answer of the engine takes longer than one poll");
}

/// Shows that readers wait for nobody and see committed state only.
async fn nobody_sees_a_change_before_it_is_committed(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    write.meta_insert("name", b"").await.unwrap();
    assert!(!is_there(&catalog, "name").await);
    assert!(write.read().meta_by_name("name").await.unwrap().is_some());
    write.commit().await.unwrap();
    assert!(is_there(&catalog, "name").await);
}

/// Shows that a commit which the engine refuses is an error for its members, that nothing of it is kept, and that the next writer works.
async fn a_broken_reference_fails_the_commit(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    // A key without its version: both engines look at that reference when they commit.
    write.key_insert(&crate::key_queries::key(1)).await.unwrap();
    let error = write.commit().await.unwrap_err();
    assert!(matches!(error, CatalogError::GroupFailed { .. }), "{error}");
    assert!(!catalog.read().key_exists().await.unwrap());
    insert(&catalog, "next").await.unwrap();
    assert!(is_there(&catalog, "next").await);
}

pub(crate) async fn insert(catalog: &Catalog, name: &str) -> catalog::Result<()> {
    let mut write = catalog.write().await?;
    write.meta_insert(name, b"value").await?;
    write.commit().await
}

pub(crate) async fn is_there(catalog: &Catalog, name: &str) -> bool {
    catalog.read().meta_by_name(name).await.expect("a readable catalog").is_some()
}
