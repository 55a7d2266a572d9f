//! Key material of the owner's own.

use crypto::asymmetric::WrappingAlgorithm;
use jiff::Timestamp;
use kms::{KeyRef, KeySpec, Kms, KmsError, Material, Scope};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::metadata::time;
use super::needs::Ask;
use super::parameters::{BASE64, KEY_ID, Of, WRAPPING_ALGORITHM, encoded};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Optional, Parameters, Required};

const WRAPPING_KEY_SPEC: Required<Of<KeySpec>> =
    Required::new("WrappingKeySpec", Of { what: "`RSA_2048`, `RSA_3072`", read: |text| text.parse().ok() });
const ENCRYPTED_KEY_MATERIAL: Required<Of<Vec<u8>>> = Required::new("EncryptedKeyMaterial", BASE64);
const IMPORT_TOKEN: Required<Of<Vec<u8>>> = Required::new("ImportToken", BASE64);
const EXPIRY: Optional<Of<Option<Timestamp>>> =
    Optional::new("KeyMaterialExpireUnix", Of { what: "seconds since 1970, 0 for never", read: expiry });

pub(crate) struct GetParametersForImport {
    key: KeyRef,
    algorithm: WrappingAlgorithm,
    spec: KeySpec,
}

impl KeyCall for GetParametersForImport {
    const SPEC: &'static Spec = &row(
        "GetParametersForImport",
        ("kms:GetParametersForImport", "key/<id>"),
        &[&KEY_ID, &WRAPPING_ALGORITHM, &WRAPPING_KEY_SPEC],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self {
            key: KEY_ID.read(parameters)?,
            algorithm: WRAPPING_ALGORITHM.read(parameters)?,
            spec: WRAPPING_KEY_SPEC.read(parameters)?,
        })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let made = kms.parameters_for_import(&self.key, self.algorithm, self.spec, permit, scope).await?;
        Ok(json!({
            "KeyId": made.key_id.to_string(),
            "PublicKey": encoded(made.public_key),
            "ImportToken": encoded(made.import_token),
            "TokenExpireTime": time(made.expires_at),
        }))
    }
}

pub(crate) struct ImportKeyMaterial {
    key: KeyRef,
    encrypted: Vec<u8>,
    token: Vec<u8>,
    expires_at: Option<Timestamp>,
}

impl KeyCall for ImportKeyMaterial {
    const SPEC: &'static Spec = &row(
        "ImportKeyMaterial",
        ("kms:ImportKeyMaterial", "key/<id>"),
        &[&KEY_ID, &ENCRYPTED_KEY_MATERIAL, &IMPORT_TOKEN, &EXPIRY],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self {
            key: KEY_ID.read(parameters)?,
            encrypted: ENCRYPTED_KEY_MATERIAL.read(parameters)?,
            token: IMPORT_TOKEN.read(parameters)?,
            expires_at: EXPIRY.read(parameters)?.flatten(),
        })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let material = Material { encrypted: &self.encrypted, import_token: &self.token, expires_at: self.expires_at };
        kms.import_key_material(&self.key, material, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct DeleteKeyMaterial(KeyRef);

impl KeyCall for DeleteKeyMaterial {
    const SPEC: &'static Spec = &row("DeleteKeyMaterial", ("kms:DeleteKeyMaterial", "key/<id>"), &[&KEY_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        KEY_ID.read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.0))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.delete_key_material(&self.0, permit, scope).await?;
        Ok(Value::Null)
    }
}

/// `Some(None)`: never.
fn expiry(text: &str) -> Option<Option<Timestamp>> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse().ok().filter(|_| digits)? {
        0 => Some(None),
        seconds => Timestamp::from_second(seconds).ok().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zero is never; a number that is no time of the calendar is refused.
    #[test]
    fn zero_is_never() {
        assert_eq!(expiry("0"), Some(None));
        assert_eq!(expiry("1764072404"), Some(Some("2025-11-25T12:06:44Z".parse().unwrap())));
        for bad in ["", "-1", "+1", "1.5", "999999999999999", "99999999999999999999"] {
            assert_eq!(expiry(bad), None, "{bad}");
        }
    }
}
