//! `KeyMetadata`. Source: kms.md 1: all fields are texts, and what is not known is an empty one.

use jiff::Timestamp;
use kms::{KeyRecord, KeyState, key_arn};
use serde_json::{Value, json};

/// A key as `CreateKey` answers it.
pub(super) fn metadata(key: &KeyRecord) -> Value {
    let rotation = automatic_rotation(key);
    let next = key.rotation.rotate_at.filter(|_| rotation == "Enabled");
    let interval = key.rotation.interval_s.filter(|_| key.rotation.enabled);
    json!({
        "KeyId": key.id.to_string(),
        "Arn": key_arn(key),
        "KeyState": key.state.to_string(),
        "KeySpec": key.spec,
        "KeyUsage": key.usage,
        "Origin": key.origin,
        "ProtectionLevel": key.protection_level,
        "Creator": key.creator,
        "CreationDate": time(key.created_at),
        "Description": key.description,
        "DeleteDate": time_or_empty(key.delete_at),
        "MaterialExpireTime": time_or_empty(key.material_expires_at),
        "PrimaryKeyVersion": key.primary_version.to_string(),
        "LastRotationDate": time(key.rotation.rotated_at.unwrap_or(key.created_at)),
        "NextRotationDate": time_or_empty(next),
        "AutomaticRotation": rotation,
        "RotationInterval": interval.map(|seconds| format!("{seconds}s")).unwrap_or_default(),
        "DKMSInstanceId": "",
    })
}

/// A key as `DescribeKey` answers it.
pub(super) fn metadata_with_protection(key: &KeyRecord) -> Value {
    let mut value = metadata(key);
    value["DeletionProtection"] = if key.deletion_protection { "Enabled" } else { "Disabled" }.into();
    value["DeletionProtectionDescription"] = key.deletion_protection_description.as_str().into();
    value
}

/// `YYYY-MM-DDThh:mm:ssZ`.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn time_or_empty(at: Option<Timestamp>) -> String {
    at.map(time).unwrap_or_default()
}

/// A key that cannot be used is not rotated meanwhile. Source: kms.md 3.
fn automatic_rotation(key: &KeyRecord) -> &'static str {
    match (key.rotation.enabled, key.state) {
        (false, _) => "Disabled",
        (true, KeyState::Disabled | KeyState::PendingDeletion) => "Suspended",
        (true, KeyState::Enabled | KeyState::PendingImport) => "Enabled",
    }
}
