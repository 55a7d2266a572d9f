//! Data keys for somebody else, who holds a private key in `openssl`.

use crypto::asymmetric::WrappingAlgorithm;
use kms::Receiver;

use crate::openssl::OpenSsl;
use crate::support::{Bench, code, context};

/// The receiver gets the very data key that the blob holds, with every algorithm, for a data key that exists and for a new one.
#[tokio::test]
async fn the_receiver_gets_the_data_key_of_the_blob() {
    let (bench, openssl) = (Bench::new().await, OpenSsl::new());
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.key().await;
    let public_key = openssl.make_rsa_key();
    let about = context(&[("disk", "d-1")]);
    let made = kms.generate_data_key(&key, &about, 32, permit, scope).await.unwrap();
    for algorithm in WrappingAlgorithm::ALL {
        let receiver = Receiver { public_key: public_key.clone(), algorithm };
        let exported = kms.export_data_key(&made.ciphertext.blob, &about, &receiver, permit, scope).await.unwrap();
        assert_eq!(openssl.decrypt(algorithm, &exported.value), made.plaintext.expose(), "{}", algorithm.name());
        assert_eq!(exported.key_version_id, made.ciphertext.key_version_id);

        let new = kms.generate_and_export_data_key(&key, &about, 24, &receiver, permit, scope).await.unwrap();
        let opened = kms.decrypt(&new.ciphertext.blob, &about, permit, scope).await.unwrap();
        assert_eq!(openssl.decrypt(algorithm, &new.exported), opened.plaintext.expose());
        assert_eq!(opened.plaintext.len(), 24);
    }
}

/// Another context gives nothing to anybody, and what does not fit into the receiver's key is refused.
#[tokio::test]
async fn an_export_needs_the_context_and_room() {
    let (bench, openssl) = (Bench::new().await, OpenSsl::new());
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.key().await;
    let receiver = Receiver { public_key: openssl.make_rsa_key(), algorithm: WrappingAlgorithm::Pkcs1V15 };
    let (about, none) = (context(&[("disk", "d-1")]), context(&[]));
    for (len, about_export, expected) in
        [(245, &about, "ok"), (246, &about, "InvalidParameter"), (32, &none, "InvalidParameter")]
    {
        let blob = kms.generate_data_key(&key, &about, len, permit, scope).await.unwrap().ciphertext.blob;
        let exported = kms.export_data_key(&blob, about_export, &receiver, permit, scope).await;
        assert_eq!(code(exported), expected, "{len} bytes");
    }
}
