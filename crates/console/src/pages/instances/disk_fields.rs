//! The fields of a form that say how large a new disk is and what it is encrypted under.

use crate::form::Fields;
use crate::language::texts;
use crate::pages::own_keys::{KeyOptions, OtherTexts, OwnKeys};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the fields.
    DiskTexts {
        size: "Size (GiB)" | "容量（GiB）";
        size_of_image: "Without a size it is as large as in the image. Made from an encrypted image it is always encrypted." | "容量留空则与镜像一致。由加密镜像创建的系统盘始终加密。";
        size_or_none: "Without a size there is no such disk." | "容量留空则不创建。";
        encrypt: "Encrypt" | "加密";
        key: "Key" | "密钥";
        service_key: "Default Service CMK" | "默认服务密钥（Default Service CMK）";
        key_of_image: "The image's, else the Default Service CMK" | "沿用镜像的密钥，或默认服务密钥";
        key_hint: "A key needs Encrypt ticked." | "选择密钥时须同时勾选“加密”。";
        not_listed: "Your own keys cannot be listed:" | "无法列出自有密钥：";
    }
}

/// One disk of a form.
pub(super) struct DiskFields {
    pub(super) title: String,
    pub(super) is_system: bool,
    pub(super) size: Field,
    pub(super) encrypted: Field,
    pub(super) key: Field,
}

/// Name of a parameter of the API, and what was typed for it.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
}

/// Keys to choose from.
pub(super) struct Keys {
    pub(super) own: OwnKeys,
    /// Why they are not listed.
    pub(super) denied: Option<Trouble>,
    pub(super) other_texts: &'static OtherTexts,
}

impl DiskFields {
    /// `prefix`: `SystemDisk` or `DataDisk.<n>`.
    pub(super) fn read(fields: &Fields, prefix: &str, title: String) -> Self {
        let field = |name: &str| {
            let name = format!("{prefix}.{name}");
            Field { value: fields.get(&name).to_owned(), name }
        };
        let is_system = prefix == "SystemDisk";
        Self { title, is_system, size: field("Size"), encrypted: field("Encrypted"), key: field("KMSKeyId") }
    }

    /// The fields of another system disk, whose parameters have names of their own.
    pub(super) fn of_replacement(fields: &Fields, title: String) -> Self {
        let field = |name: &str| Field { value: fields.get(name).to_owned(), name: name.to_owned() };
        let (size, encrypted, key) = (field("SystemDisk.Size"), field("Encrypted"), field("KMSKeyId"));
        Self { title, is_system: true, size, encrypted, key }
    }

    /// What is sent to the API: nothing for a data disk that has no size, because it is not wanted.
    pub(super) fn parameters(&self) -> Vec<(&str, &str)> {
        if !self.is_system && self.size.value.is_empty() {
            return Vec::new();
        }
        let all = [&self.size, &self.encrypted, &self.key].map(|field| (field.name.as_str(), field.value.as_str()));
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

impl Keys {
    pub(super) async fn of(visit: &Visit) -> Self {
        let (own, denied) = match OwnKeys::of(visit, &visit.region).await {
            Ok(own) => (own, None),
            Err(refusal) => (OwnKeys::default(), Some(visit.told(&refusal))),
        };
        Self { own, denied, other_texts: OtherTexts::of(visit.language) }
    }

    /// What can be chosen for a disk, what was chosen before among it.
    pub(super) fn for_disk(&self, disk: &DiskFields) -> KeyOptions {
        KeyOptions::of(self.own.options.clone(), &disk.key.value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::language::Language;
    use crate::stage::{Stage, refused};

    /// A disk sends what was typed; a data disk without a size is none.
    #[test]
    fn only_wanted_disks_are_sent() {
        let fields = Fields::read(
            b"SystemDisk.Encrypted=true&SystemDisk.KMSKeyId=k&DataDisk.1.Size=2&DataDisk.2.Encrypted=true&DataDisk.2.Size=",
        );
        let fields = fields.expect("a form");
        let sent = |prefix: &str| {
            let disk = DiskFields::read(&fields, prefix, String::new());
            disk.parameters().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(sent("SystemDisk"), "SystemDisk.Encrypted=true SystemDisk.KMSKeyId=k");
        assert_eq!(sent("DataDisk.1"), "DataDisk.1.Size=2");
        assert_eq!(sent("DataDisk.2"), "");
    }

    /// Both forms with disks say why there is no key to choose.
    #[tokio::test]
    async fn each_form_says_why_keys_are_not_listed() {
        let stage = Stage::open(|action, _| match action {
            "ListKeys" => Err(refused("NoPermission")),
            "DescribeImages" => Ok(json!({ "Images": { "Image": [{ "ImageId": "m-1" }] } })),
            "DescribeInstances" => Ok(json!({ "Instances": { "Instance": [{ "InstanceId": "i-1" }] } })),
            _ => Ok(json!({})),
        });
        let stage = stage.await;
        for path in ["instances/run", "instances/i-1/system-disk"] {
            let page = stage.get(path).await;
            let reason = DiskTexts::of(Language::English).not_listed;
            assert!(page.html.contains(reason) && page.html.contains("NoPermission"), "{path}: {}", page.html);
        }
    }
}
