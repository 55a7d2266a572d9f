//! Key pairs over the wire; OpenSSL judges what they sign and makes what they open.

use serde_json::json;

use crate::openssl::{openssl, padding};
use crate::story::{Story, decoded, encoded, text};

/// A signature is one for OpenSSL, and `AsymmetricVerify` answers with a boolean.
#[tokio::test]
async fn signatures_are_valid_for_openssl() {
    let story = Story::begin().await;
    for (spec, algorithm, options) in [
        ("EC_P256", "ECDSA_SHA_256", &[][..]),
        ("RSA_2048", "RSA_PKCS1_SHA_256", &[]),
        ("RSA_2048", "RSA_PSS_SHA_256", &["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]),
    ] {
        let key = story.key(&[("KeySpec", spec)]).await;
        let (id, version) = (text(&key["KeyId"]), text(&key["PrimaryKeyVersion"]));
        let pair = [("KeyId", id.as_str()), ("KeyVersionId", version.as_str())];
        let digest = encoded(crypto::digest::sha256(b"message"));
        let call = [&pair[..], &[("Algorithm", algorithm), ("Digest", &digest)]].concat();
        let signed = story.ok("AsymmetricSign", &call).await;
        assert_eq!((&signed["KeyId"], &signed["KeyVersionId"]), (&json!(id), &json!(version)));
        let public = text(&story.ok("GetPublicKey", &pair).await["PublicKey"]);
        let directory = tempfile::tempdir().unwrap();
        for (file, bytes) in [
            ("public.pem", public.into_bytes()),
            ("signature", decoded(&signed["Value"])),
            ("message", b"message".to_vec()),
        ] {
            std::fs::write(directory.path().join(file), bytes).unwrap();
        }
        let verify = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature"];
        openssl(directory.path(), &[&verify, options, &["message"]].concat());

        let value = text(&signed["Value"]);
        let right = [&call[..], &[("Value", value.as_str())]].concat();
        assert_eq!(story.ok("AsymmetricVerify", &right).await["Value"], json!(true));
        let other = encoded([0; 32]);
        let wrong = [&call[..3], &[("Digest", other.as_str()), ("Value", value.as_str())]].concat();
        assert_eq!(story.ok("AsymmetricVerify", &wrong).await["Value"], json!(false));
        let short = [&call[..3], &[("Digest", "aGVsbG8=")]].concat();
        assert_eq!(story.refused("AsymmetricSign", &short).await.1, "InvalidParameter");
    }
}

/// What OpenSSL encrypts under the public key opens, what is encrypted over the wire opens too, and no key signs and encrypts.
#[tokio::test]
async fn ciphertexts_under_a_public_key_open() {
    let story = Story::begin().await;
    let key = story.key(&[("KeySpec", "RSA_2048"), ("KeyUsage", "ENCRYPT/DECRYPT")]).await;
    let (id, version) = (text(&key["KeyId"]), text(&key["PrimaryKeyVersion"]));
    let pair = [("KeyId", id.as_str()), ("KeyVersionId", version.as_str())];
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("public.pem"), text(&story.ok("GetPublicKey", &pair).await["PublicKey"])).unwrap();
    std::fs::write(path.join("plaintext"), "hello").unwrap();
    for algorithm in ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"] {
        let mut arguments =
            vec!["pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", "-in", "plaintext", "-out", "sealed"];
        arguments.extend(padding(algorithm));
        openssl(path, &arguments);
        let foreign = encoded(std::fs::read(path.join("sealed")).unwrap());
        let with = |name, value| [&pair[..], &[("Algorithm", algorithm), (name, value)]].concat();
        let own = text(&story.ok("AsymmetricEncrypt", &with("Plaintext", "aGVsbG8=")).await["CiphertextBlob"]);
        for blob in [&foreign, &own] {
            assert_eq!(story.ok("AsymmetricDecrypt", &with("CiphertextBlob", blob)).await["Plaintext"], "aGVsbG8=");
        }
        let too_long = encoded([0; 215]);
        let (_, code, message) = story.refused("AsymmetricEncrypt", &with("Plaintext", &too_long)).await;
        assert_eq!((code.as_str(), message.contains("Plaintext")), ("InvalidParameter", true), "{message}");
        let (_, code, _) = story.refused("AsymmetricDecrypt", &with("CiphertextBlob", &encoded([1; 256]))).await;
        assert_eq!(code, "InvalidParameter");
    }
    let digest = encoded([0; 32]);
    let sign = [&pair[..], &[("Algorithm", "RSA_PSS_SHA_256"), ("Digest", &digest)]].concat();
    assert_eq!(story.refused("AsymmetricSign", &sign).await.1, "UnsupportedOperation");
    assert_eq!(story.refused("Encrypt", &[("KeyId", &id), ("Plaintext", "aGVsbG8=")]).await.1, "UnsupportedOperation");
}
