//! Tags of keys.

use catalog::Tag;
use kms::{IfInUse, KeyRef, NewKey};

use crate::support::{Bench, code};

/// Tags are put, get another value, and go; those of a new key come with it.
#[tokio::test]
async fn tags_are_put_changed_and_taken() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.make(&NewKey { tags: vec![tag("team", "storage"), tag("stage", "")], ..NewKey::default() }).await;
    assert_eq!(tags(&bench, &key).await, [tag("stage", ""), tag("team", "storage")]);
    kms.tag_keys(std::slice::from_ref(&key), &[tag("team", "images"), tag("cost", "7")], permit, scope).await.unwrap();
    assert_eq!(tags(&bench, &key).await, [tag("cost", "7"), tag("stage", ""), tag("team", "images")]);
    kms.untag_keys(std::slice::from_ref(&key), &["team".to_owned(), "absent".to_owned()], permit, scope).await.unwrap();
    assert_eq!(tags(&bench, &key).await, [tag("cost", "7"), tag("stage", "")]);
}

/// A key has at most 20 tags, whatever the number of calls; a call that would bring more brings none.
#[tokio::test]
async fn a_key_has_at_most_twenty_tags() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let many = |numbers: std::ops::Range<u32>| numbers.map(|n| tag(&format!("t{n:02}"), "")).collect::<Vec<_>>();
    let key = bench.make(&NewKey { tags: many(0..15), ..NewKey::default() }).await;
    assert_eq!(code(kms.tag_keys(std::slice::from_ref(&key), &many(15..21), permit, scope).await), "InvalidParameter");
    assert_eq!(tags(&bench, &key).await, many(0..15));
    kms.tag_keys(std::slice::from_ref(&key), &many(15..20), permit, scope).await.unwrap();
    kms.tag_keys(std::slice::from_ref(&key), &many(0..20), permit, scope).await.unwrap();
    assert_eq!(tags(&bench, &key).await, many(0..20));
    let new = NewKey { tags: many(0..21), ..NewKey::default() };
    assert_eq!(code(kms.create_key(&new, permit, scope).await), "InvalidParameter");
}

/// The tags of a key go with it: nobody finds it by them any more.
#[tokio::test]
async fn tags_of_a_destroyed_key_are_gone() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let tagged = NewKey { tags: vec![tag("team", "storage")], ..NewKey::default() };
    let (key, stays) = (bench.make(&tagged).await, bench.make(&tagged).await);
    kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, permit, scope).await.unwrap();
    bench.clock.advance_days(7);
    kms.destroy_due_keys().await.unwrap();
    let catalog = kms.catalog();
    let page = kms::PageRequest::first();
    let found = catalog.read().tagged_resources_page("team", None, "key", scope, page).await.unwrap();
    assert_eq!(found.items, [stays.to_string()]);
}

async fn tags(bench: &Bench, key: &KeyRef) -> Vec<Tag> {
    bench.kms.list_resource_tags(key, &bench.permit, &bench.scope).await.unwrap().1
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}
