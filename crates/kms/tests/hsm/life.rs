//! A root key in a token: made once, not to be taken out, missed when the token goes, found when it comes back.

use kms::{KeyRef, KmsError, NewKey, PageRequest, RootError, RootKind, RootSource, RootState, Scope, TokenName};

use crate::softhsm::{PIN, SoftHsm, open_text, operator, seal_text};

/// Shows, with the eyes of another program, that the first use makes an AES-256 key that the token does not give out, that the second
/// use finds it, and that the token does the wrapping: without it nothing in the data directory opens.
#[tokio::test]
async fn the_first_use_makes_a_key_that_cannot_be_taken_out() {
    let Some(hsm) = SoftHsm::in_own_process("life::the_first_use_makes_a_key_that_cannot_be_taken_out") else { return };
    hsm.make_token("kms");
    let kms = hsm.open(&hsm.source("kms")).await.unwrap();
    let made = kms.root_made().unwrap().to_string();
    assert!(made.contains("cannot leave the token"), "{made}");
    let keys = hsm.pkcs11_tool("kms", &["--list-objects", "--type", "secrkey"]);
    assert!(keys.contains("AES length 32") && keys.matches("label:").count() == 1, "{keys}");
    let access = keys.lines().find(|line| line.contains("Access:")).unwrap();
    for word in ["sensitive", "always sensitive", "never extractable", "local"] {
        assert!(access.contains(word), "{keys}");
    }
    let blob = seal_text(&kms).await;
    drop(kms);

    let kms = hsm.open(&hsm.source("kms")).await.unwrap();
    assert!(kms.root_made().is_none());
    open_text(&kms, &blob).await.unwrap();
    let again = hsm.pkcs11_tool("kms", &["--list-objects", "--type", "secrkey"]);
    assert_eq!(again, keys);
    let error = kms.root_backup(&crypto::Secret::copy_of(b"word")).map(drop).unwrap_err();
    assert!(matches!(error, KmsError::Root(RootError::NoBackup { .. })), "{error}");
    let state = kms.root_state(&operator(), &Scope::default()).await.unwrap();
    assert_eq!(state, RootState { kind: RootKind::Token, last_backup_at: None, is_backed_up: false });
    for name in ["root.key", "root.sealed"] {
        assert!(!hsm.data_dir().path().join(name).exists(), "{name}");
    }
    let error = hsm.refusal(&RootSource::File).await;
    assert!(matches!(error, RootError::Missing { .. }), "{error}");
}

