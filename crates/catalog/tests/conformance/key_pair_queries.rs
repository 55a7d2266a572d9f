//! Key pairs, and the instances that were given them.

use catalog::{KeyPairFilter, KeyPairRecord, PageRequest, Scope, Timestamp, Write};

use crate::instance_queries::instance;
use crate::place::{Place, on_both_engines};

on_both_engines!(a_name_is_taken_once, pairs_are_found_by_name_and_fingerprint, an_instance_has_one_pair);

fn pair(id: &str, name: &str) -> KeyPairRecord {
    KeyPairRecord {
        id: id.to_owned(),
        scope: Scope::default(),
        name: name.to_owned(),
        public_key: format!("ssh-rsa {id}"),
        fingerprint: format!("00:{id}"),
        created_at: Timestamp::from_second(1).unwrap(),
    }
}

/// Shows that a name is unique in its region, and that a pair is read as it was written.
async fn a_name_is_taken_once(place: &Place) {
    let catalog = place.open().await;
    let elsewhere = Scope { region: "cn-shanghai".parse().unwrap(), ..Scope::default() };
    let mut write = catalog.write().await.unwrap();
    assert!(write.key_pair_insert(&pair("ssh-1", "one")).await.unwrap());
    assert!(!write.key_pair_insert(&pair("ssh-2", "one")).await.unwrap());
    let other = KeyPairRecord { scope: elsewhere.clone(), ..pair("ssh-3", "one") };
    assert!(write.key_pair_insert(&other).await.unwrap());
    write.commit().await.unwrap();
    let mut read = catalog.read();
    assert_eq!(read.key_pair_by_name("one", &Scope::default()).await.unwrap(), Some(pair("ssh-1", "one")));
    assert_eq!(read.key_pair_by_name("one", &elsewhere).await.unwrap(), Some(other));
    assert_eq!(read.key_pair_by_name("two", &elsewhere).await.unwrap(), None);
    assert_eq!(read.key_pairs_count(&elsewhere).await.unwrap(), 1);
}

/// Shows each filter, that a `%` is a letter like any other, and the order of a page.
async fn pairs_are_found_by_name_and_fingerprint(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for (id, name) in [("ssh-2", "alpha-2"), ("ssh-1", "alpha-1"), ("ssh-3", "beta-1")] {
        assert!(write.key_pair_insert(&pair(id, name)).await.unwrap());
    }
    write.commit().await.unwrap();
    for (name, fingerprint, wanted) in [
        ("", "", vec!["alpha-1", "alpha-2", "beta-1"]),
        ("alpha-2", "", vec!["alpha-2"]),
        ("alpha*", "", vec!["alpha-1", "alpha-2"]),
        ("*-1", "", vec!["alpha-1", "beta-1"]),
        ("a%*", "", vec![]),
        ("", "00:ssh-3", vec!["beta-1"]),
    ] {
        let filter = KeyPairFilter { name: name.to_owned(), fingerprint: fingerprint.to_owned() };
        let page = catalog.read().key_pairs_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        assert_eq!(
            page.items.iter().map(|pair| pair.name.as_str()).collect::<Vec<_>>(),
            wanted,
            "{name} {fingerprint}"
        );
        assert_eq!(page.total_count, wanted.len() as u64);
    }
}

/// Shows that a second pair takes the place of the first, that only the pair that is there is taken, and that it goes with its instance
/// and with itself.
async fn an_instance_has_one_pair(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for id in ["i-1", "i-2"] {
        write.instance_insert(&instance(id)).await.unwrap();
    }
    for (id, name) in [("ssh-1", "one"), ("ssh-2", "two")] {
        assert!(write.key_pair_insert(&pair(id, name)).await.unwrap());
    }
    for (pair, instance) in [("ssh-1", "i-1"), ("ssh-2", "i-1"), ("ssh-2", "i-2")] {
        write.key_pair_attach(pair, instance).await.unwrap();
    }
    assert_eq!(pair_of(&mut write, "i-1").await.as_deref(), Some("two"));
    assert!(!write.key_pair_detach("ssh-1", "i-1").await.unwrap());
    assert!(write.key_pair_detach("ssh-2", "i-1").await.unwrap());
    assert_eq!(pair_of(&mut write, "i-1").await, None);
    write.instance_delete("i-2").await.unwrap();
    assert_eq!(pair_of(&mut write, "i-2").await, None);
    write.key_pair_attach("ssh-1", "i-1").await.unwrap();
    write.key_pair_delete("ssh-1").await.unwrap();
    assert_eq!(pair_of(&mut write, "i-1").await, None);
    write.commit().await.unwrap();
}

async fn pair_of(write: &mut Write, instance_id: &str) -> Option<String> {
    let found = write.read().key_pairs_of_instances(&[instance_id, "i-none"]).await.unwrap();
    assert!(found.iter().all(|(instance, _)| instance == instance_id), "{found:?}");
    found.into_iter().next().map(|(_, name)| name)
}
