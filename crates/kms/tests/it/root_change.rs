//! Another root key: everything opens afterwards, the old one opens nothing, and no moment to be killed at loses anything.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use catalog::SystemClock;
use crypto::{OsRandom, Random, Secret};
use kms::{DataDir, Kms, KmsError, RootError, RootKind, RootSource, RootState, Scope};

use crate::home::Home;
use crate::support::operator;

/// Shows that a rotation wraps key versions, import tokens and secrets anew, that all of them open in this and a later process, and that
/// the old root key is refused.
#[tokio::test]
async fn after_a_rotation_the_old_key_opens_nothing() {
    let home = Home::new();
    let kms = home.open(&RootSource::File).await.unwrap();
    let blobs = [home.seal_text(&kms).await, home.seal_text(&kms).await];
    let secret = kms.secret("test").await.unwrap();
    home.ask_for_import(&kms).await;
    let wrapped_before = home.wrapped(&kms).await;
    let old = std::fs::read(home.data_dir.root_key()).unwrap();

    let changed = kms.root_rotate().await.unwrap();
    // Two keys, an import token, a secret.
    assert_eq!((changed.rewrapped, changed.place), (4, home.data_dir.root_key()));
    for (before, after) in wrapped_before.iter().zip(home.wrapped(&kms).await) {
        assert_ne!(*before, after);
    }
    home.check(&kms, &blobs, &secret).await;
    drop(kms);
    let kms = home.open(&RootSource::File).await.unwrap();
    home.check(&kms, &blobs, &secret).await;
    drop(kms);
    assert_eq!(std::fs::read(home.path("root.key.replaced-1")).unwrap(), old, "kept for old copies of the catalog");
    assert!(!home.path("root.key.next").exists());
    std::fs::write(home.data_dir.root_key(), &old).unwrap();
    let error = home.refusal(&RootSource::File).await;
    assert!(matches!(error, RootError::Wrong { .. }), "{error}");
}

/// Shows each move between places without a token, that the old place opens nothing afterwards, and that another process follows each of
/// them but that to a credential, which it was not started with.
#[tokio::test]
async fn a_root_key_moves_to_a_passphrase_and_a_credential() {
    let home = Home::new();
    let sealed = RootSource::PassphraseFile(home.file("word", b"correct horse"));
    let new_word = RootSource::PassphraseFile(home.file("new-word", b"battery staple"));
    let credential =
        RootSource::SystemdCredential { name: "root".to_owned(), directory: Some(home.directory.path().to_owned()) };
    home.file("root", &[7; 32]);
    let follower = home.open(&RootSource::File).await.unwrap();
    // By another service: what was used just now would be remembered for a moment.
    let blob = home.seal_text(&home.open(&RootSource::File).await.unwrap()).await;
    let places = [&RootSource::File, &sealed, &new_word, &credential, &RootSource::File];
    for pair in places.windows(2) {
        let kms = home.open(pair[0]).await.unwrap();
        kms.root_move(pair[1]).await.unwrap();
        home.open_all(&kms, std::slice::from_ref(&blob)).await;
        drop(kms);
        let error = home.refusal(pair[0]).await;
        assert!(matches!(error, RootError::Elsewhere { .. }), "{error}");
        home.open_all(&home.open(pair[1]).await.unwrap(), std::slice::from_ref(&blob)).await;
        match home.open_text(&follower, &blob).await {
            Ok(()) => assert!(pair[1] != &credential),
            Err(KmsError::Root(RootError::Moved { why })) => {
                assert!(pair[1] == &credential && why.contains("credential"), "{why}");
            }
            Err(error) => panic!("{error}"),
        }
    }
    let kms = home.open(&RootSource::File).await.unwrap();
    kms.root_move(&credential).await.unwrap();
    let error = kms.root_move(&credential).await.unwrap_err();
    assert!(matches!(error, KmsError::Root(RootError::Unchanged { .. })), "{error}");
    let kms = home.open(&credential).await.unwrap();
    let error = kms.root_rotate().await.unwrap_err();
    assert!(matches!(error, KmsError::Root(RootError::NotMadeHere)), "{error}");
    home.file("short", &[7; 31]);
    let short =
        RootSource::SystemdCredential { name: "short".to_owned(), directory: Some(home.directory.path().to_owned()) };
    assert!(kms.root_move(&short).await.is_err());
    home.open_all(&kms, &[blob]).await;
}

/// Shows that a copy of the catalog from before and the old root key go together, and so do the new ones; a backup of the old root key
/// is refused for the new catalog.
#[tokio::test]
async fn backups_fit_their_own_time() {
    let home = Home::new();
    let word = Secret::copy_of(b"word");
    let kms = home.open(&RootSource::File).await.unwrap();
    let blob = home.seal_text(&kms).await;
    let old = kms.root_backup(&word).unwrap().text;
    kms.close().await.unwrap();
    let before = Home::new();
    std::fs::copy(home.data_dir.catalog(), before.data_dir.catalog()).unwrap();
    let kms = home.open(&RootSource::File).await.unwrap();
    kms.root_rotate().await.unwrap();
    let new = kms.root_backup(&word).unwrap().text;
    kms.close().await.unwrap();

    std::fs::remove_file(home.data_dir.root_key()).unwrap();
    for (home, wrong, right) in [(&home, &old, &new), (&before, &new, &old)] {
        let error = home.restore(wrong, &word).await.unwrap_err();
        assert!(matches!(error, KmsError::Root(RootError::Wrong { .. })), "{error}");
        home.restore(right, &word).await.unwrap();
        home.open_all(&home.open(&RootSource::File).await.unwrap(), std::slice::from_ref(&blob)).await;
    }
}

