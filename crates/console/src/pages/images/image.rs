//! An image as the pages show it.

use serde_json::Value;

use super::disk::{Disk, Key};
use crate::language::{Language, texts};
use crate::pages::own_keys::KeyNames;
use crate::shown::{Chip, Time, list, number, text};

texts! {
    /// Words for what an image is.
    ImageTexts {
        creating: "Creating" | "创建中";
        waiting: "Waiting" | "排队中";
        available: "Available" | "可用";
        unavailable: "Unavailable" | "不可用";
        failed: "Failed" | "创建失败";
        deprecated: "Deprecated" | "已弃用";
        encrypted: "Encrypted" | "已加密";
        partly_encrypted: "Some disks encrypted" | "部分磁盘已加密";
        plain: "Not encrypted" | "未加密";
        copied: "Copied from" | "复制自";
        imported: "Imported from" | "导入自";
        shared: "Shared by account" | "共享自账号";
        made: "Made from an instance or a snapshot" | "由实例或快照创建";
    }
}

/// What DescribeImages says of one.
pub(super) struct Image {
    pub(super) texts: &'static ImageTexts,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) family: String,
    pub(super) status: String,
    pub(super) progress: u64,
    /// Of the system disk, in GiB.
    pub(super) size_gib: u64,
    /// Such as `Others Linux, x86_64, BIOS`.
    pub(super) system: String,
    pub(super) created: Time,
    /// Account that owns it, 16 digits.
    pub(super) owner: String,
    /// Whether it is the visitor's own, and not shared with them.
    pub(super) is_own: bool,
    /// Whether its owner shares it.
    pub(super) is_shared: bool,
    /// Whether instances have disks of it.
    pub(super) is_used: bool,
    pub(super) source: Source,
    /// Why it failed; empty if it did not.
    pub(super) failure: String,
    /// Keys and values.
    pub(super) tags: Vec<(String, String)>,
    pub(super) disks: Vec<Disk>,
}

/// Where an image comes from: words, and what they speak of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) words: &'static str,
    pub(super) id: String,
    /// Address of its page; empty where it has none.
    pub(super) address: String,
}

impl Image {
    pub(super) fn read(found: &Value, names: &KeyNames, language: Language) -> Self {
        let texts = ImageTexts::of(language);
        let field = |name| text(found, name);
        let system = [field("Platform"), field("Architecture"), field("BootMode")];
        let tag = |tag: &Value| (text(tag, "TagKey"), text(tag, "TagValue"));
        Self {
            texts,
            id: field("ImageId"),
            name: field("ImageName"),
            description: field("Description"),
            family: field("ImageFamily"),
            status: field("Status"),
            progress: number(found, "Progress"),
            size_gib: number(found, "Size"),
            system: system.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
            created: Time::of(found, "CreationTime"),
            owner: owner(found),
            is_own: found["ImageOwnerAlias"] == "self",
            is_shared: found["IsSelfShared"] == "True",
            is_used: found["Usage"] == "instance",
            source: Source::of(found, texts),
            failure: text(&found["Reseal"], "Failure"),
            tags: list(found, "Tags", "Tag").iter().map(tag).collect(),
            disks: Disk::all(found, names, language),
        }
    }

    /// Name, or the id of one that has none.
    pub(super) fn title(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    /// Its status in the visitor's language.
    pub(super) fn chip(&self) -> Chip {
        chip(&self.status, self.texts)
    }

    pub(super) fn is(&self, status: &str) -> bool {
        self.status == status
    }

    /// Whether it is still being made.
    pub(super) fn moves(&self) -> bool {
        is_unfinished(&self.status)
    }

    /// Whether one of its disks opens with a key only.
    pub(super) fn is_encrypted(&self) -> bool {
        self.disks.iter().any(|disk| disk.is_encrypted)
    }

    /// How much of it is encrypted, in words.
    pub(super) fn encryption(&self) -> &'static str {
        let encrypted = self.disks.iter().filter(|disk| disk.is_encrypted).count();
        match encrypted {
            0 => self.texts.plain,
            some if some < self.disks.len() => self.texts.partly_encrypted,
            _ => self.texts.encrypted,
        }
    }

    /// The keys of its disks, each once.
    pub(super) fn keys(&self) -> Vec<&Key> {
        let mut keys: Vec<&Key> = self.disks.iter().filter_map(|disk| disk.key.as_ref()).collect();
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        keys.dedup_by(|a, b| a.id == b.id);
        keys
    }

    /// All disks together, in GiB, each rounded up, as a copy is measured.
    pub(super) fn all_gib(&self) -> u64 {
        self.disks.iter().map(|disk| crate::shown::gib(disk.bytes)).sum()
    }
}

fn owner(found: &Value) -> String {
    format!("{:016}", number(found, "ImageOwnerId"))
}

/// Whether an image in this status is still being made. One that could not be made is finished, too.
pub(super) fn is_unfinished(status: &str) -> bool {
    matches!(status, "Creating" | "Waiting")
}

