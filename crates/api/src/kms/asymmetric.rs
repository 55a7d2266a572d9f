//! Signatures, and ciphertexts under public keys.

use crypto::Secret;
use crypto::asymmetric::{Oaep, SignatureAlgorithm};
use crypto::digest::Digest;
use kms::{Answered, KeyRef, KeyVersionId, Kms, KmsError, PairRef, Scope};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::needs::Ask;
use super::parameters::{BASE64, CIPHERTEXT_BLOB, KEY_ID, KEY_VERSION_ID, Of, PLAINTEXT, encoded};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Kind, Parameters, Required};

const ENCRYPTION: Required<Of<Oaep>> =
    Required::new("Algorithm", Of { what: "`RSAES_OAEP_SHA_256`, `RSAES_OAEP_SHA_1`", read: Oaep::from_name });
const SIGNATURE: Required<Of<SignatureAlgorithm>> = Required::new(
    "Algorithm",
    Of { what: "`RSA_PSS_SHA_256`, `RSA_PKCS1_SHA_256`, `ECDSA_SHA_256`", read: SignatureAlgorithm::from_name },
);
const DIGEST: Required<Of<Digest>> =
    Required::new("Digest", Of { what: "Base64 of 32 bytes", read: |text| BASE64.read(text)?.try_into().ok() });
const VALUE: Required<Of<Vec<u8>>> = Required::new("Value", BASE64);

/// A version of a key pair.
struct Pair {
    key: KeyRef,
    version: KeyVersionId,
}

impl Pair {
    fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { key: KEY_ID.read(parameters)?, version: KEY_VERSION_ID.read(parameters)? })
    }

    fn by_ref(&self) -> PairRef<'_> {
        PairRef { key: &self.key, version: self.version }
    }
}

fn answer<T>(answered: &Answered<T>, name: &str, value: impl Into<Value>) -> Value {
    json!({
        "KeyId": answered.key_id.to_string(),
        "KeyVersionId": answered.key_version_id.to_string(),
        name: value.into(),
    })
}

pub(crate) struct AsymmetricEncrypt {
    pair: Pair,
    algorithm: Oaep,
    plaintext: Secret,
}

impl KeyCall for AsymmetricEncrypt {
    const SPEC: &'static Spec = &row(
        "AsymmetricEncrypt",
        ("kms:AsymmetricEncrypt", "key/<id>"),
        &[&KEY_ID, &KEY_VERSION_ID, &ENCRYPTION, &PLAINTEXT],
    );
    const NEEDS_CREDIT: bool = true;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let pair = Pair::read(parameters)?;
        Ok(Self { pair, algorithm: ENCRYPTION.read(parameters)?, plaintext: PLAINTEXT.read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.pair.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let plaintext = self.plaintext.expose();
        let sealed = kms.asymmetric_encrypt(self.pair.by_ref(), self.algorithm, plaintext, permit, scope).await?;
        Ok(answer(&sealed, "CiphertextBlob", encoded(&sealed.value)))
    }
}

pub(crate) struct AsymmetricDecrypt {
    pair: Pair,
    algorithm: Oaep,
    blob: Vec<u8>,
}

impl KeyCall for AsymmetricDecrypt {
    const SPEC: &'static Spec = &row(
        "AsymmetricDecrypt",
        ("kms:AsymmetricDecrypt", "key/<id>"),
        &[&KEY_ID, &KEY_VERSION_ID, &ENCRYPTION, &CIPHERTEXT_BLOB],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let pair = Pair::read(parameters)?;
        Ok(Self { pair, algorithm: ENCRYPTION.read(parameters)?, blob: CIPHERTEXT_BLOB.read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.pair.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let opened = kms.asymmetric_decrypt(self.pair.by_ref(), self.algorithm, self.blob, permit, scope).await?;
        Ok(answer(&opened, "Plaintext", encoded(opened.value.expose())))
    }
}

pub(crate) struct AsymmetricSign {
    pair: Pair,
    algorithm: SignatureAlgorithm,
    digest: Digest,
}

impl KeyCall for AsymmetricSign {
    const SPEC: &'static Spec =
        &row("AsymmetricSign", ("kms:AsymmetricSign", "key/<id>"), &[&KEY_ID, &KEY_VERSION_ID, &SIGNATURE, &DIGEST]);
    const NEEDS_CREDIT: bool = true;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let pair = Pair::read(parameters)?;
        Ok(Self { pair, algorithm: SIGNATURE.read(parameters)?, digest: DIGEST.read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.pair.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let signed = kms.asymmetric_sign(self.pair.by_ref(), self.algorithm, self.digest, permit, scope).await?;
        Ok(answer(&signed, "Value", encoded(&signed.value)))
    }
}

pub(crate) struct AsymmetricVerify {
    pair: Pair,
    algorithm: SignatureAlgorithm,
    digest: Digest,
    value: Vec<u8>,
}

impl KeyCall for AsymmetricVerify {
    const SPEC: &'static Spec = &row(
        "AsymmetricVerify",
        ("kms:AsymmetricVerify", "key/<id>"),
        &[&KEY_ID, &KEY_VERSION_ID, &SIGNATURE, &DIGEST, &VALUE],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self {
            pair: Pair::read(parameters)?,
            algorithm: SIGNATURE.read(parameters)?,
            digest: DIGEST.read(parameters)?,
            value: VALUE.read(parameters)?,
        })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.pair.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let Self { pair, algorithm, digest, value } = self;
        let valid = kms.asymmetric_verify(pair.by_ref(), algorithm, digest, &value, permit, scope).await?;
        Ok(answer(&valid, "Value", valid.value))
    }
}

pub(crate) struct GetPublicKey(Pair);

impl KeyCall for GetPublicKey {
    const SPEC: &'static Spec = &row("GetPublicKey", ("kms:GetPublicKey", "key/<id>"), &[&KEY_ID, &KEY_VERSION_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Pair::read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.0.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let public = kms.public_key(self.0.by_ref(), permit, scope).await?;
        Ok(answer(&public, "PublicKey", public.value.to_pem()))
    }
}