/// Shows that what is wrong with token, PIN, module and key is told apart, and in words that name the place.
#[tokio::test]
async fn what_is_wrong_is_told_by_name() {
    let Some(hsm) = SoftHsm::in_own_process("life::what_is_wrong_is_told_by_name") else { return };
    hsm.make_token("kms");
    let right = hsm.place("kms");
    drop(hsm.open(&RootSource::Pkcs11(right.clone())).await.unwrap());

    let mut wrong = right.clone();
    wrong.pin_file = hsm.file("wrong-pin", "11111111");
    let error = hsm.refusal(&RootSource::Pkcs11(wrong)).await;
    assert!(matches!(error, RootError::TokenPin { .. }), "{error}");
    assert!(error.to_string().contains("wrong-pin is refused") && !error.to_string().contains("11111111"), "{error}");

    let mut wrong = right.clone();
    wrong.pin_file = hsm.file("open-pin", PIN);
    std::fs::set_permissions(&wrong.pin_file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let error = hsm.refusal(&RootSource::Pkcs11(wrong)).await;
    assert!(matches!(error, RootError::OpenToOthers { .. }), "{error}");

    let mut wrong = right.clone();
    wrong.token = TokenName::Label("other".to_owned());
    let error = hsm.refusal(&RootSource::Pkcs11(wrong)).await;
    assert!(error.to_string().contains("there is no such token"), "{error}");

    for module in ["/nowhere/libpkcs11.so", "libsofthsm2.so"] {
        let mut wrong = right.clone();
        wrong.module = module.into();
        let error = hsm.refusal(&RootSource::Pkcs11(wrong)).await;
        assert!(matches!(error, RootError::TokenRefused { .. }), "{error}");
    }

    let mut wrong = right;
    wrong.key_label = "another".to_owned();
    let error = hsm.refusal(&RootSource::Pkcs11(wrong.clone())).await;
    assert!(matches!(error, RootError::Missing { .. }), "{error}");
    hsm.pkcs11_tool("kms", &["--keygen", "--key-type", "AES:32", "--label", "another", "--id", "01"]);
    let error = hsm.refusal(&RootSource::Pkcs11(wrong.clone())).await;
    let told = matches!(&error, RootError::Wrong { .. } | RootError::TokenRefused { .. });
    assert!(told, "{error}");
    wrong.key_label = "loose".to_owned();
    hsm.pkcs11_tool("kms", &["--keygen", "--key-type", "AES:32", "--label", "loose", "--id", "02", "--extractable"]);
    let error = hsm.refusal(&RootSource::Pkcs11(wrong)).await;
    assert!(error.to_string().contains("can be taken out of the token"), "{error}");
}

/// Shows that two tokens of one label are not guessed between, and that the slot tells them apart.
#[tokio::test]
async fn a_second_token_of_the_label_is_refused() {
    let Some(hsm) = SoftHsm::in_own_process("life::a_second_token_of_the_label_is_refused") else { return };
    hsm.make_token("kms");
    hsm.make_token("kms");
    let error = hsm.refusal(&hsm.source("kms")).await;
    assert!(matches!(error, RootError::TokenRefused { .. }), "{error}");
    let text = error.to_string();
    let slots = text.split("tokens in slots ").nth(1).unwrap().split(" bear").next().unwrap();
    let slots: Vec<u64> = slots.split(", ").map(|slot| slot.parse().unwrap()).collect();
    assert_eq!(slots.len(), 2, "{text}");
    let mut place = hsm.place("kms");
    place.token = TokenName::Slot(slots[0]);
    let kms = hsm.open(&RootSource::Pkcs11(place.clone())).await.unwrap();
    let blob = seal_text(&kms).await;
    open_text(&kms, &blob).await.unwrap();
    place.token = TokenName::Slot(slots[1]);
    let error = hsm.refusal(&RootSource::Pkcs11(place)).await;
    assert!(matches!(error, RootError::Missing { .. }), "{error}");
}

/// Shows that a token that goes away gives an error that says so and is worth another try, never "damaged", and that it is used again
/// when it is back, without a restart.
#[tokio::test]
async fn a_token_that_comes_back_works_again() {
    let Some(hsm) = SoftHsm::in_own_process("life::a_token_that_comes_back_works_again") else { return };
    hsm.make_token("kms");
    let kms = hsm.open(&hsm.source("kms")).await.unwrap();
    let blob = seal_text(&kms).await;
    for _ in 0..3 {
        open_text(&kms, &blob).await.unwrap();
        hsm.set_tokens_there(false);
        for _ in 0..3 {
            let error = open_text(&kms, &blob).await.unwrap_err();
            assert!(matches!(error, KmsError::Root(RootError::TokenGone { .. })), "{error}");
            assert_eq!(error.code(), "ServiceUnavailableTemporary");
            assert!(error.to_string().contains("key `root` in token `kms`"), "{error}");
        }
        hsm.set_tokens_there(true);
        open_text(&kms, &blob).await.unwrap();
    }
}

/// Shows that a value that a token sealed is bound to its row and to each of its bytes, and is told from a lost token.
#[tokio::test]
async fn a_sealed_value_is_bound_to_its_place() {
    let Some(hsm) = SoftHsm::in_own_process("life::a_sealed_value_is_bound_to_its_place") else { return };
    hsm.make_token("kms");
    let kms = hsm.open(&hsm.source("kms")).await.unwrap();
    let blobs = [seal_text(&kms).await, seal_text(&kms).await];
    let catalog = kms.catalog();
    let versions = catalog.read().key_versions_with_material(None, 2).await.unwrap();
    let [first, second] = [0, 1].map(|index| versions[index].material.clone().unwrap());
    let flipped = |at: usize| {
        let mut changed = first.clone();
        changed[at] ^= 1;
        changed
    };
    let cases =
        [second, flipped(0), flipped(1), flipped(20), flipped(first.len() - 1), first[..13].to_vec(), Vec::new()];
    for material in cases {
        let mut write = catalog.write().await.unwrap();
        for version in &versions {
            let mut version = version.clone();
            version.material = Some(material.clone());
            // The other one's material for both: one of them opens, unless it was changed.
            write.key_version_update(&version).await.unwrap();
        }
        write.commit().await.unwrap();
        // Anew: the one that sealed remembers for a moment what it read.
        let kms = hsm.open(&hsm.source("kms")).await.unwrap();
        let mut refused = 0;
        for blob in &blobs {
            match open_text(&kms, blob).await {
                Ok(()) => {}
                Err(KmsError::MaterialDamaged { .. }) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        let is_whole = versions.iter().any(|version| version.material.as_ref() == Some(&material));
        assert_eq!(refused, if is_whole { 1 } else { 2 });
    }
}

/// Shows that many calls at once, more than there are sessions, all get the right answer, also while the token goes and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_share_the_token() {
    let Some(hsm) = SoftHsm::in_own_process("life::many_at_once_share_the_token") else { return };
    hsm.make_token("kms");
    let kms = std::sync::Arc::new(hsm.open(&hsm.source("kms")).await.unwrap());
    let blob = seal_text(&kms).await;
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let (kms, blob) = (kms.clone(), blob.clone());
            tokio::spawn(async move {
                // Refusals do not count: while the token is gone they come faster than it can come back.
                let mut opened = 0;
                while opened < 50 {
                    match open_text(&kms, &blob).await {
                        Ok(()) => opened += 1,
                        Err(KmsError::Root(RootError::TokenGone { .. })) => tokio::task::yield_now().await,
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    hsm.set_tokens_there(false);
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    hsm.set_tokens_there(true);
    for call in calls {
        call.await.unwrap();
    }
    let made = make_keys(&kms, 8).await;
    assert_eq!(made, 8);
    let (permit, scope) = (operator(), Scope::default());
    let keys = kms.list_keys(&kms::KeyFilter::default(), PageRequest::first(), &permit, &scope).await.unwrap();
    assert_eq!(keys.total_count, 9);
}

/// Makes keys at once, and uses each.
async fn make_keys(kms: &std::sync::Arc<kms::Kms>, count: usize) -> usize {
    let calls: Vec<_> = (0..count)
        .map(|_| {
            let kms = kms.clone();
            tokio::spawn(async move {
                let (permit, scope) = (operator(), Scope::default());
                let key = kms.create_key(&NewKey::default(), &permit, &scope).await.expect("a key");
                let context = kms::EncryptionContext::default();
                kms.encrypt(&KeyRef::Id(key.id), b"text", &context, &permit, &scope).await.expect("a ciphertext");
            })
        })
        .collect();
    let mut done = 0;
    for call in calls {
        call.await.expect("no panic");
        done += 1;
    }
    done
}
