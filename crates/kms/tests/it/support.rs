//! A service on a new directory with a clock that stands still.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::{ManualClock, Timestamp};
use crypto::OsRandom;
use kms::{
    Ciphertext, DataDir, EncryptionContext, KeyId, KeyRecord, KeyRef, KeySpec, KeyState, KeyUsage, Kms, Limits, NewKey,
    Origin, RootSource, Scope, SealedImage,
};
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
        Self::with_limits(Limits::NONE).await
    }

    pub(crate) async fn with_limits(limits: Limits) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        let data_dir = DataDir::new(directory.path());
        let kms = Kms::open(&data_dir, &RootSource::File, clock.clone(), Arc::new(OsRandom)).await;
        let kms = kms.expect("a new service").with_limits(limits);
        Self { kms, clock, permit: operator(), scope: Scope::default(), directory }
    }

    /// A new key, named by its id.
    pub(crate) async fn key(&self) -> KeyRef {
        self.make(&NewKey::default()).await
    }

    /// A new key that waits for its material.
    pub(crate) async fn external_key(&self, spec: KeySpec) -> KeyRef {
        self.make(&NewKey { spec, origin: Origin::External, ..NewKey::default() }).await
    }

    /// A new key pair.
    pub(crate) async fn pair(&self, spec: KeySpec, usage: KeyUsage) -> KeyRef {
        self.make(&NewKey { spec, usage: Some(usage), ..NewKey::default() }).await
    }

    pub(crate) async fn make(&self, new: &NewKey) -> KeyRef {
        KeyRef::Id(self.kms.create_key(new, &self.permit, &self.scope).await.expect("a new key").id)
    }

    pub(crate) async fn describe(&self, key: &KeyRef) -> KeyRecord {
        self.kms.describe_key(key, &self.permit, &self.scope).await.expect("a key")
    }

    pub(crate) async fn state(&self, key: &KeyRef) -> KeyState {
        self.describe(key).await.state
    }

    /// Whether any file of the data directory holds a part of these bytes. Parts, because a database cuts long values, and may put a
    /// shorter row over the end of an old one.
    pub(crate) fn files_hold_part_of(&self, bytes: &[u8]) -> bool {
        const PART: usize = 16;
        let parts: HashSet<&[u8]> = bytes.chunks_exact(PART).collect();
        let entries = std::fs::read_dir(self.directory.path()).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut files = paths.filter(|path| path.is_file()).map(|path| std::fs::read(path).expect("a file"));
        files.any(|file| file.windows(PART).any(|window| parts.contains(window)))
    }
}

/// `ok`, or the code of the refusal. Much of what is answered holds secrets, and so has no `Debug` for `unwrap_err`.
pub(crate) fn code<T>(outcome: kms::Result<T>) -> &'static str {
    outcome.map_or_else(|error| error.code(), |_| "ok")
}

/// May do everything.
pub(crate) fn operator() -> Permit {
    let account = Scope::default().account;
    Permit::for_local_operator(account.as_str().parse().expect("16 digits"), Timestamp::UNIX_EPOCH)
}

/// The same region of another account.
pub(crate) fn other_account() -> Scope {
    Scope { account: "2222222222222222".parse().expect("16 digits"), ..Scope::default() }
}

pub(crate) fn id_of(key: &KeyRef) -> KeyId {
    match key {
        KeyRef::Id(id) | KeyRef::Arn(id, _) => *id,
        KeyRef::Alias(alias) => panic!("the bench names keys by id, not {alias}"),
    }
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
