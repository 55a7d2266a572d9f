//! A disk of an image as the pages show it.

use serde_json::Value;

use crate::language::{Language, texts};
use crate::pages::own_keys::KeyNames;
use crate::shown::{Time, bytes, list, number, text};

texts! {
    /// Words for what a disk is, and how it was made.
    DiskTexts {
        system: "System disk" | "系统盘";
        data: "Data disk" | "数据盘";
        encrypt: "Encrypted while it was copied, under a new data key" | "复制时加密，使用新的数据密钥";
        reencrypt: "Re-encrypted: new data key, all data written anew" | "重新加密：新的数据密钥，全部数据重写";
        rewrap: "Re-wrapped: the same data key, protected by another key" | "重新封装：数据密钥不变，改由另一密钥保护";
        keep: "Kept: the same bytes as the source" | "保留：与源镜像数据相同";
        import: "Imported" | "导入";
    }
}

/// One disk.
pub(super) struct Disk {
    pub(super) device: String,
    /// System or data, in words.
    pub(super) kind: &'static str,
    pub(super) bytes: u64,
    pub(super) format: String,
    pub(super) snapshot: String,
    pub(super) is_encrypted: bool,
    /// Of an encrypted disk of the visitor's own.
    pub(super) key: Option<Key>,
    /// How it was made, in words; empty where that is not told.
    pub(super) mode: &'static str,
    /// When it was decrypted and compared with its source.
    pub(super) verified: Time,
}

/// The key of a disk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) id: String,
    /// Alias, or the id.
    pub(super) name: String,
    pub(super) version: String,
}

impl Disk {
    /// The disks of an image, the system disk first.
    pub(super) fn all(image: &Value, names: &KeyNames, language: Language) -> Vec<Self> {
        let texts = DiskTexts::of(language);
        let mappings = list(image, "DiskDeviceMappings", "DiskDeviceMapping").iter();
        // Of an image that another account shares there are none.
        let own = list(&image["Reseal"], "Disks", "Disk");
        mappings
            .enumerate()
            .map(|(n, mapping)| Self::read(mapping, own.get(n).unwrap_or(&Value::Null), names, texts))
            .collect()
    }

    fn read(mapping: &Value, own: &Value, names: &KeyNames, texts: &'static DiskTexts) -> Self {
        let key = text(own, "KMSKeyId");
        let known = own["VirtualBytes"].as_u64();
        Self {
            device: text(mapping, "Device"),
            kind: if mapping["Type"] == "system" { texts.system } else { texts.data },
            bytes: known.unwrap_or_else(|| number(mapping, "Size").saturating_mul(1 << 30)),
            format: text(mapping, "Format"),
            snapshot: text(mapping, "SnapshotId"),
            is_encrypted: mapping["Encrypted"] == true,
            key: (!key.is_empty()).then(|| Key {
                name: names.name(&key).to_owned(),
                version: text(own, "KMSKeyVersionId"),
                id: key,
            }),
            mode: mode(own["Mode"].as_str().unwrap_or_default(), texts),
            verified: Time::of(own, "VerifiedTime"),
        }
    }

    pub(super) fn size(&self) -> String {
        bytes(self.bytes)
    }
}

fn mode(mode: &str, texts: &DiskTexts) -> &'static str {
    match mode {
        "encrypt" => texts.encrypt,
        "reencrypt" => texts.reencrypt,
        "rewrap" => texts.rewrap,
        "keep" => texts.keep,
        "import" => texts.import,
        _ => "",
    }
}
