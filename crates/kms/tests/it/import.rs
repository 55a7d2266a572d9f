//! Material of the owner's own (BYOK), wrapped by `openssl`. Report R23.

use crypto::asymmetric::WrappingAlgorithm;
use kms::{ImportParameters, KeyRef, KeySpec, KeyState, Material, Result, Scope};

use crate::calls::{MATERIAL, OAEP, import, import_with, imported_key, parameters_for};
use crate::openssl::OpenSsl;
use crate::support::{Bench, code, context, id_of, other_account};

/// R23: each wrapping key and algorithm works with material that plain `openssl pkeyutl` wrapped, and the key with it works.
#[tokio::test]
async fn r23_every_wrapping_by_openssl_is_imported() {
    let (bench, openssl) = (Bench::new().await, OpenSsl::new());
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    for wrapping_spec in [KeySpec::Rsa2048, KeySpec::Rsa3072] {
        for algorithm in WrappingAlgorithm::ALL {
            let key = bench.external_key(KeySpec::Aes256).await;
            assert_eq!(bench.state(&key).await, KeyState::PendingImport);
            let parameters = kms.parameters_for_import(&key, algorithm, wrapping_spec, permit, scope).await.unwrap();
            assert_eq!(parameters.key_id, id_of(&key));
            let encrypted = openssl.encrypt(&parameters.public_key, algorithm, &MATERIAL);
            bring(&bench, &key, &parameters, &encrypted).await.unwrap();
            assert_eq!(bench.state(&key).await, KeyState::Enabled, "{wrapping_spec} {}", algorithm.name());
            let sealed = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap();
            assert_eq!(
                kms.decrypt(&sealed.blob, &context(&[]), permit, scope).await.unwrap().plaintext.expose(),
                b"text"
            );
        }
    }
}

/// R23: material under another algorithm than the token's, of a wrong length, cut, or no ciphertext at all, is refused with one code and one
/// text, so that nothing can be learned from the difference; then the right one is taken.
#[tokio::test]
async fn r23_whatever_is_wrong_with_the_material_is_one_refusal() {
    let (bench, openssl) = (Bench::new().await, OpenSsl::new());
    for algorithm in WrappingAlgorithm::ALL {
        let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
        let key = bench.external_key(KeySpec::Aes256).await;
        let parameters = kms.parameters_for_import(&key, algorithm, KeySpec::Rsa2048, permit, scope).await.unwrap();
        let wrap = |algorithm, material: &[u8]| openssl.encrypt(&parameters.public_key, algorithm, material);
        let right = wrap(algorithm, &MATERIAL);
        let mut wrong = vec![Vec::new(), vec![0x42; 256], vec![0xff; 256], right[..255].to_vec(), vec![1; 100_000]];
        wrong
            .extend(WrappingAlgorithm::ALL.into_iter().filter(|other| *other != algorithm).map(|a| wrap(a, &MATERIAL)));
        wrong.extend([1, 16, 31, 33].map(|len| wrap(algorithm, &MATERIAL.repeat(2)[..len])));
        for encrypted in wrong {
            let error = bring(&bench, &key, &parameters, &encrypted).await.unwrap_err();
            assert_eq!(error.code(), "InvalidKeyMaterial");
            assert_eq!(error.to_string(), kms::KmsError::InvalidKeyMaterial.to_string());
            assert_eq!(bench.state(&key).await, KeyState::PendingImport);
        }
        bring(&bench, &key, &parameters, &right).await.unwrap();
    }
}

/// R23: a key of the spec SM4 takes 16 bytes and nothing else.
#[tokio::test]
async fn r23_an_sm4_key_takes_16_bytes() {
    let bench = Bench::new().await;
    let key = bench.external_key(KeySpec::Sm4).await;
    for (len, expected) in [(32, "InvalidKeyMaterial"), (15, "InvalidKeyMaterial"), (16, "ok")] {
        assert_eq!(code(import(&bench, &key, &MATERIAL[..len], None).await), expected, "{len} bytes");
    }
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let sealed = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap();
    assert_eq!(kms.decrypt(&sealed.blob, &context(&[]), permit, scope).await.unwrap().plaintext.expose(), b"text");
}

/// R23: a token serves its key, its public key and its account, for 24 hours, as often as wanted; a key with a refused import still waits.
#[tokio::test]
async fn r23_a_token_is_bound_to_its_key_its_account_and_a_day() {
    let bench = Bench::new().await;
    let (key, other) = (bench.external_key(KeySpec::Aes256).await, bench.external_key(KeySpec::Aes256).await);
    let parameters = parameters_for(&bench, &key).await.unwrap();
    let again = parameters_for(&bench, &key).await.unwrap();
    assert!(parameters.import_token != again.import_token && parameters.public_key != again.public_key);
    assert_eq!(parameters.expires_at.to_string(), "1970-01-02T00:00:00Z");

    // Of another key; none; of this key, with the public key of the other token.
    assert_eq!(code(import_with(&bench, &other, &parameters, &MATERIAL, None).await), "InvalidImportToken");
    let no_token = ImportParameters { import_token: vec![7; 32], ..parameters.clone() };
    assert_eq!(code(import_with(&bench, &key, &no_token, &MATERIAL, None).await), "InvalidImportToken");
    let mixed = ImportParameters { public_key: again.public_key.clone(), ..parameters.clone() };
    assert_eq!(code(import_with(&bench, &key, &mixed, &MATERIAL, None).await), "InvalidKeyMaterial");

    // Another account, which may import into this key, brings a token that it did not ask for.
    let by_arn = KeyRef::Arn(id_of(&key), Scope::default());
    let stolen = Material { encrypted: &[0; 256], import_token: &parameters.import_token, expires_at: None };
    let outcome = bench.kms.import_key_material(&by_arn, stolen, &bench.permit, &other_account()).await;
    assert_eq!(code(outcome), "InvalidImportToken");

    assert_eq!(bench.state(&key).await, KeyState::PendingImport);
    for _ in 0..2 {
        import_with(&bench, &key, &parameters, &MATERIAL, None).await.unwrap();
    }
    bench.clock.advance_days(1);
    assert_eq!(code(import_with(&bench, &key, &parameters, &MATERIAL, None).await), "ExpiredImportToken");
    import(&bench, &key, &MATERIAL, None).await.unwrap();
}

