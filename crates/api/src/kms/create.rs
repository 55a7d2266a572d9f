//! `CreateKey`.

use kms::{KeySpec, KeyUsage, Kms, KmsError, NewKey, Origin, ProtectionLevel, Scope, Tag};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::metadata::metadata;
use super::needs::{Ask, Target};
use super::parameters::{Of, ROTATION, TAGS, policy, rotation};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Optional, Parameters, Refused, Text};

const KEY_SPEC: Optional<Of<KeySpec>> = Optional::new(
    "KeySpec",
    Of {
        what: "`Aliyun_AES_256`, `Aliyun_SM4`, `RSA_2048`, `RSA_3072`, `EC_P256`, `EC_P256K`",
        read: |text| text.parse().ok(),
    },
);
const KEY_USAGE: Optional<Of<KeyUsage>> =
    Optional::new("KeyUsage", Of { what: "`ENCRYPT/DECRYPT`, `SIGN/VERIFY`", read: |text| text.parse().ok() });
const ORIGIN: Optional<Of<Origin>> =
    Optional::new("Origin", Of { what: "`Aliyun_KMS`, `EXTERNAL`", read: |text| text.parse().ok() });
const PROTECTION_LEVEL: Optional<Of<ProtectionLevel>> =
    Optional::new("ProtectionLevel", Of { what: "`SOFTWARE`", read: |text| text.parse().ok() });
const DESCRIPTION: Optional<Text> = Optional::new("Description", Text { length: (0, 8192) });
const ROTATE: Optional<Flag> = Optional::new("EnableAutomaticRotation", Flag);
const POLICY: Optional<Text> = Optional::new("Policy", Text { length: (1, 32_768) });
const KEY_TAGS: Optional<Of<Vec<Tag>>> = Optional::new("Tags", TAGS);
/// A key in an instance of the caller's own would be kept apart from others; here it would not.
const INSTANCE: Refused = Refused { name: "DKMSInstanceId", row: &errors::KMS_UNSUPPORTED_PARAMETER };
const STORAGE: Refused = Refused { name: "KeyStorageMechanism", row: &errors::KMS_UNSUPPORTED_PARAMETER };

pub(crate) struct CreateKey(NewKey);

impl KeyCall for CreateKey {
    const SPEC: &'static Spec = &row(
        "CreateKey",
        ("kms:CreateKey", "key"),
        &[
            &KEY_SPEC,
            &KEY_USAGE,
            &ORIGIN,
            &PROTECTION_LEVEL,
            &DESCRIPTION,
            &ROTATE,
            &ROTATION,
            &POLICY,
            &KEY_TAGS,
            &INSTANCE,
            &STORAGE,
        ],
    );
    const NEEDS_CREDIT: bool = true;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        INSTANCE.check(parameters)?;
        STORAGE.check(parameters)?;
        Ok(Self(NewKey {
            spec: KEY_SPEC.read(parameters)?.unwrap_or(KeySpec::Aes256),
            usage: KEY_USAGE.read(parameters)?,
            origin: ORIGIN.read(parameters)?.unwrap_or(Origin::AliyunKms),
            protection_level: PROTECTION_LEVEL.read(parameters)?.unwrap_or(ProtectionLevel::Software),
            description: DESCRIPTION.read(parameters)?.unwrap_or_default(),
            alias: None,
            rotation: rotation(ROTATE.read(parameters)?.unwrap_or(false), parameters)?,
            policy: POLICY.read(parameters)?.map(|text| policy(&text)).transpose()?,
            tags: KEY_TAGS.read(parameters)?.unwrap_or_default(),
        }))
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(vec![Ask::of(Self::SPEC, Target::All("key"))])
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let key = kms.create_key(&self.0, permit, scope).await?;
        Ok(json!({ "KeyMetadata": metadata(&key) }))
    }
}
