//! The root of trust: made once, kept apart, missed loudly, put back.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::SystemClock;
use crypto::{OsRandom, Secret};
use kms::{
    DataDir, EncryptionContext, KeyRef, Kms, KmsError, NewKey, PageRequest, RootError, RootSource, Scope, root_restore,
};
use tempfile::TempDir;

use crate::support::operator;

/// Shows where the first use puts the key, that it says so and what losing it means, and that the second use finds it.
#[tokio::test]
async fn the_first_use_makes_a_root_key_and_explains_it() {
    let home = Home::new();
    let kms = home.open(&RootSource::File).await.unwrap();
    let made = kms.root_made().unwrap();
    assert_eq!(made.path, home.data_dir.root_key());
    assert!(made.to_string().contains("no encrypted image can be opened, by anyone, ever"), "{made}");
    assert!(made.to_string().contains("reseal root backup"), "{made}");
    assert_eq!(mode(&home.data_dir.root_key()), 0o600);
    assert_eq!(mode(&home.data_dir.trees()), 0o700);
    let text = std::fs::read_to_string(home.data_dir.root_key()).unwrap();
    let blob = seal_text(&kms).await;
    drop(kms);

    let kms = home.open(&RootSource::File).await.unwrap();
    assert!(kms.root_made().is_none());
    assert!(opens(&kms, &blob).await);
    assert_eq!(std::fs::read_to_string(home.data_dir.root_key()).unwrap(), text);
}

/// Shows that neither the root key nor key material stands in the catalog, in clear or as text.
#[tokio::test]
async fn the_catalog_holds_no_secret_in_clear() {
    let home = Home::new();
    let kms = home.open(&RootSource::File).await.unwrap();
    seal_text(&kms).await;
    let text = std::fs::read_to_string(home.data_dir.root_key()).unwrap();
    let key_text = text.lines().find_map(|line| line.strip_prefix("key ")).unwrap();
    let key = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, key_text).unwrap();
    for file in ["catalog.sqlite", "catalog.sqlite-wal"] {
        let bytes = std::fs::read(home.directory.path().join(file)).unwrap();
        for secret in [key.as_slice(), key_text.as_bytes(), b"the text"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{file}");
        }
    }
}

/// Shows that a catalog whose root key is gone gets no new one, and that the error says how to go on.
#[tokio::test]
async fn a_missing_root_key_is_never_made_again() {
    let home = Home::new();
    let kms = home.open(&RootSource::File).await.unwrap();
    seal_text(&kms).await;
    drop(kms);
    std::fs::remove_file(home.data_dir.root_key()).unwrap();
    for source in [RootSource::File, home.passphrase("word")] {
        let error = home.refusal(&source).await;
        assert!(matches!(error, RootError::Missing { .. }), "{error}");
        assert!(error.to_string().contains("reseal root restore"), "{error}");
    }
    assert!(!home.data_dir.root_key().exists() && !home.data_dir.root_sealed().exists());
}

/// Shows that the three ways a root key file can be wrong are told apart.
#[tokio::test]
async fn wrong_damaged_and_open_root_keys_have_their_own_errors() {
    let (home, other) = (Home::new(), Home::new());
    drop(home.open(&RootSource::File).await.unwrap());
    drop(other.open(&RootSource::File).await.unwrap());
    let path = home.data_dir.root_key();
    let own = std::fs::read_to_string(&path).unwrap();

    std::fs::write(&path, std::fs::read(other.data_dir.root_key()).unwrap()).unwrap();
    let error = home.refusal(&RootSource::File).await;
    assert!(matches!(error, RootError::Wrong { .. }), "{error}");
    assert!(error.to_string().contains("is not the root key of this catalog"), "{error}");

    let (line, rest) = own.split_once("key ").unwrap().1.split_at(1);
    let other_letter = if line == "A" { "B" } else { "A" };
    let long = format!("{own}{}", "#".repeat(5000));
    for damaged in [
        "",
        "x",
        &own[..40],
        &format!("reseal root key 1\nkey {other_letter}{rest}"),
        &own.replace("key 1", "key 2"),
        &long,
    ] {
        std::fs::write(&path, damaged).unwrap();
        let error = home.refusal(&RootSource::File).await;
        assert!(matches!(error, RootError::Damaged { .. }), "{damaged:?}: {error}");
    }

    std::fs::write(&path, &own).unwrap();
    for open in [0o640, 0o604, 0o620] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(open)).unwrap();
        let error = home.refusal(&RootSource::File).await;
        assert!(matches!(error, RootError::OpenToOthers { mode, .. } if mode == open), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o400)).unwrap();
    assert!(home.open(&RootSource::File).await.is_ok());
}

