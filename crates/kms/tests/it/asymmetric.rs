//! Key pairs, with `openssl` as the other side.

use crypto::asymmetric::{Oaep, PublicKey, SignatureAlgorithm, WrappingAlgorithm};
use crypto::digest::sha256;
use kms::{KeySpec, KeyUsage, NewKey, PairRef};

use crate::openssl::OpenSsl;
use crate::support::{Bench, code, context};

/// Signatures of every kind of key and algorithm are good in the eyes of `openssl`, under the public key that we tell, and not for another
/// digest. An algorithm of another kind of key is refused.
#[tokio::test]
async fn openssl_accepts_our_signatures() {
    let (bench, openssl) = (Bench::new().await, OpenSsl::new());
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let (digest, other) = (sha256(b"message"), sha256(b"another"));
    for (spec, name) in [
        (KeySpec::Rsa2048, "Public-Key: (2048 bit)"),
        (KeySpec::Rsa3072, "Public-Key: (3072 bit)"),
        (KeySpec::EcP256, "NIST CURVE: P-256"),
        (KeySpec::EcP256K, "ASN1 OID: secp256k1"),
    ] {
        let key = bench.make(&NewKey { spec, ..NewKey::default() }).await;
        let record = bench.describe(&key).await;
        assert_eq!(record.usage, "SIGN/VERIFY", "what a pair is for when nothing is said");
        let pair = PairRef { key: &key, version: record.primary_version };
        let told = kms.public_key(pair, permit, scope).await.unwrap();
        assert_eq!((told.key_id, told.key_version_id), (record.id, record.primary_version));
        let pem = told.value.to_pem();
        assert!(openssl.describe(&pem).contains(name), "{spec}: {}", openssl.describe(&pem));
        let is_rsa = matches!(spec, KeySpec::Rsa2048 | KeySpec::Rsa3072);
        for algorithm in SignatureAlgorithm::ALL {
            let signed = kms.asymmetric_sign(pair, algorithm, digest, permit, scope).await;
            if is_rsa == (algorithm == SignatureAlgorithm::EcdsaSha256) {
                assert_eq!(code(signed), "InvalidParameter", "{spec} {}", algorithm.name());
                continue;
            }
            let signature = signed.unwrap().value;
            assert!(openssl.verifies(&pem, algorithm, &digest, &signature), "{spec} {}", algorithm.name());
            assert!(!openssl.verifies(&pem, algorithm, &other, &signature), "openssl looks at the digest");
            for (digest, valid) in [(digest, true), (other, false)] {
                let verified = kms.asymmetric_verify(pair, algorithm, digest, &signature, permit, scope).await;
                assert_eq!(verified.unwrap().value, valid);
            }
            let verified = kms.asymmetric_verify(pair, algorithm, digest, b"", permit, scope).await;
            assert!(!verified.unwrap().value);
        }
        assert_eq!(code(kms.encrypt(&key, b"text", &context(&[]), permit, scope).await), "UnsupportedOperation");
    }
}

/// What `openssl` encrypts under our public key is opened, with the algorithm it was made with and no other; and the longest text is that
/// of the documentation.
#[tokio::test]
async fn what_openssl_encrypts_is_opened() {
    let (bench, openssl) = (Bench::new().await, OpenSsl::new());
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    for (spec, longest) in [(KeySpec::Rsa2048, [214, 190]), (KeySpec::Rsa3072, [342, 318])] {
        let key = bench.pair(spec, KeyUsage::EncryptDecrypt).await;
        let pair = PairRef { key: &key, version: bench.describe(&key).await.primary_version };
        let public = kms.public_key(pair, permit, scope).await.unwrap().value;
        for (oaep, longest) in [Oaep::Sha1, Oaep::Sha256].into_iter().zip(longest) {
            let cipher = openssl.encrypt(public.spki(), WrappingAlgorithm::Oaep(oaep), b"from outside");
            let opened = kms.asymmetric_decrypt(pair, oaep, cipher.clone(), permit, scope).await.unwrap();
            assert_eq!(opened.value.expose(), b"from outside");
            let other = if oaep == Oaep::Sha1 { Oaep::Sha256 } else { Oaep::Sha1 };
            for (algorithm, cipher) in [(other, cipher.clone()), (oaep, cipher[1..].to_vec()), (oaep, Vec::new())] {
                let outcome = kms.asymmetric_decrypt(pair, algorithm, cipher, permit, scope).await;
                assert!(matches!(outcome, Err(kms::KmsError::NotAuthentic)));
            }
            let text = vec![7; longest + 1];
            let sealed = kms.asymmetric_encrypt(pair, oaep, &text[1..], permit, scope).await.unwrap().value;
            assert_eq!(
                kms.asymmetric_decrypt(pair, oaep, sealed, permit, scope).await.unwrap().value.expose(),
                &text[1..]
            );
            assert_eq!(code(kms.asymmetric_encrypt(pair, oaep, &text, permit, scope).await), "InvalidParameter");
        }
        let signed = kms.asymmetric_sign(pair, SignatureAlgorithm::RsaPssSha256, [0; 32], permit, scope).await;
        assert_eq!(code(signed), "UnsupportedOperation", "a key has one use");
    }
}

