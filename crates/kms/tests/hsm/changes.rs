//! The root key moves into a token, within it, and out of it.

use kms::{KmsError, RootError, RootSource};

use crate::softhsm::{SoftHsm, open_text, seal_text};

/// Shows that each kind of root key can be left for each other: everything opens afterwards, from the new place only.
#[tokio::test]
async fn a_root_key_moves_into_a_token_within_it_and_out() {
    let Some(hsm) = SoftHsm::in_own_process("changes::a_root_key_moves_into_a_token_within_it_and_out") else { return };
    hsm.make_token("kms");
    hsm.make_token("second");
    let kms = hsm.open(&RootSource::File).await.unwrap();
    let blob = seal_text(&kms).await;
    let (first, second) = (hsm.source("kms"), hsm.source("second"));
    let changed = kms.root_move(&first).await.unwrap();
    assert_eq!(changed.rewrapped, 1);
    open_text(&kms, &blob).await.unwrap();
    drop(kms);
    let error = hsm.refusal(&RootSource::File).await;
    assert!(error.to_string().contains("--root-pkcs11 'pkcs11:token=kms;"), "{error}");
    assert!(matches!(error, RootError::Elsewhere { refusal, .. } if matches!(*refusal, RootError::Wrong { .. })));

    let kms = hsm.open(&first).await.unwrap();
    open_text(&kms, &blob).await.unwrap();
    let error = kms.root_move(&first).await.unwrap_err();
    assert!(matches!(error, KmsError::Root(RootError::Unchanged { .. })), "{error}");
    kms.root_rotate().await.unwrap();
    drop(kms);
    let keys = hsm.pkcs11_tool("kms", &["--list-objects", "--type", "secrkey"]);
    assert_eq!(keys.matches("label:").count(), 2, "the old key is kept for old copies of the catalog: {keys}");

    let kms = hsm.open(&first).await.unwrap();
    open_text(&kms, &blob).await.unwrap();
    kms.root_move(&second).await.unwrap();
    drop(kms);
    let error = hsm.refusal(&first).await;
    assert!(matches!(error, RootError::Elsewhere { refusal, .. } if matches!(*refusal, RootError::Wrong { .. })));
    let kms = hsm.open(&second).await.unwrap();
    open_text(&kms, &blob).await.unwrap();
    kms.root_move(&RootSource::File).await.unwrap();
    drop(kms);
    hsm.set_tokens_there(false);
    let kms = hsm.open(&RootSource::File).await.unwrap();
    open_text(&kms, &blob).await.unwrap();
    assert!(hsm.data_dir().path().join("root.key.replaced-1").exists());
}
