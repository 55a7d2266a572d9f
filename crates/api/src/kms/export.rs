//! Data keys for whoever holds a key pair.

use crypto::asymmetric::{PublicKey, PublicKeyKind, WrappingAlgorithm};
use kms::{EncryptionContext, Kms, KmsError, Receiver, Scope};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::ciphertexts::sealed_answer;
use super::data_keys::{DATA_KEY_SPEC, NUMBER_OF_BYTES, Wanted};
use super::needs::{Ask, Target};
use super::parameters::{
    BASE64, CIPHERTEXT_BLOB, DRY_RUN, ENCRYPTION_CONTEXT, KEY_ID, Of, WRAPPING_ALGORITHM, encoded, encryption_context,
};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Kind, OneOf, Parameters, Required};

const PUBLIC_KEY: Required<Of<PublicKey>> = Required::new(
    "PublicKeyBlob",
    Of { what: "Base64 of X.509 SubjectPublicKeyInfo", read: |text| PublicKey::from_spki(&BASE64.read(text)?).ok() },
);
const WRAPPING_KEY_SPEC: Required<OneOf> = Required::new("WrappingKeySpec", OneOf(&["RSA_2048", "RSA_3072"]));

/// Reads the public key, and refuses one that is not of the spec that the caller believes it to be.
fn receiver(parameters: &Parameters) -> Result<Receiver, Refusal> {
    let public_key = PUBLIC_KEY.read(parameters)?;
    let bits = match WRAPPING_KEY_SPEC.read(parameters)? {
        "RSA_3072" => 3072,
        _ => 2048,
    };
    if public_key.kind() != (PublicKeyKind::Rsa { bits }) {
        let why = "it is not of the WrappingKeySpec";
        return Err(Refusal::new(&errors::KMS_INVALID_PARAMETER, &["PublicKeyBlob", why]));
    }
    let algorithm: WrappingAlgorithm = WRAPPING_ALGORITHM.read(parameters)?;
    Ok(Receiver { public_key, algorithm })
}

pub(crate) struct ExportDataKey {
    blob: Vec<u8>,
    context: EncryptionContext,
    receiver: Receiver,
}

impl KeyCall for ExportDataKey {
    const SPEC: &'static Spec = &row(
        "ExportDataKey",
        ("kms:ExportDataKey", "key/<id of the ciphertext's>"),
        &[&CIPHERTEXT_BLOB, &PUBLIC_KEY, &WRAPPING_ALGORITHM, &WRAPPING_KEY_SPEC, &ENCRYPTION_CONTEXT, &DRY_RUN],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        DRY_RUN.read(parameters)?;
        Ok(Self {
            blob: CIPHERTEXT_BLOB.read(parameters)?,
            context: encryption_context(parameters)?,
            receiver: receiver(parameters)?,
        })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(vec![Ask::of(Self::SPEC, Target::KeyOf(&self.blob))])
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let exported = kms.export_data_key(&self.blob, &self.context, &self.receiver, permit, scope).await?;
        Ok(json!({
            "ExportedDataKey": encoded(exported.value),
            "KeyId": exported.key_id.to_string(),
            "KeyVersionId": exported.key_version_id.to_string(),
        }))
    }
}

pub(crate) struct GenerateAndExportDataKey {
    wanted: Wanted,
    receiver: Receiver,
}

impl KeyCall for GenerateAndExportDataKey {
    const SPEC: &'static Spec = &row(
        "GenerateAndExportDataKey",
        ("kms:GenerateAndExportDataKey", "key/<id>"),
        &[
            &KEY_ID,
            &PUBLIC_KEY,
            &WRAPPING_ALGORITHM,
            &WRAPPING_KEY_SPEC,
            &DATA_KEY_SPEC,
            &NUMBER_OF_BYTES,
            &ENCRYPTION_CONTEXT,
            &DRY_RUN,
        ],
    );
    const NEEDS_CREDIT: bool = true;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { wanted: Wanted::read(parameters)?, receiver: receiver(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.wanted.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let Wanted { key, context, len_bytes } = self.wanted;
        let made = kms.generate_and_export_data_key(&key, &context, len_bytes, &self.receiver, permit, scope).await?;
        let mut answer = sealed_answer(&made.ciphertext);
        answer["ExportedDataKey"] = encoded(made.exported).into();
        Ok(answer)
    }
}