/// A pair gets a further version beside the first: each signs for itself, the first stays the primary one; versions of other keys are not
/// found, and symmetric keys are no pairs.
#[tokio::test]
async fn versions_of_a_pair_are_pairs_of_their_own() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = bench.pair(KeySpec::EcP256, KeyUsage::SignVerify).await;
    let first = bench.describe(&key).await.primary_version;
    let second = kms.create_key_version(&key, permit, scope).await.unwrap().id;
    assert_eq!(bench.describe(&key).await.primary_version, first);

    let pairs = [first, second].map(|version| PairRef { key: &key, version });
    let algorithm = SignatureAlgorithm::EcdsaSha256;
    let signature = kms.asymmetric_sign(pairs[0], algorithm, [7; 32], permit, scope).await.unwrap().value;
    for (pair, valid) in pairs.into_iter().zip([true, false]) {
        let verified = kms.asymmetric_verify(pair, algorithm, [7; 32], &signature, permit, scope).await;
        assert_eq!(verified.unwrap().value, valid);
    }
    let mut publics: Vec<PublicKey> = Vec::new();
    for pair in pairs {
        publics.push(kms.public_key(pair, permit, scope).await.unwrap().value);
    }
    assert_ne!(publics[0], publics[1]);

    let other = bench.pair(KeySpec::EcP256, KeyUsage::SignVerify).await;
    let mixed = PairRef { key: &other, version: first };
    let signed = kms.asymmetric_sign(mixed, algorithm, [7; 32], permit, scope).await;
    assert_eq!(code(signed), "Forbidden.KeyVersionNotFound");
    let symmetric = bench.key().await;
    let symmetric = PairRef { key: &symmetric, version: bench.describe(&symmetric).await.primary_version };
    assert_eq!(code(kms.public_key(symmetric, permit, scope).await), "UnsupportedOperation");
}

/// What cannot be made is refused with its own code: uses that a kind does not have, and keys in a module that is not there.
#[tokio::test]
async fn keys_that_cannot_be_made_are_refused() {
    let bench = Bench::new().await;
    let new = |spec, usage| NewKey { spec, usage: Some(usage), ..NewKey::default() };
    for (new, expected) in [
        (new(KeySpec::Aes256, KeyUsage::SignVerify), "UnsupportedOperation"),
        (new(KeySpec::EcP256, KeyUsage::EncryptDecrypt), "UnsupportedOperation"),
        (new(KeySpec::EcP256K, KeyUsage::EncryptDecrypt), "UnsupportedOperation"),
        (NewKey { protection_level: kms::ProtectionLevel::Hsm, ..NewKey::default() }, "Unsupported.ProtectionLevel"),
        (NewKey { description: "é".repeat(8193), ..NewKey::default() }, "InvalidParameter"),
        (NewKey { description: "é".repeat(8192), ..NewKey::default() }, "ok"),
    ] {
        assert_eq!(code(bench.kms.create_key(&new, &bench.permit, &bench.scope).await), expected, "{:?}", new.spec);
    }
}
