//! Key material of the owner's own, wrapped by OpenSSL and brought over the wire.

use jiff::SignedDuration;

use crate::openssl::{openssl, padding};
use crate::story::{Story, decoded, encoded, text};

/// Asks for parameters and wraps `material`; returns what `ImportKeyMaterial` wants.
pub(crate) async fn wrapped(story: &Story, id: &str, algorithm: &str, material: &[u8]) -> [(&'static str, String); 3] {
    let call = [("KeyId", id), ("WrappingAlgorithm", algorithm), ("WrappingKeySpec", "RSA_2048")];
    let import = story.ok("GetParametersForImport", &call).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("public.der"), decoded(&import["PublicKey"])).unwrap();
    std::fs::write(path.join("material"), material).unwrap();
    let mut arguments = vec!["pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", "public.der"];
    arguments.extend(["-in", "material", "-out", "wrapped"]);
    arguments.extend(padding(algorithm));
    openssl(path, &arguments);
    let material = encoded(std::fs::read(path.join("wrapped")).unwrap());
    [("KeyId", id.to_owned()), ("EncryptedKeyMaterial", material), ("ImportToken", text(&import["ImportToken"]))]
}

pub(crate) fn borrowed<'a>(pairs: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    pairs.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

async fn state(story: &Story, id: &str) -> (String, String) {
    let key = story.ok("DescribeKey", &[("KeyId", id)]).await["KeyMetadata"].take();
    (text(&key["KeyState"]), text(&key["MaterialExpireTime"]))
}

/// Each wrapping brings the same material; what it encrypted still opens after it was deleted and brought again.
#[tokio::test]
async fn material_is_imported_deleted_and_imported_again() {
    let story = Story::begin().await;
    let id = text(&story.key(&[("Origin", "EXTERNAL")]).await["KeyId"]);
    assert_eq!(state(&story, &id).await.0, "PendingImport");
    let encrypt = [("KeyId", id.as_str()), ("Plaintext", "aGVsbG8=")];
    assert_eq!(story.refused("Encrypt", &encrypt).await.1, "Rejected.PendingImport");
    let mut blob = None;
    for algorithm in ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1", "RSAES_PKCS1_V1_5"] {
        let import = wrapped(&story, &id, algorithm, &[7; 32]).await;
        story.ok("ImportKeyMaterial", &[&borrowed(&import)[..], &[("KeyMaterialExpireUnix", "0")]].concat()).await;
        assert_eq!(state(&story, &id).await, ("Enabled".to_owned(), String::new()), "{algorithm}");
        if blob.is_none() {
            blob = Some(text(&story.ok("Encrypt", &encrypt).await["CiphertextBlob"]));
        }
        assert_eq!(story.ok("Decrypt", &[("CiphertextBlob", blob.as_deref().unwrap())]).await["Plaintext"], "aGVsbG8=");
        story.ok("DeleteKeyMaterial", &[("KeyId", &id)]).await;
        assert_eq!(state(&story, &id).await.0, "PendingImport");
    }
    let other = wrapped(&story, &id, "RSAES_OAEP_SHA_256", &[8; 32]).await;
    assert_eq!(story.refused("ImportKeyMaterial", &borrowed(&other)).await.1, "InvalidKeyMaterial");
}

/// An expiry in time, and the refusals of tokens and origins.
#[tokio::test]
async fn imports_are_refused_by_their_codes() {
    let story = Story::begin().await;
    let id = text(&story.key(&[("Origin", "EXTERNAL")]).await["KeyId"]);
    let import = wrapped(&story, &id, "RSAES_OAEP_SHA_256", &[7; 32]).await;
    let import = borrowed(&import);
    let expiring = |at| [&import[..], &[("KeyMaterialExpireUnix", at)]].concat();
    // 2026-11-25T12:06:44Z is 1795608404.
    for at in ["1795608404", "-1", "x"] {
        assert_eq!(story.refused("ImportKeyMaterial", &expiring(at)).await.1, "InvalidParameter", "{at}");
    }
    story.ok("ImportKeyMaterial", &expiring("1795608405")).await;
    assert_eq!(state(&story, &id).await, ("Enabled".to_owned(), "2026-11-25T12:06:45Z".to_owned()));

    let (mut short, mut garbled) = (import.clone(), import.clone());
    let zeros = encoded([0; 256]);
    short[1].1 = &zeros;
    assert_eq!(story.refused("ImportKeyMaterial", &short).await.1, "InvalidKeyMaterial");
    garbled[2].1 = &zeros;
    assert_eq!(story.refused("ImportKeyMaterial", &garbled).await.1, "InvalidImportToken");
    let ours = story.key_id().await;
    let call = [("KeyId", &*ours), ("WrappingAlgorithm", "RSAES_OAEP_SHA_256"), ("WrappingKeySpec", "RSA_2048")];
    let (status, code, _) = story.refused("GetParametersForImport", &call).await;
    assert_eq!((status, code.as_str()), (400, "Unsupported.Origin"));

    story.running.services.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(state(&story, &id).await.0, "PendingImport");
    assert_eq!(story.refused("ImportKeyMaterial", &import).await.1, "ExpiredImportToken");
}
