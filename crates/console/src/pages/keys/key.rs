//! A key as pages show it.

use serde_json::Value;

use crate::language::{Language, fill, texts};
use crate::shown::{Chip, Time, text};

texts! {
    /// Words for what a key is and can be.
    KeyWords {
        enabled: "Enabled" | "启用中";
        disabled: "Disabled" | "已禁用";
        pending_deletion: "Pending deletion" | "待删除";
        pending_import: "Pending import" | "待导入";
        service_key: "Service key" | "服务密钥";
        made_here: "Made by KMS" | "KMS 生成";
        imported: "Imported (BYOK)" | "外部导入（BYOK）";
        encrypts: "Encrypt and decrypt" | "加密与解密";
        signs: "Sign and verify" | "签名与验签";
        every_days: "Every {} days" | "每 {} 天";
        no_rotation: "Off" | "未开启";
        suspended: "Suspended" | "已暂停";
    }
}

/// Seconds of a day.
const DAY_S: u64 = 24 * 60 * 60;

/// The facts of `KeyMetadata`.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) state: State,
    pub(super) chip: Chip,
    pub(super) spec: String,
    pub(super) usage: &'static str,
    pub(super) origin: &'static str,
    pub(super) is_external: bool,
    /// Whether it is a service's own: such a key is not changed.
    pub(super) is_service: bool,
    pub(super) is_protected: bool,
    pub(super) protection_reason: String,
    pub(super) description: String,
    pub(super) rotation: String,
    pub(super) rotates: bool,
    pub(super) rotation_days: u64,
    pub(super) primary_version: String,
    pub(super) created: Time,
    pub(super) rotated: Time,
    pub(super) next_rotation: Time,
    pub(super) deleted: Time,
    pub(super) material_expires: Time,
}

/// `KeyState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
}

impl Key {
    /// Reads `KeyMetadata`.
    pub(super) fn of(key: &Value, language: Language) -> Self {
        let words = KeyWords::of(language);
        let state = State::of(&text(key, "KeyState"));
        let seconds = text(key, "RotationInterval").trim_end_matches('s').parse().unwrap_or(0);
        Self {
            id: text(key, "KeyId"),
            arn: text(key, "Arn"),
            state,
            chip: state.chip(words),
            spec: text(key, "KeySpec"),
            usage: if key["KeyUsage"] == "SIGN/VERIFY" { words.signs } else { words.encrypts },
            origin: if key["Origin"] == "EXTERNAL" { words.imported } else { words.made_here },
            is_external: key["Origin"] == "EXTERNAL",
            is_service: is_service(key),
            is_protected: key["DeletionProtection"] == "Enabled",
            protection_reason: text(key, "DeletionProtectionDescription"),
            description: text(key, "Description"),
            rotation: rotation(key, seconds, words),
            rotates: key["AutomaticRotation"] != "Disabled",
            rotation_days: seconds / DAY_S,
            primary_version: text(key, "PrimaryKeyVersion"),
            created: Time::of(key, "CreationDate"),
            rotated: Time::of(key, "LastRotationDate"),
            next_rotation: Time::of(key, "NextRotationDate"),
            deleted: Time::of(key, "DeleteDate"),
            material_expires: Time::of(key, "MaterialExpireTime"),
        }
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.state == State::Enabled
    }

    pub(super) fn is_disabled(&self) -> bool {
        self.state == State::Disabled
    }

    pub(super) fn is_pending_deletion(&self) -> bool {
        self.state == State::PendingDeletion
    }

    pub(super) fn is_pending_import(&self) -> bool {
        self.state == State::PendingImport
    }

    /// Whether it is a secret and not a pair: only such keys rotate and take material.
    pub(super) fn is_symmetric(&self) -> bool {
        self.material_bytes().is_some()
    }

    /// Bytes of its material. Source: kms.md 6.
    pub(super) fn material_bytes(&self) -> Option<usize> {
        match self.spec.as_str() {
            "Aliyun_AES_256" => Some(32),
            "Aliyun_SM4" => Some(16),
            _ => None,
        }
    }
}

impl State {
    fn of(text: &str) -> Self {
        match text {
            "Enabled" => Self::Enabled,
            "PendingDeletion" => Self::PendingDeletion,
            "PendingImport" => Self::PendingImport,
            _ => Self::Disabled,
        }
    }

    fn chip(self, words: &KeyWords) -> Chip {
        let (class, text) = match self {
            Self::Enabled => ("good", words.enabled),
            Self::Disabled => ("", words.disabled),
            Self::PendingDeletion => ("bad", words.pending_deletion),
            Self::PendingImport => ("warn", words.pending_import),
        };
        Chip { class, text: text.to_owned() }
    }
}

/// A user's key bears the account that made it, a service's the service.
fn is_service(key: &Value) -> bool {
    let creator = text(key, "Creator");
    !creator.is_empty() && !creator.bytes().all(|byte| byte.is_ascii_digit())
}

fn rotation(key: &Value, seconds: u64, words: &KeyWords) -> String {
    match key["AutomaticRotation"].as_str() {
        Some("Enabled") => fill(words.every_days, &[&(seconds / DAY_S)]),
        Some("Suspended") => words.suspended.to_owned(),
        _ => words.no_rotation.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// States, owners and rotation are told from the API's words.
    #[test]
    fn a_key_is_read_from_its_metadata() {
        let mut metadata = json!({
            "KeyId": "k", "KeyState": "Enabled", "KeySpec": "Aliyun_AES_256", "Origin": "EXTERNAL", "Creator": "1000000000000001",
            "AutomaticRotation": "Enabled", "RotationInterval": "604800s", "CreationDate": "2026-11-28T10:00:00Z",
        });
        let key = Key::of(&metadata, Language::English);
        assert!(key.is_enabled() && key.is_external && !key.is_service && key.rotates && key.is_symmetric());
        assert_eq!((key.rotation.as_str(), key.rotation_days, key.chip.class), ("Every 7 days", 7, "good"));
        assert_eq!((key.created.shown.as_str(), key.deleted.is_empty()), ("2026-11-28 10:00:00 UTC", true));

        metadata["Creator"] = "ecs".into();
        metadata["AutomaticRotation"] = "Disabled".into();
        metadata["KeySpec"] = "RSA_2048".into();
        for (state, class) in [("Disabled", ""), ("PendingDeletion", "bad"), ("PendingImport", "warn")] {
            metadata["KeyState"] = state.into();
            let key = Key::of(&metadata, Language::Chinese);
            assert!(key.is_service && !key.rotates && !key.is_symmetric());
            assert_eq!((key.rotation.as_str(), key.chip.class), ("未开启", class));
        }
    }
}
