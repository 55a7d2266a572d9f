//! Other processes while the root key changes: they go on without being told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kms::{KmsError, NewKey, RootError, RootSource, Scope};

use crate::home::Home;
use crate::support::operator;

/// Shows that another process on the catalog goes on reading and writing while the root key changes, without being told.
#[tokio::test]
async fn another_process_goes_on() {
    let home = Home::new();
    let [server, command] = [home.open(&RootSource::File).await.unwrap(), home.open(&RootSource::File).await.unwrap()];
    let mut blobs = vec![home.seal_text(&server).await];
    for round in 0..3 {
        command.root_rotate().await.unwrap();
        // A server that reads first, and one that writes first.
        if round % 2 == 0 {
            home.open_all(&server, &blobs).await;
        }
        blobs.push(home.seal_text(&server).await);
        home.open_all(&server, &blobs).await;
        home.open_all(&command, &blobs).await;
    }
    drop((server, command));
    home.open_all(&home.open(&RootSource::File).await.unwrap(), &blobs).await;
}

/// Shows that keys that are made while the root key changes again and again open afterwards: none stays under a key of before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_made_during_changes_open_afterwards() {
    let home = Arc::new(Home::new());
    let [server, command] = [home.open(&RootSource::File).await.unwrap(), home.open(&RootSource::File).await.unwrap()];
    let writer = {
        let home = home.clone();
        tokio::spawn(async move {
            let mut blobs = Vec::new();
            for _ in 0..40 {
                blobs.push(home.seal_text(&server).await);
            }
            blobs
        })
    };
    // Each change keeps the old key beside the new one, and there is a limit to those: a slow writer does without the rest.
    let mut changes = 0;
    while !writer.is_finished() && changes < 200 {
        command.root_rotate().await.unwrap();
        changes += 1;
    }
    let blobs = writer.await.unwrap();
    assert!(changes > 1, "{changes}");
    home.open_all(&command, &blobs).await;
    drop(command);
    home.open_all(&home.open(&RootSource::File).await.unwrap(), &blobs).await;
}

/// Shows that a process which cannot read the new place says why, changes nothing, and goes on by itself when it can.
#[tokio::test]
async fn a_process_that_cannot_follow_heals() {
    const TRIES_MAX: u32 = 100;
    let home = Home::new();
    let [server, command] = [home.open(&RootSource::File).await.unwrap(), home.open(&RootSource::File).await.unwrap()];
    let blob = home.seal_text(&command).await;
    let word = home.file("word", b"correct horse");
    command.root_move(&RootSource::PassphraseFile(word.clone())).await.unwrap();
    std::fs::remove_file(&word).unwrap();
    for _ in 0..2 {
        let error = home.open_text(&server, &blob).await.unwrap_err();
        assert_eq!(error.code(), "ServiceUnavailableTemporary");
        assert!(error.to_string().contains(&word.display().to_string()), "{error}");
        let made = server.create_key(&NewKey::default(), &operator(), &Scope::default()).await;
        assert!(matches!(made, Err(KmsError::Root(RootError::Moved { .. }))), "a key under the old root key");
    }
    home.file("word", b"correct horse");
    for _ in 0..TRIES_MAX {
        if home.open_text(&server, &blob).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the place can be read and the process does not go on");
}

/// Shows that many calls at once, on several threads, all succeed while the root key changes again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_fails_during_changes() {
    let home = Arc::new(Home::new());
    let words = [home.file("word", b"correct horse"), home.file("new-word", b"battery staple")];
    let [server, command] = [home.open(&RootSource::File).await.unwrap(), home.open(&RootSource::File).await.unwrap()];
    let server = Arc::new(server);
    let blob = home.seal_text(&command).await;
    let stop = Arc::new(AtomicBool::new(false));
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (home, server, blob, stop) = (home.clone(), server.clone(), blob.clone(), stop.clone());
            tokio::spawn(async move {
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) {
                    home.open_text(&server, &blob).await.unwrap();
                    home.seal_text(&server).await;
                    count += 1;
                }
                count
            })
        })
        .collect();
    for round in 0..12 {
        match round % 4 {
            0 => command.root_move(&RootSource::PassphraseFile(words[round / 4 % 2].clone())).await,
            2 => command.root_move(&RootSource::File).await,
            _ => command.root_rotate().await,
        }
        .unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    for call in calls {
        assert!(call.await.unwrap() > 0);
    }
}
