//! Data keys and small ciphertexts: what opens, and what does not.

use std::collections::BTreeMap;

use kms::{IfInUse, KeySpec, NewKey};

use crate::support::{Bench, code, context};

/// Shows the round trip, and that a blob opens with exactly its own context, in any order of the pairs.
#[tokio::test]
async fn a_data_key_opens_with_its_context_only() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    let made = bench
        .kms
        .generate_data_key(&key, &context(&[("a", "1"), ("b", "2")]), 32, &bench.permit, &bench.scope)
        .await
        .unwrap();
    assert_eq!(made.plaintext.len(), 32);
    assert_eq!(made.ciphertext.blob[..36], *made.ciphertext.key_version_id.to_string().as_bytes());

    let opened = bench
        .kms
        .decrypt(&made.ciphertext.blob, &context(&[("b", "2"), ("a", "1")]), &bench.permit, &bench.scope)
        .await
        .unwrap();
    assert!(opened.plaintext.equals(&made.plaintext));
    assert_eq!((opened.key_id, opened.key_version_id), (made.ciphertext.key_id, made.ciphertext.key_version_id));

    for wrong in [
        &[][..],
        &[("a", "1")],
        &[("a", "1"), ("b", "3")],
        &[("a", "1"), ("b", "2"), ("c", "")],
        &[("a", "12"), ("b", "")],
    ] {
        let error =
            bench.kms.decrypt(&made.ciphertext.blob, &context(wrong), &bench.permit, &bench.scope).await.err().unwrap();
        assert!(matches!(error, kms::KmsError::NotAuthentic), "{wrong:?}: {error}");
    }
}

/// Shows that no changed, cut or extended blob opens.
#[tokio::test]
async fn a_changed_blob_does_not_open() {
    let bench = Bench::new().await;
    let blob =
        bench.kms.encrypt(&bench.key().await, b"text", &context(&[]), &bench.permit, &bench.scope).await.unwrap().blob;
    for byte in 0..blob.len() {
        // 0x20 changes the case of the letters in the version id.
        for bit in [0x01, 0x20, 0x80] {
            let mut changed = blob.clone();
            changed[byte] ^= bit;
            assert!(
                bench.kms.decrypt(&changed, &context(&[]), &bench.permit, &bench.scope).await.is_err(),
                "byte {byte}, bit {bit:#x}"
            );
        }
    }
    for len in 0..blob.len() {
        assert!(
            bench.kms.decrypt(&blob[..len], &context(&[]), &bench.permit, &bench.scope).await.is_err(),
            "{len} bytes"
        );
    }
    assert!(
        bench.kms.decrypt(&[blob.as_slice(), &[0]].concat(), &context(&[]), &bench.permit, &bench.scope).await.is_err()
    );
    assert!(
        bench
            .kms
            .decrypt(&[blob.as_slice(), &[0; 7000]].concat(), &context(&[]), &bench.permit, &bench.scope)
            .await
            .is_err()
    );
    assert!(bench.kms.decrypt(&blob, &context(&[]), &bench.permit, &bench.scope).await.is_ok());
}

/// Shows that the sealed part of one key's blob does not open under another key's version id.
#[tokio::test]
async fn a_blob_cannot_be_moved_to_another_key() {
    let bench = Bench::new().await;
    let one =
        bench.kms.encrypt(&bench.key().await, b"text", &context(&[]), &bench.permit, &bench.scope).await.unwrap().blob;
    let two =
        bench.kms.encrypt(&bench.key().await, b"text", &context(&[]), &bench.permit, &bench.scope).await.unwrap().blob;
    let moved = [&two[..36], &one[36..]].concat();
    let error = bench.kms.decrypt(&moved, &context(&[]), &bench.permit, &bench.scope).await.err().unwrap();
    assert!(matches!(error, kms::KmsError::NotAuthentic), "{error}");
}

/// Shows the limits of lengths, each with what is allowed.
#[tokio::test]
async fn lengths_outside_of_the_limits_are_refused() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    for len in [0, 1025] {
        let error =
            bench.kms.generate_data_key(&key, &context(&[]), len, &bench.permit, &bench.scope).await.err().unwrap();
        assert_eq!(error.to_string(), format!("NumberOfBytes {len} is not allowed: 1 to 1024"));
    }
    assert!(bench.kms.generate_data_key(&key, &context(&[]), 1024, &bench.permit, &bench.scope).await.is_ok());
    let longest = bench.kms.encrypt(&key, &[7; 6144], &context(&[]), &bench.permit, &bench.scope).await.unwrap();
    assert_eq!(
        bench.kms.decrypt(&longest.blob, &context(&[]), &bench.permit, &bench.scope).await.unwrap().plaintext.expose(),
        [7; 6144]
    );
    assert!(bench.kms.encrypt(&key, &[7; 6145], &context(&[]), &bench.permit, &bench.scope).await.is_err());
    for days in [0, 6, 367] {
        let error = bench
            .kms
            .schedule_key_deletion(&key, days, IfInUse::Refuse, &bench.permit, &bench.scope)
            .await
            .unwrap_err();
        assert_eq!(error.code(), "InvalidParameter", "{error}");
    }
    let many: BTreeMap<_, _> = (0..100).map(|number| (number.to_string(), String::new())).collect();
    let many = kms::EncryptionContext::new(many).unwrap();
    assert!(matches!(
        bench.kms.generate_data_key(&key, &many, 32, &bench.permit, &bench.scope).await,
        Err(kms::KmsError::InvalidContext { .. })
    ));
}

/// Shows that SM4 keys wrap data keys too, and that their blobs are bound like those of AES.
#[tokio::test]
async fn an_sm4_key_wraps_data_keys() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.make(&NewKey { spec: KeySpec::Sm4, ..NewKey::default() }).await;
    let made = kms.generate_data_key(&key, &context(&[("a", "1")]), 32, permit, scope).await.unwrap();
    let opened = kms.decrypt(&made.ciphertext.blob, &context(&[("a", "1")]), permit, scope).await.unwrap();
    assert!(opened.plaintext.equals(&made.plaintext));
    assert_eq!(code(kms.decrypt(&made.ciphertext.blob, &context(&[]), permit, scope).await), "InvalidParameter");
}

/// Shows that a data key without plaintext is one that opens later.
#[tokio::test]
async fn a_data_key_without_plaintext_opens_later() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.key().await;
    let sealed = kms.generate_data_key_without_plaintext(&key, &context(&[]), 16, permit, scope).await.unwrap();
    assert_eq!(kms.decrypt(&sealed.blob, &context(&[]), permit, scope).await.unwrap().plaintext.len(), 16);
}
