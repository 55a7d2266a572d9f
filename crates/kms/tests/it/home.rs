//! A data directory whose root key changes.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::SystemClock;
use crypto::asymmetric::WrappingAlgorithm;
use crypto::{OsRandom, Secret};
use kms::{
    DataDir, EncryptionContext, KeyRef, KeySpec, Kms, KmsError, NewKey, Origin, RootError, RootSource, Scope,
    root_restore,
};
use tempfile::TempDir;

use crate::support::operator;

/// A data directory.
pub(crate) struct Home {
    pub(crate) data_dir: DataDir,
    pub(crate) directory: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self { data_dir: DataDir::new(directory.path()), directory }
    }

    pub(crate) async fn open(&self, source: &RootSource) -> kms::Result<Kms> {
        Kms::open(&self.data_dir, source, Arc::new(SystemClock), Arc::new(OsRandom)).await
    }

    pub(crate) async fn refusal(&self, source: &RootSource) -> RootError {
        match self.open(source).await {
            Err(KmsError::Root(error)) => error,
            Err(error) => panic!("not about the root key: {error}"),
            Ok(_) => panic!("opened with {source:?}"),
        }
    }

    pub(crate) async fn restore(&self, backup: &[u8], word: &Secret) -> kms::Result<PathBuf> {
        root_restore(&self.data_dir, &RootSource::File, backup, Path::new("backup"), word, &OsRandom).await
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("a file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("a mode");
        path
    }

    pub(crate) async fn seal_text(&self, kms: &Kms) -> Vec<u8> {
        let (scope, context) = (Scope::default(), EncryptionContext::default());
        let key = KeyRef::Id(kms.create_key(&NewKey::default(), &operator(), &scope).await.expect("a key").id);
        kms.encrypt(&key, b"the text", &context, &operator(), &scope).await.expect("a ciphertext").blob
    }

    pub(crate) async fn open_text(&self, kms: &Kms, blob: &[u8]) -> kms::Result<()> {
        let opened = kms.decrypt(blob, &EncryptionContext::default(), &operator(), &Scope::default()).await?;
        assert_eq!(opened.plaintext.expose(), b"the text");
        Ok(())
    }

    pub(crate) async fn open_all(&self, kms: &Kms, blobs: &[Vec<u8>]) {
        for blob in blobs {
            self.open_text(kms, blob).await.expect("it opens");
        }
    }

    pub(crate) async fn check(&self, kms: &Kms, blobs: &[Vec<u8>], secret: &Secret) {
        self.open_all(kms, blobs).await;
        assert!(kms.secret("test").await.expect("a secret").equals(secret));
    }

    /// Leaves an import token.
    pub(crate) async fn ask_for_import(&self, kms: &Kms) {
        let (scope, permit) = (Scope::default(), operator());
        let new = NewKey { origin: Origin::External, ..NewKey::default() };
        let key = KeyRef::Id(kms.create_key(&new, &permit, &scope).await.expect("a key").id);
        let (algorithm, spec) = (WrappingAlgorithm::from_name("RSAES_OAEP_SHA_256"), KeySpec::Rsa2048);
        let algorithm = algorithm.expect("a known name");
        kms.parameters_for_import(&key, algorithm, spec, &permit, &scope).await.expect("parameters");
    }

    /// All that is under the root key.
    pub(crate) async fn wrapped(&self, kms: &Kms) -> Vec<Vec<u8>> {
        let catalog = kms.catalog();
        let mut read = catalog.read();
        let versions = read.key_versions_with_material(None, 10).await.expect("versions");
        let tokens = read.import_tokens_after("", 10).await.expect("tokens");
        let secrets = read.meta_by_prefix("secret:").await.expect("secrets");
        let versions = versions.into_iter().filter_map(|version| version.material);
        let tokens = tokens.into_iter().map(|token| token.private_key);
        versions.chain(tokens).chain(secrets.into_iter().map(|(_, secret)| secret)).collect()
    }
}
