//! What uses a key: whatever of images, snapshots, disks and files is encrypted under it, copies that are being made, too. Whoever disables
//! or deletes a key reads it first.

use serde_json::Value;

use crate::calls::{Product, Refusal};
use crate::language::{Language, fill, texts};
use crate::paging::{Numbered, Paging};
use crate::shown::{Time, list, number, text};
use crate::visit::Visit;

texts! {
    /// Texts of the list.
    UsageTexts {
        list: "What is encrypted under the key" | "使用该密钥加密的资源";
        nothing: "Nothing is encrypted under this key." | "没有资源使用该密钥加密。";
        what: "What" | "资源类型";
        resource: "Resource" | "资源";
        since: "Under this key since" | "加密时间";
        image: "Image" | "镜像";
        snapshot: "Snapshot" | "快照";
        disk: "Disk" | "磁盘";
        backing: "Data that a disk is based on" | "磁盘的底层数据";
        file: "File" | "文件";
        count: "{} things are encrypted under this key: images, snapshots, disks of instances, or files." | "有 {} 项资源（镜像、快照、实例磁盘或文件）使用该密钥加密。";
    }
}

/// What is under a key.
pub(super) struct Usage {
    pub(super) texts: &'static UsageTexts,
    pub(super) rows: Vec<UsedBy>,
    pub(super) count: u64,
    pub(super) paging: Paging,
}

/// One thing that is.
pub(super) struct UsedBy {
    pub(super) what: &'static str,
    /// Id of a resource, path of a file.
    pub(super) name: String,
    /// Address of its page, for an image.
    pub(super) address: Option<String>,
    pub(super) since: Time,
}

impl Usage {
    /// Asks for it. `page`: path of the page that shows it.
    pub(super) async fn look(visit: &Visit, key: &str, page: String) -> Result<Self, Refusal> {
        let asked = Numbered::asked(visit, "usage_page");
        let part = asked.call(visit, Product::Kms, "ListKeyUsage", &[("KeyId", key)]).await?;
        let line = part.line(visit, UsageTexts::of(visit.language).list, (page, &[]));
        Ok(Self::of(&part.answer, line, visit.language, |id| visit.path(format_args!("images/{id}"))))
    }

    fn of(answer: &Value, paging: Paging, language: Language, image_page: impl Fn(&str) -> String) -> Self {
        let texts = UsageTexts::of(language);
        Self {
            texts,
            rows: list(answer, "Images", "Image").iter().map(|used| UsedBy::of(used, texts, &image_page)).collect(),
            count: number(answer, "TotalCount"),
            paging,
        }
    }

    /// Whether anything is.
    pub(super) fn is_any(&self) -> bool {
        self.count > 0
    }

    /// How much is, in words.
    pub(super) fn summary(&self) -> String {
        fill(self.texts.count, &[&self.count])
    }
}

impl UsedBy {
    /// `Path` is the ARN of what ECS keeps, and a path for files of the command line.
    fn of(used: &Value, texts: &UsageTexts, image_page: impl Fn(&str) -> String) -> Self {
        let path = text(used, "Path");
        let relative = path.strip_prefix("acs:ecs:").and_then(|rest| rest.splitn(3, ':').nth(2)).unwrap_or_default();
        let mut parts = relative.split('/');
        let (what, name) = match (parts.next(), parts.next()) {
            (Some("image"), Some(id)) => (texts.image, id),
            (Some("snapshot"), Some(id)) => (texts.snapshot, id),
            (Some("disk"), Some(id)) if used["Mode"] == "backing" => (texts.backing, id),
            (Some("disk"), Some(id)) => (texts.disk, id),
            _ => (texts.file, path.as_str()),
        };
        let address = (what == texts.image).then(|| image_page(name));
        Self { what, name: name.to_owned(), address, since: Time::of(used, "SealedDate") }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Each kind is told by its ARN; only images lead on; the count is the API's, not that of what is shown.
    #[test]
    fn users_of_a_key_are_told_apart() {
        let used = [
            ("acs:ecs:cn-hangzhou:1:image/m-1/disk/0", "encrypt"),
            ("acs:ecs:cn-hangzhou:1:disk/d-1", "encrypt"),
            ("acs:ecs:cn-hangzhou:1:disk/d-1", "backing"),
            ("acs:ecs:cn-hangzhou:1:snapshot/s-1", "encrypt"),
            ("/srv/a.qcow2", "encrypt"),
        ];
        let used = used.map(|(path, mode)| json!({ "Path": path, "Mode": mode }));
        let answer = json!({ "Images": { "Image": used }, "TotalCount": 45 });
        let line = Paging::marked((Language::English, ""), ("/keys/k", &[]), ("", ""), None);
        let usage = Usage::of(&answer, line, Language::English, |id| format!("/images/{id}"));
        let shown: Vec<_> =
            usage.rows.iter().map(|row| (row.what, row.name.as_str(), row.address.as_deref())).collect();
        assert_eq!(
            shown,
            [
                ("Image", "m-1", Some("/images/m-1")),
                ("Disk", "d-1", None),
                ("Data that a disk is based on", "d-1", None),
                ("Snapshot", "s-1", None),
                ("File", "/srv/a.qcow2", None)
            ]
        );
        assert!(usage.is_any() && usage.summary().starts_with("45 things"));
    }
}
