//! Versions and rotation.

use kms::{KeyRef, KeyVersionId, KeyVersionRecord, Kms, KmsError, RotationInterval, Scope};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::metadata::time;
use super::needs::Ask;
use super::page::{PAGE_NUMBER, PAGE_SIZE, Paging};
use super::parameters::{KEY_ID, KEY_VERSION_ID, ROTATION, rotation};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Flag, Parameters, Required};

const ROTATE: Required<Flag> = Required::new("EnableAutomaticRotation", Flag);

pub(crate) struct CreateKeyVersion(KeyRef);

impl KeyCall for CreateKeyVersion {
    const SPEC: &'static Spec = &row("CreateKeyVersion", ("kms:CreateKeyVersion", "key/<id>"), &[&KEY_ID]);
    const NEEDS_CREDIT: bool = true;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        KEY_ID.read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.0))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let version = kms.create_key_version(&self.0, permit, scope).await?;
        Ok(json!({ "KeyVersion": shown(&version) }))
    }
}

pub(crate) struct ListKeyVersions {
    key: KeyRef,
    paging: Paging,
}

impl KeyCall for ListKeyVersions {
    const SPEC: &'static Spec =
        &row("ListKeyVersions", ("kms:ListKeyVersions", "key/<id>"), &[&KEY_ID, &PAGE_NUMBER, &PAGE_SIZE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { key: KEY_ID.read(parameters)?, paging: Paging::read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let page = kms.list_key_versions(&self.key, self.paging.request, permit, scope).await?;
        Ok(self.paging.answer(page, ("KeyVersions", "KeyVersion"), |version| shown(&version)))
    }
}

pub(crate) struct DescribeKeyVersion {
    key: KeyRef,
    version: KeyVersionId,
}

impl KeyCall for DescribeKeyVersion {
    const SPEC: &'static Spec =
        &row("DescribeKeyVersion", ("kms:DescribeKeyVersion", "key/<id>"), &[&KEY_ID, &KEY_VERSION_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { key: KEY_ID.read(parameters)?, version: KEY_VERSION_ID.read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let version = kms.describe_key_version(&self.key, self.version, permit, scope).await?;
        Ok(json!({ "KeyVersion": shown(&version) }))
    }
}

pub(crate) struct UpdateRotationPolicy {
    key: KeyRef,
    interval: Option<RotationInterval>,
}

impl KeyCall for UpdateRotationPolicy {
    const SPEC: &'static Spec =
        &row("UpdateRotationPolicy", ("kms:UpdateRotationPolicy", "key/<id>"), &[&KEY_ID, &ROTATE, &ROTATION]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let key = KEY_ID.read(parameters)?;
        Ok(Self { key, interval: rotation(ROTATE.read(parameters)?, parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.update_rotation_policy(&self.key, self.interval, permit, scope).await?;
        Ok(Value::Null)
    }
}

fn shown(version: &KeyVersionRecord) -> Value {
    json!({
        "KeyId": version.key_id.to_string(),
        "KeyVersionId": version.id.to_string(),
        "CreationDate": time(version.created_at),
    })
}