/// Shows that a backup is one of its own root key only: it counts once it is noted, also for another process, and not after a rotation or a
/// move, until there is a new one.
#[tokio::test]
async fn a_backup_counts_while_its_key_is_in_force() {
    let home = Home::new();
    let kms = home.open(&RootSource::File).await.unwrap();
    let server = home.open(&RootSource::File).await.unwrap();
    let state = async || server.root_state(&operator(), &Scope::default()).await.unwrap();
    let word = Secret::copy_of(b"word");
    let backup = kms.root_backup(&word).unwrap();
    assert_eq!(state().await, RootState { kind: RootKind::File, last_backup_at: None, is_backed_up: false });
    kms.note_root_backup(&backup).await.unwrap();
    let noted = state().await;
    assert!(noted.is_backed_up && noted.last_backup_at.is_some());

    kms.root_rotate().await.unwrap();
    assert_eq!(state().await, RootState { is_backed_up: false, ..noted });
    kms.note_root_backup(&backup).await.unwrap();
    assert!(!state().await.is_backed_up, "noted after the rotation, but of the key before it");
    kms.note_root_backup(&kms.root_backup(&word).unwrap()).await.unwrap();
    assert!(state().await.is_backed_up);

    kms.root_move(&RootSource::PassphraseFile(home.file("word", b"correct horse"))).await.unwrap();
    let moved = state().await;
    assert!(moved.kind == RootKind::Passphrase && !moved.is_backed_up && moved.last_backup_at.is_some());
}

/// Shows that files as a kill leaves them between the commit and the last rename are put in order by the next opening.
#[tokio::test]
async fn a_change_that_was_committed_is_completed_by_the_next_opening() {
    for old_is_in_place in [true, false] {
        let home = Home::new();
        let kms = home.open(&RootSource::File).await.unwrap();
        let blob = home.seal_text(&kms).await;
        kms.root_rotate().await.unwrap();
        drop(kms);
        std::fs::rename(home.data_dir.root_key(), home.path("root.key.next")).unwrap();
        if old_is_in_place {
            std::fs::rename(home.path("root.key.replaced-1"), home.data_dir.root_key()).unwrap();
        }
        for _ in 0..2 {
            home.open_all(&home.open(&RootSource::File).await.unwrap(), std::slice::from_ref(&blob)).await;
            assert!(home.data_dir.root_key().exists() && !home.path("root.key.next").exists());
        }
        assert!(home.path("root.key.replaced-1").exists());
    }
}

/// Shows that a process that dies at any moment of a rotation, before the commit, leaves the old root key in force, and that a rotation
/// afterwards succeeds. The moments are the draws of randomness: every wrapping begins with one.
#[test]
fn a_kill_at_any_moment_leaves_the_old_root_key_in_force() {
    const DIE_AT: &str = "RESEAL_TEST_DIE_AT";
    const DATA: &str = "RESEAL_TEST_DATA";
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    if let (Ok(at), Some(data)) = (std::env::var(DIE_AT), std::env::var_os(DATA)) {
        let random = Arc::new(DyingRandom { draws_left: AtomicU32::new(at.parse().unwrap()) });
        runtime.block_on(async {
            let data_dir = DataDir::new(data);
            let kms = Kms::open(&data_dir, &RootSource::File, Arc::new(SystemClock), random).await.unwrap();
            kms.root_rotate().await.unwrap();
        });
        return;
    }
    let home = Home::new();
    let blobs = runtime.block_on(async {
        let kms = home.open(&RootSource::File).await.unwrap();
        [home.seal_text(&kms).await, home.seal_text(&kms).await, home.seal_text(&kms).await]
    });
    let old = std::fs::read(home.data_dir.root_key()).unwrap();
    let mut kills = 0;
    loop {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["root_change::a_kill_at_any_moment_leaves_the_old_root_key_in_force", "--exact"]);
        child.env(DIE_AT, kills.to_string()).env(DATA, home.directory.path());
        let survived = child.output().unwrap().status.success();
        runtime.block_on(async {
            home.open_all(&home.open(&RootSource::File).await.unwrap(), &blobs).await;
        });
        let is_old = std::fs::read(home.data_dir.root_key()).unwrap() == old;
        assert_eq!(is_old, !survived, "killed at draw {kills}");
        if survived {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 5, "{kills}");
}

/// Ends the process, as a kill does, at one draw.
struct DyingRandom {
    draws_left: AtomicU32,
}

impl Random for DyingRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if self.draws_left.fetch_sub(1, Ordering::Relaxed) == 0 {
            std::process::abort();
        }
        OsRandom.fill(bytes);
    }
}
