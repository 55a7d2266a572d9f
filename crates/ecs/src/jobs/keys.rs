//! The engine's key service for one disk of a job: keys of the account, used through its role, each use written down.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use catalog::Scope;
use crypto::Secret;
use engine::{Envelope, KeyContext, KeyError, KeyService, NewDataKey, SealedRecord};
use kms::{EncryptionContext, KeyFacts, KeyId, KmsError, SealedImage};
use ram::Permit;
use tokio::runtime::Handle;

use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

/// Name in envelopes.
const KMS_NAME: &str = "reseal";
const DATA_KEY_BYTES: usize = 32;

/// Keys for one disk. Its calls block: the engine works in threads of its own.
pub(crate) struct DiskKeys {
    pub(crate) ecs: Arc<Ecs>,
    pub(crate) runtime: Handle,
    /// What the keys are used for, for the audit: the job, or the image that is verified.
    pub(crate) job: String,
    /// Account, and region of the key for new data keys.
    pub(crate) scope: Scope,
    /// Region of the source's key.
    pub(crate) source_scope: Scope,
    /// The key for new data keys, where one is made.
    pub(crate) key: Option<KeyId>,
    /// How the disk is recorded under its key: its ARN.
    pub(crate) recorded_at: String,
}

impl DiskKeys {
    fn wait<T>(&self, call: impl Future<Output = Result<T>>) -> std::result::Result<T, KeyError> {
        self.runtime.block_on(call).map_err(KeyError::from)
    }

    async fn make(&self, context: &KeyContext) -> Result<NewDataKey> {
        let key = self.key.ok_or_else(|| EcsError::Damaged("a copy that makes a data key without a key".to_owned()))?;
        let (permit, facts) = self.ecs.permit_to_use(key, &self.scope).await?;
        let context = EncryptionContext::new(context.clone())?;
        let named = kms::KeyRef::Id(key);
        let made = self.ecs.rooms.kms.generate_data_key(&named, &context, DATA_KEY_BYTES, &permit, &self.scope).await;
        self.note("GenerateDataKey", &facts, &permit, made.as_ref().err()).await?;
        let made = made?;
        Ok(NewDataKey {
            data_key: made.plaintext,
            wrapped: BASE64.encode(made.ciphertext.blob),
            kms: KMS_NAME.to_owned(),
            key_id: made.ciphertext.key_id.to_string(),
            key_version: made.ciphertext.key_version_id.to_string(),
        })
    }

    async fn open(&self, envelope: &Envelope) -> Result<Secret> {
        let foreign = || EcsError::Kms(KmsError::NotAuthentic);
        let key: KeyId = envelope.key_id.parse().map_err(|_| foreign())?;
        // The source's key lives where the source does, a new one where the copy does.
        let scope = if self.key == Some(key) { &self.scope } else { &self.source_scope };
        let (permit, facts) = self.ecs.permit_to_use(key, scope).await?;
        let context = EncryptionContext::new(envelope.ctx.clone())?;
        let blob = BASE64.decode(&envelope.wrapped).map_err(|_| foreign())?;
        let opened = self.ecs.rooms.kms.decrypt(&blob, &context, &permit, scope).await;
        self.note("Decrypt", &facts, &permit, opened.as_ref().err()).await?;
        Ok(opened?.plaintext)
    }

    async fn note(&self, action: &str, facts: &KeyFacts, permit: &Permit, error: Option<&KmsError>) -> Result<()> {
        let outcome = error.map_or(Ok(()), Err);
        self.ecs.note_key_call(action, facts, permit, &self.job, outcome).await
    }

    /// Recorded under the key before the file has its name; refused when the key cannot be used any more.
    async fn record(&self, record: &SealedRecord) -> Result<()> {
        let image = self.image(record)?;
        let (permit, _) = self.ecs.permit_to_use(image.key_id, &self.scope).await?;
        Ok(self.ecs.rooms.kms.record_image(&image, &permit, &self.scope).await?)
    }

    fn image(&self, record: &SealedRecord) -> Result<SealedImage> {
        let damaged = || EcsError::Damaged("the id of a key in a record".to_owned());
        Ok(SealedImage {
            image_id: record.image.clone(),
            path: self.recorded_at.clone(),
            key_id: record.key_id.parse().map_err(|_| damaged())?,
            key_version_id: record.key_version.parse().map_err(|_| damaged())?,
            luks_uuid: record.luks_uuid.clone(),
            mk_digest: record.mk_digest.clone(),
            envelope: record.envelope.clone(),
            mode: record.mode.clone(),
        })
    }
}

impl KeyService for DiskKeys {
    fn new_data_key(&self, context: &KeyContext) -> std::result::Result<NewDataKey, KeyError> {
        self.wait(self.make(context))
    }

    fn unwrap(&self, envelope: &Envelope) -> std::result::Result<Secret, KeyError> {
        if envelope.kms != KMS_NAME {
            return Err(format!("the image's key is kept by the key service {:?}", envelope.kms).into());
        }
        self.wait(self.open(envelope))
    }

    fn remember(&self, record: &SealedRecord) -> std::result::Result<(), KeyError> {
        self.wait(self.record(record))
    }

    fn forget(&self, record: &SealedRecord) -> std::result::Result<(), KeyError> {
        self.wait(async { Ok(self.ecs.rooms.kms.forget_image(&record.image, &self.recorded_at).await?) })
    }

    fn recall(&self, luks_uuid: &str) -> std::result::Result<Vec<String>, KeyError> {
        self.wait(async {
            let found = self.ecs.rooms.kms.images_by_luks_uuid(luks_uuid).await?;
            Ok(found.into_iter().map(|record| record.image.envelope).collect())
        })
    }
}