/// Shows that a first use that was cut short after the key was written is taken up, not refused and not repeated.
#[tokio::test]
async fn a_root_key_without_a_catalog_is_adopted() {
    let (home, other) = (Home::new(), Home::new());
    drop(home.open(&RootSource::File).await.unwrap());
    std::fs::copy(home.data_dir.root_key(), other.data_dir.root_key()).unwrap();
    let kms = other.open(&RootSource::File).await.unwrap();
    assert!(kms.root_made().is_none());
    let bytes = |home: &Home| std::fs::read(home.data_dir.root_key()).unwrap();
    assert_eq!(bytes(&home), bytes(&other));
}

/// Shows the root key under a passphrase: made, opened, refused with another passphrase, no root.key left in clear.
#[tokio::test]
async fn a_passphrase_opens_its_root_key_and_no_other_does() {
    let home = Home::new();
    let source = home.passphrase("correct horse\n");
    let kms = home.open(&source).await.unwrap();
    assert!(kms.root_made().unwrap().sealed);
    let blob = seal_text(&kms).await;
    drop(kms);
    assert!(!home.data_dir.root_key().exists());
    assert_eq!(mode(&home.data_dir.root_sealed()), 0o600);
    assert!(opens(&home.open(&home.passphrase("correct horse")).await.unwrap(), &blob).await);
    let error = home.refusal(&home.passphrase("wrong horse")).await;
    assert!(matches!(error, RootError::WrongPassphrase { .. }), "{error}");
    // Costs that somebody raised in the file to make us work or swap.
    let text = std::fs::read_to_string(home.data_dir.root_sealed()).unwrap();
    std::fs::write(home.data_dir.root_sealed(), text.replace("argon2id 65536 3 4", "argon2id 4294967295 4294967295 4"))
        .unwrap();
    let error = home.refusal(&source).await;
    assert!(matches!(error, RootError::Passphrase(_)), "{error}");
}

/// Shows a root key from systemd, as bytes and as text, and each way it can be absent.
#[tokio::test]
async fn a_systemd_credential_is_a_root_key() {
    let home = Home::new();
    let credentials = tempfile::tempdir().unwrap();
    let source = |name: &str| RootSource::SystemdCredential {
        name: name.to_owned(),
        directory: Some(credentials.path().to_owned()),
    };
    std::fs::write(credentials.path().join("bytes"), [7; 32]).unwrap();
    std::fs::write(credentials.path().join("text"), "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n").unwrap();
    std::fs::write(credentials.path().join("short"), [7; 31]).unwrap();
    std::fs::write(credentials.path().join("long"), [7; 65]).unwrap();
    let kms = home.open(&source("bytes")).await.unwrap();
    let blob = seal_text(&kms).await;
    assert!(kms.root_made().is_none());
    assert!(opens(&home.open(&source("text")).await.unwrap(), &blob).await);
    for name in ["short", "long"] {
        assert!(matches!(home.refusal(&source(name)).await, RootError::Damaged { .. }), "{name}");
    }
    for name in ["absent", "", "..", "../bytes"] {
        assert!(matches!(home.refusal(&source(name)).await, RootError::NoCredential { .. }), "{name}");
    }
    let unset = RootSource::SystemdCredential { name: "bytes".to_owned(), directory: None };
    assert!(home.refusal(&unset).await.to_string().contains("CREDENTIALS_DIRECTORY is not set"));
}

/// Shows that a backup brings a lost root key back, that images open again, and that a damaged file is kept beside it.
#[tokio::test]
async fn a_backup_restores_a_lost_and_a_damaged_root_key() {
    let home = Home::new();
    let kms = home.open(&RootSource::File).await.unwrap();
    let blob = seal_text(&kms).await;
    let backup = kms.root_backup(&Secret::copy_of(b"word")).unwrap().text;
    drop(kms);

    let error = home.restore(&backup, "word").await.unwrap_err();
    assert!(matches!(error, KmsError::Root(RootError::InPlace { .. })), "{error}");
    std::fs::remove_file(home.data_dir.root_key()).unwrap();
    let error = home.restore(&backup, "other word").await.unwrap_err();
    assert!(matches!(error, KmsError::Root(RootError::WrongPassphrase { .. })), "{error}");
    assert_eq!(home.restore(&backup, "word").await.unwrap(), home.data_dir.root_key());
    assert!(opens(&home.open(&RootSource::File).await.unwrap(), &blob).await);

    std::fs::write(home.data_dir.root_key(), "spilled coffee").unwrap();
    home.restore(&backup, "word").await.unwrap();
    assert!(opens(&home.open(&RootSource::File).await.unwrap(), &blob).await);
    let aside = home.directory.path().join("root.key.replaced-1");
    assert_eq!(std::fs::read_to_string(aside).unwrap(), "spilled coffee");

    // From a file to a passphrase: the same key in another place.
    assert_eq!(home.restore_to(&home.passphrase("new"), &backup, "word").await.unwrap(), home.data_dir.root_sealed());
    assert!(opens(&home.open(&home.passphrase("new")).await.unwrap(), &blob).await);
}