/// A status in the visitor's language.
pub(super) fn chip(status: &str, texts: &ImageTexts) -> Chip {
    let (class, words) = match status {
        "Creating" => ("busy", texts.creating),
        "Waiting" => ("busy", texts.waiting),
        "Available" => ("good", texts.available),
        "UnAvailable" => ("bad", texts.unavailable),
        "CreateFailed" => ("bad", texts.failed),
        "Deprecated" => ("warn", texts.deprecated),
        other => ("", other),
    };
    Chip { class, text: words.to_owned() }
}

impl Source {
    fn of(found: &Value, texts: &ImageTexts) -> Self {
        let copied = text(&found["Reseal"], "SourceImageId");
        let disks = list(found, "DiskDeviceMappings", "DiskDeviceMapping");
        let [bucket, object] =
            ["ImportOSSBucket", "ImportOSSObject"].map(|name| disks.first().map(|disk| text(disk, name)));
        let object = object.unwrap_or_default();
        let plain = |words, id| Self { words, id, address: String::new() };
        if found["ImageOwnerAlias"] != "self" {
            return plain(texts.shared, owner(found));
        }
        if !copied.is_empty() {
            let region = text(&found["Reseal"], "SourceRegionId");
            return Self { words: texts.copied, address: format!("/console/{region}/images/{copied}"), id: copied };
        }
        match (bucket.unwrap_or_default(), object.is_empty()) {
            (_, true) => plain(texts.made, String::new()),
            (bucket, false) if bucket.is_empty() => plain(texts.imported, object),
            (bucket, false) => plain(texts.imported, format!("{bucket}/{object}")),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// An image as DescribeImages shows it, of a plain system disk and an encrypted data disk.
    pub(in crate::pages::images) fn answered() -> Value {
        json!({
            "ImageId": "m-1", "ImageName": "golden", "Description": "", "ImageFamily": "", "Status": "Available", "Progress": "100%",
            "Size": 40, "CreationTime": "2026-11-28T10:00:00Z", "ImageOwnerAlias": "self", "ImageOwnerId": 1_000_000_000_000_001_u64,
            "IsSelfShared": "False", "Usage": "none", "Platform": "Debian", "Architecture": "x86_64", "BootMode": "UEFI",
            "Tags": { "Tag": [{ "TagKey": "env", "TagValue": "test" }] },
            "DiskDeviceMappings": { "DiskDeviceMapping": [
                { "Device": "/dev/xvda", "Type": "system", "Size": "40", "SnapshotId": "s-1", "Encrypted": false, "Format": "QCOW2",
                  "ImportOSSBucket": "", "ImportOSSObject": "" },
                { "Device": "/dev/xvdb", "Type": "data", "Size": "2", "SnapshotId": "s-2", "Encrypted": true, "Format": "QCOW2" },
            ] },
            "Reseal": { "SourceImageId": "", "SourceRegionId": "", "Failure": "", "Encrypted": true, "Disks": { "Disk": [
                { "Device": "/dev/xvda", "VirtualBytes": 42_949_672_960_u64, "KMSKeyId": "", "KMSKeyVersionId": "", "Mode": "import", "VerifiedTime": "" },
                { "Device": "/dev/xvdb", "VirtualBytes": 1_073_741_825_u64, "KMSKeyId": "key-1", "KMSKeyVersionId": "v-1", "Mode": "reencrypt",
                  "VerifiedTime": "2026-11-28T10:05:00Z" },
            ] } },
        })
    }

    /// Each source is told from the others.
    #[test]
    fn an_image_says_where_it_comes_from() {
        let texts = ImageTexts::of(Language::English);
        let of = |change: &dyn Fn(&mut Value)| {
            let mut image = answered();
            change(&mut image);
            let source = Source::of(&image, texts);
            (source.words, source.id, source.address)
        };
        let none = String::new;
        assert_eq!(of(&|_| {}), (texts.made, none(), none()));
        let copied = of(&|image| {
            image["Reseal"]["SourceImageId"] = "m-0".into();
            image["Reseal"]["SourceRegionId"] = "cn-a".into();
        });
        assert_eq!(copied, (texts.copied, "m-0".into(), "/console/cn-a/images/m-0".into()));
        let imported = |bucket: &str| {
            of(&|image| {
                let disk = &mut image["DiskDeviceMappings"]["DiskDeviceMapping"][0];
                disk["ImportOSSBucket"] = bucket.into();
                disk["ImportOSSObject"] = "a.raw".into();
            })
        };
        assert_eq!(imported("in"), (texts.imported, "in/a.raw".into(), none()));
        assert_eq!(imported(""), (texts.imported, "a.raw".into(), none()));
        let shared = of(&|image| {
            image["ImageOwnerAlias"] = "others".into();
            image["ImageOwnerId"] = 7.into();
        });
        assert_eq!(shared, (texts.shared, "0000000000000007".into(), none()));
    }

    /// Disks that differ are told apart, and sizes are counted as a copy counts them.
    #[test]
    fn an_image_says_how_it_is_encrypted() {
        let names = KeyNames::from_iter([("key-1".to_owned(), "alias/golden".to_owned())]);
        let image = Image::read(&answered(), &names, Language::Chinese);
        assert_eq!((image.encryption(), image.all_gib()), ("部分磁盘已加密", 42));
        assert_eq!(image.keys().iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["alias/golden"]);
        assert_eq!(image.system, "Debian, x86_64, UEFI");
        assert_eq!(image.chip().text, "可用");
    }
}
