//! Small texts under a key.

use crypto::Secret;
use kms::{Ciphertext, EncryptionContext, KeyRef, Kms, KmsError, Opened, Scope};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::needs::{Ask, Target};
use super::parameters::{
    CIPHERTEXT_BLOB, CONTEXT, DRY_RUN, ENCRYPTION_CONTEXT, KEY, KEY_ID, Of, PLAINTEXT, encoded, encryption_context,
};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Optional, Parameters, Refused, Required};

/// A document of an enclave, whose plaintext must be answered encrypted. Answering it in clear instead would be a leak.
pub(super) const RECIPIENT: Refused = Refused { name: "Recipient", row: &errors::KMS_UNSUPPORTED_PARAMETER };

const DESTINATION_KEY_ID: Required<Of<KeyRef>> = Required::new("DestinationKeyId", KEY);
const SOURCE_CONTEXT: Optional<Of<EncryptionContext>> = Optional::new("SourceEncryptionContext", CONTEXT);
const DESTINATION_CONTEXT: Optional<Of<EncryptionContext>> = Optional::new("DestinationEncryptionContext", CONTEXT);
/// These three stand for ciphertexts that were made under a public key.
const SOURCE_KEY_ID: Refused = Refused { name: "SourceKeyId", row: &errors::KMS_UNSUPPORTED_PARAMETER };
const SOURCE_VERSION: Refused = Refused { name: "SourceKeyVersionId", row: &errors::KMS_UNSUPPORTED_PARAMETER };
const SOURCE_ALGORITHM: Refused =
    Refused { name: "SourceEncryptionAlgorithm", row: &errors::KMS_UNSUPPORTED_PARAMETER };

pub(crate) struct Encrypt {
    key: KeyRef,
    plaintext: Secret,
    context: EncryptionContext,
}

impl KeyCall for Encrypt {
    const SPEC: &'static Spec =
        &row("Encrypt", ("kms:Encrypt", "key/<id>"), &[&KEY_ID, &PLAINTEXT, &ENCRYPTION_CONTEXT, &DRY_RUN]);
    const NEEDS_CREDIT: bool = true;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        DRY_RUN.read(parameters)?;
        Ok(Self {
            key: KEY_ID.read(parameters)?,
            plaintext: PLAINTEXT.read(parameters)?,
            context: encryption_context(parameters)?,
        })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let sealed = kms.encrypt(&self.key, self.plaintext.expose(), &self.context, permit, scope).await?;
        Ok(sealed_answer(&sealed))
    }
}

pub(crate) struct Decrypt {
    blob: Vec<u8>,
    context: EncryptionContext,
}

impl KeyCall for Decrypt {
    const SPEC: &'static Spec = &row(
        "Decrypt",
        ("kms:Decrypt", "key/<id of the ciphertext's>"),
        &[&CIPHERTEXT_BLOB, &ENCRYPTION_CONTEXT, &DRY_RUN, &RECIPIENT],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        RECIPIENT.check(parameters)?;
        DRY_RUN.read(parameters)?;
        Ok(Self { blob: CIPHERTEXT_BLOB.read(parameters)?, context: encryption_context(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(vec![Ask::of(Self::SPEC, Target::KeyOf(&self.blob))])
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let Opened { plaintext, key_id, key_version_id } =
            kms.decrypt(&self.blob, &self.context, permit, scope).await?;
        Ok(json!({
            "Plaintext": encoded(plaintext.expose()),
            "KeyId": key_id.to_string(),
            "KeyVersionId": key_version_id.to_string(),
        }))
    }
}

pub(crate) struct ReEncrypt {
    blob: Vec<u8>,
    source: EncryptionContext,
    destination_key: KeyRef,
    destination: EncryptionContext,
}

impl KeyCall for ReEncrypt {
    const SPEC: &'static Spec = &row(
        "ReEncrypt",
        ("kms:ReEncryptFrom and kms:ReEncryptTo", "key/<id of the ciphertext's> and key/<id>"),
        &[
            &CIPHERTEXT_BLOB,
            &DESTINATION_KEY_ID,
            &SOURCE_CONTEXT,
            &DESTINATION_CONTEXT,
            &DRY_RUN,
            &SOURCE_KEY_ID,
            &SOURCE_VERSION,
            &SOURCE_ALGORITHM,
        ],
    );
    const NEEDS_CREDIT: bool = true;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        for refused in [&SOURCE_KEY_ID, &SOURCE_VERSION, &SOURCE_ALGORITHM] {
            refused.check(parameters)?;
        }
        DRY_RUN.read(parameters)?;
        Ok(Self {
            blob: CIPHERTEXT_BLOB.read(parameters)?,
            source: SOURCE_CONTEXT.read(parameters)?.unwrap_or_default(),
            destination_key: DESTINATION_KEY_ID.read(parameters)?,
            destination: DESTINATION_CONTEXT.read(parameters)?.unwrap_or_default(),
        })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(vec![
            Ask::new("kms:ReEncryptFrom", Target::KeyOf(&self.blob)),
            Ask::new("kms:ReEncryptTo", Target::Key(self.destination_key.clone())),
        ])
    }

    /// The ids are those of the source, as the SDK says.
    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let Self { blob, source, destination_key, destination } = self;
        let (sealed, opened) = kms.re_encrypt(&blob, &source, &destination_key, &destination, permit, scope).await?;
        Ok(json!({
            "CiphertextBlob": encoded(sealed.blob),
            "KeyId": opened.key_id.to_string(),
            "KeyVersionId": opened.key_version_id.to_string(),
        }))
    }
}

/// A ciphertext with the key that made it.
pub(super) fn sealed_answer(sealed: &Ciphertext) -> Value {
    json!({
        "CiphertextBlob": encoded(&sealed.blob),
        "KeyId": sealed.key_id.to_string(),
        "KeyVersionId": sealed.key_version_id.to_string(),
    })
}
