//! What a change of the root key has to find and to write.

use catalog::{ImportToken, KeyRecord, Timestamp};

use crate::key_queries::key;
use crate::place::{Place, on_both_engines};

on_both_engines!(
    values_are_found_by_the_beginning_of_their_names,
    import_tokens_are_listed_in_batches_and_get_a_new_private_key,
);

/// Shows that a prefix is matched letter by letter, in order, and is no pattern.
async fn values_are_found_by_the_beginning_of_their_names(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for name in ["secret:b", "secret:a", "secret:", "secret", "Secret:c", "secretXd", "other"] {
        write.meta_insert(name, name.as_bytes()).await.unwrap();
    }
    write.commit().await.unwrap();
    let names = async |prefix| {
        let found = catalog.read().meta_by_prefix(prefix).await.unwrap();
        assert!(found.iter().all(|(name, value)| name.as_bytes() == value));
        found.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names("secret:").await, ["secret:", "secret:a", "secret:b"]);
    assert!(names("secret%").await.is_empty() && names("secret_").await.is_empty());
    assert_eq!(names("other").await, ["other"]);
}

/// Shows that each token is found once, whatever the batch, and that nothing but its private key changes.
async fn import_tokens_are_listed_in_batches_and_get_a_new_private_key(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let key = key(1);
    write.key_insert(&key).await.unwrap();
    let tokens: Vec<_> = (0..7).map(|number| token(number, &key)).collect();
    for token in tokens.iter().rev() {
        write.import_token_insert(token).await.unwrap();
    }
    write.import_token_set_private_key("3", b"new").await.unwrap();
    write.commit().await.unwrap();
    let (mut after, mut found) = (String::new(), Vec::new());
    loop {
        let batch = catalog.read().import_tokens_after(&after, 3).await.unwrap();
        let Some(last) = batch.last() else { break };
        assert!(batch.len() <= 3);
        after.clone_from(&last.id);
        found.extend(batch);
    }
    let mut expected = tokens;
    expected[3].private_key = b"new".to_vec();
    assert!(found == expected);
}

fn token(number: u8, key: &KeyRecord) -> ImportToken {
    ImportToken {
        id: number.to_string(),
        key_id: key.id,
        account: key.scope.account.clone(),
        wrapping_algorithm: "RSAES_OAEP_SHA_256".to_owned(),
        wrapping_key_spec: "RSA_2048".to_owned(),
        private_key: vec![number],
        expires_at: Timestamp::UNIX_EPOCH,
    }
}
