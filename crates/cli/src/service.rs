//! The engine's key service, on the embedded KMS or on a server.

mod remote;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto::Secret;
use engine::{Envelope, KeyContext, KeyError, KeyService, NewDataKey, SealedRecord};
use kms::{EncryptionContext, KeyRef, KmsError, SealedImage};

use crate::args::InRegion;
use crate::remote::{Remote, Server};
use crate::store::{OpenStore, Store};
use remote::RemoteKms;

/// Name in envelopes.
const KMS_NAME: &str = "reseal";
const DATA_KEY_BYTES: usize = 32;

/// Where a file command has its keys from.
pub(crate) enum KeyHolder {
    /// The data directory.
    Embedded(Box<OpenStore>),
    /// A server. The data directory still keeps digest trees and pinned headers.
    Server(Box<Remote>),
}

impl KeyHolder {
    /// For a command that may need new keys; the first use makes the data directory.
    pub(crate) fn open(store: &Store, server: Server, region: &InRegion) -> Result<Self> {
        Self::opened(store, server, region, Store::open)
    }

    /// For a command that needs keys that are there already.
    pub(crate) fn open_existing(store: &Store, server: Server, region: &InRegion) -> Result<Self> {
        Self::opened(store, server, region, Store::open_existing)
    }

    fn opened(store: &Store, server: Server, region: &InRegion, open: fn(&Store) -> Result<OpenStore>) -> Result<Self> {
        let Some(remote) = server.open(region.region.clone())? else {
            let scope = store.scope(region)?;
            return Ok(Self::Embedded(Box::new(OpenStore { scope, ..open(store)? })));
        };
        store.make_directory()?;
        Ok(Self::Server(Box::new(remote)))
    }

    /// The id of a key that can make data keys now.
    pub(crate) fn require_usable(&self, key: &KeyRef) -> Result<KeyRef> {
        match self {
            Self::Embedded(store) => {
                let found = store.wait(store.kms.require_usable(key, &store.permit, &store.scope))?;
                Ok(KeyRef::Id(found.id))
            }
            Self::Server(remote) => remote::require_usable(remote, key),
        }
    }

    /// The service, bound to the key that the user named; without one, to the service key.
    pub(crate) fn service(&self, key: Option<KeyRef>) -> Box<dyn KeyService + '_> {
        match self {
            Self::Embedded(store) => Box::new(EmbeddedKms { store, key }),
            Self::Server(remote) => Box::new(RemoteKms::new(remote, key)),
        }
    }
}

/// The embedded KMS, bound to the key that the user named; without one, to the service key.
struct EmbeddedKms<'a> {
    store: &'a OpenStore,
    key: Option<KeyRef>,
}

impl KeyService for EmbeddedKms<'_> {
    fn new_data_key(&self, context: &KeyContext) -> Result<NewDataKey, KeyError> {
        let OpenStore { kms, permit, scope, .. } = self.store;
        let context = EncryptionContext::new(context.clone())?;
        let key = match &self.key {
            Some(key) => key.clone(),
            // Made on first need, never a stand-in for a key that was named.
            None => KeyRef::Id(self.store.wait(kms.service_key(scope))?),
        };
        let made = self.store.wait(kms.generate_data_key(&key, &context, DATA_KEY_BYTES, permit, scope))?;
        Ok(NewDataKey {
            data_key: made.plaintext,
            wrapped: BASE64.encode(made.ciphertext.blob),
            kms: KMS_NAME.to_owned(),
            key_id: made.ciphertext.key_id.to_string(),
            key_version: made.ciphertext.key_version_id.to_string(),
        })
    }

    fn unwrap(&self, envelope: &Envelope) -> Result<Secret, KeyError> {
        check_kms(envelope)?;
        let context = EncryptionContext::new(envelope.ctx.clone())?;
        let blob = BASE64.decode(&envelope.wrapped).map_err(|_| KmsError::NotAuthentic)?;
        match self.store.wait(self.store.kms.decrypt(&blob, &context, &self.store.permit, &self.store.scope)) {
            Ok(opened) => Ok(opened.plaintext),
            Err(error @ KmsError::KeyVersionNotFound { .. }) => {
                let data_dir = self.store.data_dir.path().display();
                Err(format!(
                    "{error}; the image is under key {}, which is not in the data directory {data_dir}",
                    envelope.key_id
                )
                .into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn remember(&self, record: &SealedRecord) -> Result<(), KeyError> {
        // A copy that keeps the key of another data directory is nothing that this one could list.
        let (Ok(key_id), Ok(key_version_id)) = (record.key_id.parse(), record.key_version.parse()) else {
            return Ok(());
        };
        let image = SealedImage {
            image_id: record.image.clone(),
            path: record.path.clone(),
            key_id,
            key_version_id,
            luks_uuid: record.luks_uuid.clone(),
            mk_digest: record.mk_digest.clone(),
            envelope: record.envelope.clone(),
            mode: record.mode.clone(),
        };
        let OpenStore { kms, permit, scope, .. } = self.store;
        if record.mode != "keep" {
            return Ok(self.store.wait(kms.record_image(&image, permit, scope))?);
        }
        // Only of an image that is known: a forged envelope must not enter the records.
        let known = self.store.wait(kms.images_by_luks_uuid(&image.luks_uuid))?;
        if !known.iter().any(|record| record.image.envelope == image.envelope) {
            return Ok(());
        }
        match self.store.wait(kms.record_kept_image(&image, permit, scope)) {
            Err(KmsError::KeyNotFound { .. } | KmsError::KeyDestroyed { .. }) => Ok(()),
            result => Ok(result?),
        }
    }

    fn forget(&self, record: &SealedRecord) -> Result<(), KeyError> {
        Ok(self.store.wait(self.store.kms.forget_image(&record.image, &record.path))?)
    }

    fn recall(&self, luks_uuid: &str) -> Result<Vec<String>, KeyError> {
        let found = self.store.wait(self.store.kms.images_by_luks_uuid(luks_uuid))?;
        Ok(found.into_iter().map(|record| record.image.envelope).collect())
    }
}

/// Refuses an image whose key another kind of service keeps.
fn check_kms(envelope: &Envelope) -> Result<(), KeyError> {
    if envelope.kms == KMS_NAME {
        return Ok(());
    }
    Err(format!("the image's key is kept by the key service {:?}, which this program cannot ask", envelope.kms).into())
}