/// Shows that a backup goes to its own catalog only, and that damaged backups are refused without a panic.
#[tokio::test]
async fn a_backup_of_another_catalog_or_a_damaged_one_is_refused() {
    let (home, other) = (Home::new(), Home::new());
    let kms = home.open(&RootSource::File).await.unwrap();
    drop(other.open(&RootSource::File).await.unwrap());
    let backup = kms.root_backup(&Secret::copy_of(b"word")).unwrap().text;
    drop(kms);
    let error = other.restore(&backup, "word").await.unwrap_err();
    assert!(matches!(error, KmsError::Root(RootError::Wrong { .. })), "{error}");

    for len in (0..backup.len() - 150).step_by(7) {
        let error = home.restore(&backup[..len], "word").await.unwrap_err();
        let told = matches!(error, KmsError::Root(RootError::Damaged { .. } | RootError::WrongPassphrase { .. }));
        assert!(told, "{len} bytes: {error}");
    }
    let empty = Home::new();
    let error = empty.restore(&backup, "word").await.unwrap_err();
    assert!(matches!(error, KmsError::Root(RootError::NoCatalog { .. })), "{error}");
    assert!(!empty.data_dir.catalog().exists());
}

/// Shows that many programs may start on an empty directory at once: one root key, one service key, every key usable by all.
#[test]
fn many_at_once_make_one_root_key_and_lose_no_key() {
    const OPENERS: usize = 6;
    const KEYS_EACH: usize = 5;
    let home = Home::new();
    let made: Vec<bool> = std::thread::scope(|scope| {
        let openers: Vec<_> = (0..OPENERS).map(|_| scope.spawn(|| block_on(use_at_once(&home, KEYS_EACH)))).collect();
        openers.into_iter().map(|opener| opener.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|made| **made).count(), 1, "one of them made the root key");
    block_on(async {
        let kms = home.open(&RootSource::File).await.unwrap();
        let keys = kms
            .list_keys(&kms::KeyFilter::default(), PageRequest::first(), &operator(), &Scope::default())
            .await
            .unwrap();
        assert_eq!(keys.total_count, (OPENERS * KEYS_EACH + 1) as u64, "and one of them the service key");
        for key in keys.items {
            let wrapped = kms
                .encrypt(&KeyRef::Id(key.id), b"text", &EncryptionContext::default(), &operator(), &Scope::default())
                .await;
            assert!(wrapped.is_ok(), "{}", key.id);
        }
    });
}

async fn use_at_once(home: &Home, keys: usize) -> bool {
    let kms = home.open(&RootSource::File).await.expect("opens at once");
    for _ in 0..keys {
        kms.create_key(&NewKey::default(), &operator(), &Scope::default()).await.expect("makes a key");
        kms.service_key(&Scope::default()).await.expect("has a service key");
    }
    kms.root_made().is_some()
}

/// A data directory.
struct Home {
    data_dir: DataDir,
    directory: TempDir,
}

impl Home {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self { data_dir: DataDir::new(directory.path()), directory }
    }

    async fn open(&self, source: &RootSource) -> kms::Result<Kms> {
        Kms::open(&self.data_dir, source, Arc::new(SystemClock), Arc::new(OsRandom)).await
    }

    async fn refusal(&self, source: &RootSource) -> RootError {
        match self.open(source).await {
            Err(KmsError::Root(error)) => error,
            Err(error) => panic!("not about the root key: {error}"),
            Ok(_) => panic!("opened"),
        }
    }

    async fn restore(&self, backup: &[u8], passphrase: &str) -> kms::Result<PathBuf> {
        self.restore_to(&RootSource::File, backup, passphrase).await
    }

    async fn restore_to(&self, source: &RootSource, backup: &[u8], passphrase: &str) -> kms::Result<PathBuf> {
        let passphrase = Secret::copy_of(passphrase.as_bytes());
        root_restore(&self.data_dir, source, backup, Path::new("backup"), &passphrase, &OsRandom).await
    }

    /// A source with this text in a new passphrase file.
    fn passphrase(&self, text: &str) -> RootSource {
        let path = self.directory.path().join("passphrase");
        std::fs::write(&path, text).expect("a passphrase file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("a mode");
        RootSource::PassphraseFile(path)
    }
}

async fn seal_text(kms: &Kms) -> Vec<u8> {
    let (scope, context) = (Scope::default(), EncryptionContext::default());
    let key = KeyRef::Id(kms.create_key(&NewKey::default(), &operator(), &scope).await.expect("a key").id);
    kms.encrypt(&key, b"the text", &context, &operator(), &scope).await.expect("a ciphertext").blob
}

async fn opens(kms: &Kms, blob: &[u8]) -> bool {
    let opened = kms.decrypt(blob, &EncryptionContext::default(), &operator(), &Scope::default()).await;
    opened.is_ok_and(|opened| opened.plaintext.expose() == b"the text")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers is enough");
    runtime.block_on(future)
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("it exists").permissions().mode() & 0o777
}
