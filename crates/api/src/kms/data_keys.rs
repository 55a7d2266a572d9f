//! Data keys.

use kms::{EncryptionContext, KeyRef, Kms, KmsError, NewDataKey, Scope};
use ram::Permit;
use serde_json::Value;

use super::action::{KeyCall, row};
use super::ciphertexts::{RECIPIENT, sealed_answer};
use super::needs::Ask;
use super::parameters::{DRY_RUN, ENCRYPTION_CONTEXT, KEY_ID, encoded, encryption_context};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Integer, OneOf, Optional, Parameters};

pub(super) const DATA_KEY_SPEC: Optional<OneOf> = Optional::new("KeySpec", OneOf(&["AES_256", "AES_128"]));
pub(super) const NUMBER_OF_BYTES: Optional<Integer> = Optional::new("NumberOfBytes", Integer { min: 1, max: 1024 });

/// Which data key is wanted.
pub(super) struct Wanted {
    pub(super) key: KeyRef,
    pub(super) context: EncryptionContext,
    pub(super) len_bytes: usize,
}

impl Wanted {
    /// `NumberOfBytes` wins over `KeySpec`; without both it is a key of AES-256. Source: kms.md 5.
    pub(super) fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        DRY_RUN.read(parameters)?;
        let of_spec = match DATA_KEY_SPEC.read(parameters)? {
            Some("AES_128") => 16,
            _ => 32,
        };
        let number = NUMBER_OF_BYTES.read(parameters)?;
        let len_bytes = number.map_or(of_spec, |number| usize::try_from(number).expect("at most 1024"));
        Ok(Self { key: KEY_ID.read(parameters)?, context: encryption_context(parameters)?, len_bytes })
    }
}

pub(crate) struct GenerateDataKey(Wanted);

impl KeyCall for GenerateDataKey {
    const SPEC: &'static Spec = &row(
        "GenerateDataKey",
        ("kms:GenerateDataKey", "key/<id>"),
        &[&KEY_ID, &DATA_KEY_SPEC, &NUMBER_OF_BYTES, &ENCRYPTION_CONTEXT, &DRY_RUN, &RECIPIENT],
    );
    const NEEDS_CREDIT: bool = true;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        RECIPIENT.check(parameters)?;
        Wanted::read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.0.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let Wanted { key, context, len_bytes } = self.0;
        let NewDataKey { plaintext, ciphertext } =
            kms.generate_data_key(&key, &context, len_bytes, permit, scope).await?;
        let mut answer = sealed_answer(&ciphertext);
        answer["Plaintext"] = encoded(plaintext.expose()).into();
        Ok(answer)
    }
}

pub(crate) struct GenerateDataKeyWithoutPlaintext(Wanted);

impl KeyCall for GenerateDataKeyWithoutPlaintext {
    const SPEC: &'static Spec = &row(
        "GenerateDataKeyWithoutPlaintext",
        ("kms:GenerateDataKeyWithoutPlaintext", "key/<id>"),
        &[&KEY_ID, &DATA_KEY_SPEC, &NUMBER_OF_BYTES, &ENCRYPTION_CONTEXT, &DRY_RUN],
    );
    const NEEDS_CREDIT: bool = true;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Wanted::read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.0.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let Wanted { key, context, len_bytes } = self.0;
        let made = kms.generate_data_key_without_plaintext(&key, &context, len_bytes, permit, scope).await?;
        Ok(sealed_answer(&made))
    }
}
