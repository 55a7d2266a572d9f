//! Ciphertexts and data keys over the wire: contexts, dry runs, limits, keys for a receiver.

use serde_json::{Value, json};

use crate::openssl::{openssl, padding};
use crate::story::{ROOT, STRANGER, Story, decoded, encoded, text};

/// A ciphertext opens with the same pairs in any order, and all that is wrong with one is refused alike.
#[tokio::test]
async fn a_ciphertext_is_bound_to_its_context() {
    let story = Story::begin().await;
    let id = story.key_id().await;
    let sealed = story
        .ok("Encrypt", &[("KeyId", &id), ("Plaintext", "aGVsbG8="), ("EncryptionContext", r#"{"a":"1","b":"2"}"#)])
        .await;
    let blob = text(&sealed["CiphertextBlob"]);
    assert!(decoded(&sealed["CiphertextBlob"]).starts_with(text(&sealed["KeyVersionId"]).as_bytes()));
    let decrypt = |context: &'static str| [("CiphertextBlob", blob.clone()), ("EncryptionContext", context.to_owned())];
    let opened = story.call(ROOT, "Decrypt", &borrowed(&decrypt(r#"{"b":"2","a":"1"}"#))).await;
    let opened: Value = serde_json::from_str(&opened.body).unwrap();
    assert_eq!((&opened["Plaintext"], &opened["KeyId"]), (&json!("aGVsbG8="), &json!(id)));

    let mut changed = decoded(&sealed["CiphertextBlob"]);
    *changed.last_mut().unwrap() ^= 1;
    let mut refusals = Vec::new();
    for call in [
        decrypt(r#"{"a":"1"}"#),
        [("CiphertextBlob", encoded(&changed)), ("EncryptionContext", r#"{"a":"1","b":"2"}"#.to_owned())],
        [("CiphertextBlob", encoded("no blob")), ("EncryptionContext", "{}".to_owned())],
    ] {
        refusals.push(story.refused("Decrypt", &borrowed(&call)).await);
    }
    assert_eq!((refusals[0].0, refusals[0].1.as_str()), (400, "InvalidParameter"));
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    for context in ["[]", r#"{"a":1}"#, r#"{"a":"1","a":"2"}"#, "x"] {
        let (_, code, message) = story.refused("Decrypt", &borrowed(&decrypt(context))).await;
        assert_eq!((code.as_str(), message.contains("EncryptionContext")), ("InvalidParameter", true), "{message}");
    }
}

fn borrowed<'a>(pairs: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    pairs.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Up to 6,144 bytes, in Base64; anything else is refused without being repeated.
#[tokio::test]
async fn plaintexts_have_a_limit() {
    let story = Story::begin().await;
    let id = story.key_id().await;
    let encrypt = |plaintext: String| [("KeyId", id.clone()), ("Plaintext", plaintext)];
    let longest = encoded(vec![7; 6144]);
    let sealed = story.call(ROOT, "Encrypt", &borrowed(&encrypt(longest.clone()))).await;
    let sealed: Value = serde_json::from_str(&sealed.body).unwrap();
    let opened = story.ok("Decrypt", &[("CiphertextBlob", &text(&sealed["CiphertextBlob"]))]).await;
    assert_eq!(text(&opened["Plaintext"]), longest);
    for plaintext in [encoded(vec![7; 6145]), "c2VjcmV0!".to_owned()] {
        let (status, code, message) = story.refused("Encrypt", &borrowed(&encrypt(plaintext))).await;
        assert_eq!((status, code.as_str()), (400, "InvalidParameter"));
        assert!(message.contains("\"Plaintext\"") && !message.contains("c2VjcmV0"), "{message}");
    }
    assert_eq!(story.refused("Encrypt", &borrowed(&encrypt(String::new()))).await.1, "MissingParameter");
}

/// `NumberOfBytes` wins over `KeySpec`, and the plaintext is what the blob opens to.
#[tokio::test]
async fn data_keys_have_the_length_that_is_asked_for() {
    let story = Story::begin().await;
    let id = story.key_id().await;
    for (parameters, len) in [
        (&[][..], 32),
        (&[("KeySpec", "AES_128")], 16),
        (&[("KeySpec", "AES_256")], 32),
        (&[("NumberOfBytes", "1024"), ("KeySpec", "AES_128")], 1024),
        (&[("NumberOfBytes", "1")], 1),
    ] {
        let call = [&[("KeyId", id.as_str())], parameters].concat();
        let made = story.ok("GenerateDataKey", &call).await;
        let opened = story.ok("Decrypt", &[("CiphertextBlob", &text(&made["CiphertextBlob"]))]).await;
        assert_eq!((decoded(&made["Plaintext"]).len(), &opened["Plaintext"]), (len, &made["Plaintext"]));
        let hidden = story.ok("GenerateDataKeyWithoutPlaintext", &call).await;
        assert!(hidden.get("Plaintext").is_none(), "{hidden}");
        let opened = story.ok("Decrypt", &[("CiphertextBlob", &text(&hidden["CiphertextBlob"]))]).await;
        assert_eq!(decoded(&opened["Plaintext"]).len(), len);
    }
    for (name, value, code) in [
        ("NumberOfBytes", "0", "InvalidParameter"),
        ("NumberOfBytes", "1025", "InvalidParameter"),
        ("KeySpec", "AES_512", "InvalidParameter"),
        ("Recipient", "{}", "UnsupportedOperation"),
    ] {
        let (status, found, message) = story.refused("GenerateDataKey", &[("KeyId", &id), (name, value)]).await;
        assert_eq!((status, found.as_str()), (400, code), "{message}");
        assert!(message.contains(name), "{message}");
    }
}

/// A dry run answers an error in any case, and says which.
#[tokio::test]
async fn a_dry_run_says_what_would_happen() {
    let story = Story::begin().await;
    let id = story.key_id().await;
    let call = [("KeyId", id.as_str()), ("Plaintext", "aGVsbG8="), ("DryRun", "true")];
    assert_eq!(story.refused("Encrypt", &call).await.1, "DryRunOperationError");
    let denied = story.call(STRANGER, "Encrypt", &call).await;
    assert_eq!(denied.code(), "AccessDeniedError");
    assert_eq!(story.refused("Encrypt", &[call[0], call[2]]).await.1, "ValidationError");
    story.ok("DisableKey", &[("KeyId", &id)]).await;
    let (_, code, message) = story.refused("GenerateDataKey", &[call[0], call[2]]).await;
    assert_eq!(code, "ValidationError");
    assert!(message.contains("Rejected.Disabled"), "{message}");
    assert_eq!(story.refused("Encrypt", &[call[0], call[1], ("DryRun", "maybe")]).await.1, "InvalidParameter");
    // A call that does not know the parameter ignores it.
    story.ok("EnableKey", &[call[0], call[2]]).await;
}

/// The answer names the source; the new ciphertext is one of the destination, under its own context.
#[tokio::test]
async fn a_ciphertext_moves_to_another_key() {
    let story = Story::begin().await;
    let (one, two) = (story.key_id().await, story.key_id().await);
    let sealed = story.ok("Encrypt", &[("KeyId", &one), ("Plaintext", "aGVsbG8=")]).await;
    let call = [
        ("CiphertextBlob", &*text(&sealed["CiphertextBlob"])),
        ("DestinationKeyId", &two),
        ("DestinationEncryptionContext", r#"{"a":"1"}"#),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let moved = story.ok("ReEncrypt", &borrowed(&call)).await;
    assert_eq!((&moved["KeyId"], &moved["KeyVersionId"]), (&json!(one), &sealed["KeyVersionId"]));
    let blob = text(&moved["CiphertextBlob"]);
    let opened = story.ok("Decrypt", &[("CiphertextBlob", &blob), ("EncryptionContext", r#"{"a":"1"}"#)]).await;
    assert_eq!((&opened["Plaintext"], &opened["KeyId"]), (&json!("aGVsbG8="), &json!(two)));
    let pair = [("SourceKeyId", one.as_str()), ("CiphertextBlob", &blob), ("DestinationKeyId", &two)];
    assert_eq!(story.refused("ReEncrypt", &pair).await.1, "UnsupportedOperation");
}

/// What is exported opens with the receiver's private key, by OpenSSL, to the data key in the blob.
#[tokio::test]
async fn a_data_key_is_exported_to_a_receiver() {
    let story = Story::begin().await;
    let id = story.key_id().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    openssl(path, &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "private.pem"]);
    openssl(path, &["pkey", "-in", "private.pem", "-pubout", "-outform", "DER", "-out", "public.der"]);
    let public = encoded(std::fs::read(path.join("public.der")).unwrap());
    for algorithm in ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"] {
        let receiver =
            [("PublicKeyBlob", public.as_str()), ("WrappingAlgorithm", algorithm), ("WrappingKeySpec", "RSA_2048")];
        let made = story.ok("GenerateAndExportDataKey", &[&receiver[..], &[("KeyId", &id)]].concat()).await;
        let blob = text(&made["CiphertextBlob"]);
        let again = story.ok("ExportDataKey", &[&receiver[..], &[("CiphertextBlob", &blob)]].concat()).await;
        let plaintext = decoded(&story.ok("Decrypt", &[("CiphertextBlob", &blob)]).await["Plaintext"]);
        for exported in [&made, &again] {
            std::fs::write(path.join("wrapped"), decoded(&exported["ExportedDataKey"])).unwrap();
            let mut arguments =
                vec!["pkeyutl", "-decrypt", "-inkey", "private.pem", "-in", "wrapped", "-out", "unwrapped"];
            arguments.extend(padding(algorithm));
            openssl(path, &arguments);
            assert_eq!(std::fs::read(path.join("unwrapped")).unwrap(), plaintext, "{algorithm}");
        }
    }
    let wrong = [
        ("KeyId", &*id),
        ("PublicKeyBlob", &public),
        ("WrappingAlgorithm", "RSAES_OAEP_SHA_1"),
        ("WrappingKeySpec", "RSA_3072"),
    ];
    let (_, code, message) = story.refused("GenerateAndExportDataKey", &wrong).await;
    assert_eq!((code.as_str(), message.contains("PublicKeyBlob")), ("InvalidParameter", true), "{message}");
}
