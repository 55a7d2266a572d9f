//! From one key, or context, to another.

use kms::{KeySpec, KeyUsage, NewKey};

use crate::support::{Bench, code, context, id_of};

/// The new blob opens under the new key and context only; the answer names the key that opened the old one, which still opens. Between AES
/// and SM4 too, and from an old version of a key to its newest.
#[tokio::test]
async fn a_blob_moves_to_another_key_and_context() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let source = bench.key().await;
    let target = bench.make(&NewKey { spec: KeySpec::Sm4, ..NewKey::default() }).await;
    let (old, new) = (context(&[("stage", "old")]), context(&[("stage", "new")]));
    let blob = kms.encrypt(&source, b"text", &old, permit, scope).await.unwrap().blob;
    let first = bench.describe(&source).await.primary_version;
    kms.create_key_version(&source, permit, scope).await.unwrap();

    let (moved, by) = kms.re_encrypt(&blob, &old, &target, &new, permit, scope).await.unwrap();
    assert_eq!((by.key_id, by.key_version_id, moved.key_id), (id_of(&source), first, id_of(&target)));
    assert_eq!(kms.decrypt(&moved.blob, &new, permit, scope).await.unwrap().plaintext.expose(), b"text");
    assert_eq!(code(kms.decrypt(&moved.blob, &old, permit, scope).await), "InvalidParameter");
    assert_eq!(kms.decrypt(&blob, &old, permit, scope).await.unwrap().plaintext.expose(), b"text");

    let (newest, _) = kms.re_encrypt(&blob, &old, &source, &old, permit, scope).await.unwrap();
    assert_eq!(newest.key_version_id, bench.describe(&source).await.primary_version);
    assert_ne!(newest.key_version_id, first);
}

/// Without the old context nothing moves; a key pair is no target.
#[tokio::test]
async fn a_blob_does_not_move_without_its_context() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let (key, pair) = (bench.key().await, bench.pair(KeySpec::EcP256, KeyUsage::SignVerify).await);
    let (old, none) = (context(&[("stage", "old")]), context(&[]));
    let blob = kms.encrypt(&key, b"text", &old, permit, scope).await.unwrap().blob;
    assert_eq!(code(kms.re_encrypt(&blob, &none, &key, &none, permit, scope).await), "InvalidParameter");
    assert_eq!(code(kms.re_encrypt(&blob, &old, &pair, &none, permit, scope).await), "UnsupportedOperation");
}
