//! Showing keys, and their lives from enabled to deleted.

use kms::{IfInUse, KeyRecord, KeyRef, Kms, KmsError, Scope, key_arn};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::filters::{FILTERS, Filters};
use super::metadata::metadata_with_protection;
use super::needs::{Ask, Target};
use super::page::{PAGE_NUMBER, PAGE_SIZE, Paging};
use super::parameters::{FORCE, KEY, KEY_ID, KEY_REFS, Of};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Integer, Optional, Parameters, Required, Text};

const DESCRIPTION: Required<Text> = Required::new("Description", Text { length: (0, 8192) });
const WINDOW: Required<Integer> = Required::new("PendingWindowInDays", Integer { min: 7, max: 366 });
const PROTECT: Required<Flag> = Required::new("EnableDeletionProtection", Flag);
const PROTECTED_ARN: Optional<Of<KeyRef>> = Optional::new("ProtectedResourceArn", KEY);
const PROTECTED_ID: Optional<Of<KeyRef>> = Optional::new("KeyId", KEY);
const PROTECTION_DESCRIPTION: Optional<Text> =
    Optional::new("DeletionProtectionDescription", Text { length: (0, 8192) });

/// Calls that name a key and nothing else, and answer nothing.
macro_rules! key_calls {
    ($($name:ident, $action:literal, $method:ident;)+) => {$(
        pub(crate) struct $name(KeyRef);

        impl KeyCall for $name {
            const SPEC: &'static Spec = &row(stringify!($name), ($action, "key/<id>"), &[&KEY_ID]);

            fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
                KEY_ID.read(parameters).map(Self)
            }

            async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
                Ok(Ask::on_key(Self::SPEC, &self.0))
            }

            async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
                kms.$method(&self.0, permit, scope).await?;
                Ok(Value::Null)
            }
        }
    )+};
}

key_calls! {
    EnableKey, "kms:EnableKey", enable_key;
    CancelKeyDeletion, "kms:CancelKeyDeletion", cancel_key_deletion;
}

pub(crate) struct DescribeKey(KeyRef);

impl KeyCall for DescribeKey {
    const SPEC: &'static Spec = &row("DescribeKey", ("kms:DescribeKey", "key/<id>"), &[&KEY_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        KEY_ID.read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.0))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let key = kms.describe_key(&self.0, permit, scope).await?;
        Ok(json!({ "KeyMetadata": metadata_with_protection(&key) }))
    }
}

/// Ours: as many as a page of ListKeys has.
const KEY_IDS: Required<Of<Vec<KeyRef>>> = Required::new("KeyIds", KEY_REFS);

pub(crate) struct DescribeKeys(Vec<KeyRef>);

impl KeyCall for DescribeKeys {
    const SPEC: &'static Spec = &row("DescribeKeys", ("kms:DescribeKey", "each key/<id>"), &[&KEY_IDS]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        KEY_IDS.read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(self.0.iter().map(|key| Ask::of(Self::SPEC, Target::Key(key.clone()))).collect())
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let keys = kms.describe_keys(&self.0, permit, scope).await?;
        let keys: Vec<Value> = keys.iter().map(metadata_with_protection).collect();
        Ok(json!({ "Keys": { "KeyMetadata": keys } }))
    }
}

pub(crate) struct ListKeys {
    filters: Filters,
    paging: Paging,
}

impl KeyCall for ListKeys {
    const SPEC: &'static Spec = &row("ListKeys", ("kms:ListKeys", "key"), &[&PAGE_NUMBER, &PAGE_SIZE, &FILTERS]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { filters: FILTERS.read(parameters)?.unwrap_or_default(), paging: Paging::read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(vec![Ask::of(Self::SPEC, Target::All("key"))])
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let page = kms.list_keys(&self.filters.into_key_filter(scope), self.paging.request, permit, scope).await?;
        let show = |key: KeyRecord| json!({ "KeyId": key.id.to_string(), "KeyArn": key_arn(&key) });
        Ok(self.paging.answer(page, ("Keys", "Key"), show))
    }
}

pub(crate) struct DisableKey {
    key: KeyRef,
    if_in_use: IfInUse,
}

impl KeyCall for DisableKey {
    const SPEC: &'static Spec = &row("DisableKey", ("kms:DisableKey", "key/<id>"), &[&KEY_ID, &FORCE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { key: KEY_ID.read(parameters)?, if_in_use: if_in_use(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.disable_key(&self.key, self.if_in_use, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct UpdateKeyDescription {
    key: KeyRef,
    description: String,
}

impl KeyCall for UpdateKeyDescription {
    const SPEC: &'static Spec =
        &row("UpdateKeyDescription", ("kms:UpdateKeyDescription", "key/<id>"), &[&KEY_ID, &DESCRIPTION]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { key: KEY_ID.read(parameters)?, description: DESCRIPTION.read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.update_key_description(&self.key, &self.description, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct ScheduleKeyDeletion {
    key: KeyRef,
    window_days: u16,
    if_in_use: IfInUse,
}

impl KeyCall for ScheduleKeyDeletion {
    const SPEC: &'static Spec =
        &row("ScheduleKeyDeletion", ("kms:ScheduleKeyDeletion", "key/<id>"), &[&KEY_ID, &WINDOW, &FORCE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let window = WINDOW.read(parameters)?;
        Ok(Self {
            key: KEY_ID.read(parameters)?,
            window_days: u16::try_from(window).expect("at most 366 days"),
            if_in_use: if_in_use(parameters)?,
        })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.schedule_key_deletion(&self.key, self.window_days, self.if_in_use, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct SetDeletionProtection {
    key: KeyRef,
    protected: bool,
    why: String,
}

impl KeyCall for SetDeletionProtection {
    const SPEC: &'static Spec = &row(
        "SetDeletionProtection",
        ("kms:SetDeletionProtection", "key/<id>"),
        &[&PROTECT, &PROTECTED_ARN, &PROTECTED_ID, &PROTECTION_DESCRIPTION],
    );

    /// The key comes as ARN in older documentation and as id in newer one.
    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let key = match (PROTECTED_ARN.read(parameters)?, PROTECTED_ID.read(parameters)?) {
            (Some(key), None) | (None, Some(key)) => key,
            (None, None) => return Err(Refusal::new(&errors::KMS_MISSING_PARAMETER, &["ProtectedResourceArn"])),
            (Some(_), Some(_)) => {
                let why = "name the key once, with ProtectedResourceArn or with KeyId";
                return Err(Refusal::new(&errors::KMS_INVALID_PARAMETER, &["KeyId", why]));
            }
        };
        let why = PROTECTION_DESCRIPTION.read(parameters)?.unwrap_or_default();
        Ok(Self { key, protected: PROTECT.read(parameters)?, why })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.set_deletion_protection(&self.key, self.protected, &self.why, permit, scope).await?;
        Ok(Value::Null)
    }
}

fn if_in_use(parameters: &Parameters) -> Result<IfInUse, Refusal> {
    Ok(if FORCE.read(parameters)? == Some(true) { IfInUse::Proceed } else { IfInUse::Refuse })
}
