//! Many at once.

use std::sync::Arc;

use crypto::OsRandom;
use kms::{AliasName, DataDir, KeyFilter, KeyRef, Kms, NewKey, PageRequest, RootSource};

use crate::support::{Bench, context};

const CREATORS: usize = 64;

/// Of 64 creators at once, each with an alias and something encrypted, nothing is lost: it is all there after the service was opened anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_creators_lose_nothing() {
    let bench = Arc::new(Bench::new().await);
    let creators: Vec<_> = (0..CREATORS)
        .map(|number| {
            let bench = bench.clone();
            tokio::spawn(async move { create_and_encrypt(&bench, number).await })
        })
        .collect();
    let mut blobs = Vec::new();
    for creator in creators {
        blobs.push(creator.await.unwrap());
    }

    let data_dir = DataDir::new(bench.directory.path());
    let kms = Kms::open(&data_dir, &RootSource::File, bench.clock.clone(), Arc::new(OsRandom)).await.unwrap();
    let page = PageRequest::new(1, 100).unwrap();
    let keys = kms.list_keys(&KeyFilter::default(), page, &bench.permit, &bench.scope).await.unwrap();
    assert_eq!(keys.total_count, CREATORS as u64);
    for (number, blob) in blobs.iter().enumerate() {
        let opened = kms.decrypt(blob, &context(&[]), &bench.permit, &bench.scope).await.unwrap();
        assert_eq!(opened.plaintext.expose(), number.to_string().as_bytes());
        let by_alias = KeyRef::Alias(alias(number));
        let named = kms.describe_key(&by_alias, &bench.permit, &bench.scope).await.unwrap();
        assert_eq!(named.id, opened.key_id);
    }
}

async fn create_and_encrypt(bench: &Bench, number: usize) -> Vec<u8> {
    let new = NewKey { alias: Some(alias(number)), ..NewKey::default() };
    let key = KeyRef::Id(bench.kms.create_key(&new, &bench.permit, &bench.scope).await.unwrap().id);
    let text = number.to_string();
    bench.kms.encrypt(&key, text.as_bytes(), &context(&[]), &bench.permit, &bench.scope).await.unwrap().blob
}

fn alias(number: usize) -> AliasName {
    format!("alias/creator-{number}").parse().unwrap()
}