/// R23: other material than the first is refused for ever, also when the first is deleted; the same brings the key back, with all that was
/// under it.
#[tokio::test]
async fn r23_only_the_same_material_comes_again() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let key = imported_key(&bench).await;
    let sealed = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await.unwrap();
    let mut other = MATERIAL;
    other[31] ^= 1;

    assert_eq!(code(import(&bench, &key, &other, None).await), "InvalidKeyMaterial");
    assert_eq!(bench.state(&key).await, KeyState::Enabled, "a refused import takes nothing away");
    kms.delete_key_material(&key, permit, scope).await.unwrap();
    assert_eq!(code(kms.decrypt(&sealed.blob, &context(&[]), permit, scope).await), "Rejected.PendingImport");
    assert_eq!(code(import(&bench, &key, &other, None).await), "InvalidKeyMaterial");
    import(&bench, &key, &MATERIAL, None).await.unwrap();
    assert_eq!(kms.decrypt(&sealed.blob, &context(&[]), permit, scope).await.unwrap().plaintext.expose(), b"text");
}

/// The same material in two keys does not make their ciphertexts interchangeable.
#[tokio::test]
async fn the_same_material_in_two_keys_opens_only_its_own() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let (one, two) = (imported_key(&bench).await, imported_key(&bench).await);
    let of_one = kms.encrypt(&one, b"text", &context(&[]), permit, scope).await.unwrap().blob;
    let of_two = kms.encrypt(&two, b"text", &context(&[]), permit, scope).await.unwrap().blob;
    let moved = [&of_two[..36], &of_one[36..]].concat();
    assert_eq!(code(kms.decrypt(&moved, &context(&[]), permit, scope).await), "InvalidParameter");
}

/// Of two first imports at once with different material one wins, and the key has the winner's.
#[tokio::test]
async fn of_two_imports_at_once_one_wins() {
    let bench = Bench::new().await;
    let key = bench.external_key(KeySpec::Aes256).await;
    let parameters = parameters_for(&bench, &key).await.unwrap();
    let other = [0xa5; 32];
    let (first, second) = tokio::join!(
        import_with(&bench, &key, &parameters, &MATERIAL, None),
        import_with(&bench, &key, &parameters, &other, None)
    );
    assert_ne!(first.is_ok(), second.is_ok());
    let (winner, loser) = if first.is_ok() { (MATERIAL, other) } else { (other, MATERIAL) };
    assert_eq!(code(import_with(&bench, &key, &parameters, &winner, None).await), "ok");
    assert_eq!(code(import_with(&bench, &key, &parameters, &loser, None).await), "InvalidKeyMaterial");
}

/// Keys whose material was made here take none, and only the documented wrapping keys are made.
#[tokio::test]
async fn imports_are_for_external_symmetric_keys() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let own = bench.key().await;
    assert_eq!(code(parameters_for(&bench, &own).await), "Unsupported.Origin");
    let nothing = || Material { encrypted: &[], import_token: &[], expires_at: None };
    assert_eq!(code(kms.import_key_material(&own, nothing(), permit, scope).await), "Unsupported.Origin");
    assert_eq!(code(kms.delete_key_material(&own, permit, scope).await), "Unsupported.Origin");

    let key = bench.external_key(KeySpec::Aes256).await;
    for spec in [KeySpec::Aes256, KeySpec::EcP256] {
        let outcome = kms.parameters_for_import(&key, OAEP, spec, permit, scope).await;
        assert_eq!(code(outcome), "InvalidParameter", "{spec}");
    }
    kms.create_alias(&"alias/app".parse().unwrap(), &key, permit, scope).await.unwrap();
    assert_eq!(code(parameters_for(&bench, &"alias/app".parse().unwrap()).await), "Unsupported.Alias");
    for spec in [KeySpec::Rsa2048, KeySpec::EcP256] {
        let new = kms::NewKey { spec, origin: kms::Origin::External, ..kms::NewKey::default() };
        assert_eq!(code(kms.create_key(&new, permit, scope).await), "Unsupported.Origin", "{spec}");
    }
}

async fn bring(bench: &Bench, key: &KeyRef, parameters: &ImportParameters, encrypted: &[u8]) -> Result<()> {
    let material = Material { encrypted, import_token: &parameters.import_token, expires_at: None };
    bench.kms.import_key_material(key, material, &bench.permit, &bench.scope).await
}
