//! Tickets and what is said about them.

use catalog::{PageRequest, Scope, TicketFilter, TicketRecord, TicketReply, Timestamp};

use crate::place::{Place, on_both_engines};

on_both_engines!(a_ticket_ends_once, what_was_approved_counts_in_its_scope, texts_stay_in_order);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn ticket(id: &str, gib: u64) -> TicketRecord {
    TicketRecord {
        id: id.to_owned(),
        scope: Scope::default(),
        kind: "image-copy-size".to_owned(),
        gib,
        status: "Open".to_owned(),
        created_at: at(1),
        updated_at: at(1),
    }
}

/// Shows that a ticket is read as it was written, that the list has the newest first and by status, and that what ended stays as it ended.
async fn a_ticket_ends_once(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for id in ["k-1", "k-2"] {
        write.ticket_insert(&ticket(id, 300)).await.unwrap();
    }
    assert!(write.ticket_end("k-1", "Rejected", at(2)).await.unwrap());
    assert!(!write.ticket_end("k-1", "Approved", at(3)).await.unwrap());
    assert!(!write.ticket_end("k-9", "Approved", at(3)).await.unwrap());
    write.commit().await.unwrap();
    let mut read = catalog.read();
    let wanted = TicketRecord { status: "Rejected".to_owned(), updated_at: at(2), ..ticket("k-1", 300) };
    assert_eq!(read.ticket_by_id("k-1").await.unwrap(), Some(wanted));
    for (status, id, ids) in [
        ("", "", vec!["k-2", "k-1"]),
        ("Open", "", vec!["k-2"]),
        ("Approved", "", vec![]),
        ("", "k-1", vec!["k-1"]),
        ("Open", "k-1", vec![]),
    ] {
        let filter = TicketFilter { status: status.to_owned(), id: id.to_owned() };
        let page = read.tickets_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        assert_eq!(page.items.iter().map(|ticket| ticket.id.as_str()).collect::<Vec<_>>(), ids, "{filter:?}");
        assert_eq!(page.total_count, ids.len() as u64);
    }
}

/// Shows that the largest approved size counts, in its own region only, and that what is open or rejected does not count.
async fn what_was_approved_counts_in_its_scope(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let elsewhere = Scope { region: "cn-shanghai".parse().unwrap(), ..Scope::default() };
    for (id, gib) in [("k-1", 300), ("k-2", 500), ("k-3", 900)] {
        write.ticket_insert(&ticket(id, gib)).await.unwrap();
    }
    assert_eq!(write.read().ticket_gib_approved("image-copy-size", &Scope::default()).await.unwrap(), 0);
    for (id, status) in [("k-1", "Approved"), ("k-2", "Approved"), ("k-3", "Rejected")] {
        assert!(write.ticket_end(id, status, at(2)).await.unwrap());
    }
    assert_eq!(write.read().ticket_gib_approved("image-copy-size", &Scope::default()).await.unwrap(), 500);
    assert_eq!(write.read().ticket_gib_approved("image-copy-size", &elsewhere).await.unwrap(), 0);
    assert_eq!(write.read().ticket_gib_approved("another", &Scope::default()).await.unwrap(), 0);
    write.commit().await.unwrap();
}

/// Shows that texts come back in their order, bounded, and that each moves the time of the ticket.
async fn texts_stay_in_order(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    write.ticket_insert(&ticket("k-1", 300)).await.unwrap();
    for (second, content) in [(2, "why"), (2, "because"), (3, "well")] {
        let reply = TicketReply { author: "a".to_owned(), content: content.to_owned(), created_at: at(second) };
        write.ticket_reply_insert("k-1", &reply).await.unwrap();
    }
    write.commit().await.unwrap();
    let mut read = catalog.read();
    let said = read.ticket_replies("k-1", 2).await.unwrap();
    assert_eq!(said.iter().map(|reply| reply.content.as_str()).collect::<Vec<_>>(), ["why", "because"]);
    assert_eq!(read.ticket_replies_count("k-1").await.unwrap(), 3);
    assert_eq!(read.ticket_by_id("k-1").await.unwrap().unwrap().updated_at, at(3));
}
