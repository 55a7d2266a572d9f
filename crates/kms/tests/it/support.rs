//! A service on a new directory with a clock that stands still.

use std::sync::Arc;

use catalog::{ManualClock, Timestamp};
use crypto::OsRandom;
use kms::{Ciphertext, DataDir, EncryptionContext, KeyRef, Kms, NewKey, RootSource, Scope, SealedImage};
use ram::Permit;
use tempfile::TempDir;

pub(crate) struct Bench {
    pub(crate) kms: Kms,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) permit: Permit,
    pub(crate) scope: Scope,
    pub(crate) directory: TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        let data_dir = DataDir::new(directory.path());
        let kms = Kms::open(&data_dir, &RootSource::File, clock.clone(), Arc::new(OsRandom)).await;
        Self { kms: kms.expect("a new service"), clock, permit: operator(), scope: Scope::default(), directory }
    }

    /// A new key, named by its id.
    pub(crate) async fn key(&self) -> KeyRef {
        let key = self.kms.create_key(&NewKey::default(), &self.permit, &self.scope).await;
        KeyRef::Id(key.expect("a new key").id)
    }

    /// Whether any file of the data directory holds these bytes.
    pub(crate) fn files_hold(&self, bytes: &[u8]) -> bool {
        let entries = std::fs::read_dir(self.directory.path()).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut files = paths.filter(|path| path.is_file()).map(|path| std::fs::read(path).expect("a file"));
        files.any(|file| file.windows(bytes.len()).any(|window| window == bytes))
    }
}

/// May do everything.
pub(crate) fn operator() -> Permit {
    let account = Scope::default().account;
    Permit::for_local_operator(account.as_str().parse().expect("16 digits"), Timestamp::UNIX_EPOCH)
}

pub(crate) fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    let pairs = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    EncryptionContext::new(pairs.collect()).expect("a small context")
}

pub(crate) fn sealed_image(wrapped: &Ciphertext, path: &str) -> SealedImage {
    SealedImage {
        image_id: "image".to_owned(),
        path: path.to_owned(),
        key_id: wrapped.key_id,
        key_version_id: wrapped.key_version_id,
        luks_uuid: "luks-uuid".to_owned(),
        mk_digest: "00".to_owned(),
        envelope: "{}".to_owned(),
        mode: "encrypt".to_owned(),
    }
}
