//! The list of keys in the copy dialog: the service's first, then the account's own of the destination region, each with its state and origin.

use askama::Template;
use serde_json::Value;

use super::super::image::Image;
use super::super::keys::KeyNames;
use crate::calls::Product;
use crate::language::{fill, texts};
use crate::shown::text;
use crate::visit::Visit;

texts! {
    /// Texts of the list.
    KeyTexts {
        key: "Key" | "密钥";
        hint: "Keys of the destination region. Create one under Keys." | "目标地域的密钥，可在“密钥”中创建。";
        refused: "Your keys cannot be listed: {}" | "无法列出您的密钥：{}";
        service: "Default Service CMK" | "Default Service CMK（服务默认密钥）";
        keep: "Keep the present key ({})" | "保留当前密钥（{}）";
        enabled: "enabled" | "启用中";
        disabled: "disabled" | "已禁用";
        pending_deletion: "will be deleted" | "待删除";
        pending_import: "has no key material" | "待导入密钥材料";
        of_kms: "made by KMS" | "KMS 生成";
        external: "imported material" | "外部导入";
        asymmetric: "cannot encrypt disks" | "不能用于加密磁盘";
        unseen: "you may not see it" | "无权查看";
    }
}

/// Alias of the service's key. Source: ecs-images.md 2.
const SERVICE_ALIAS: &str = "alias/acs/ecs";

/// Own keys that can encrypt, and none of a service.
const OWN: &str = r#"[{"Key":"CreatorType","Values":["User"]},{"Key":"KeyUsage","Values":["ENCRYPT/DECRYPT"]}]"#;

/// Own keys that are listed: as many as an account has by default.
const KEYS_MAX: usize = 200;

/// The list with what belongs to it. It comes anew when the destination changes.
#[derive(Template)]
#[template(path = "images/copy_keys.html")]
pub(super) struct KeyChoice {
    texts: &'static KeyTexts,
    /// Region of the keys.
    region: String,
    options: Vec<KeyOption>,
    /// Why the account's keys are not in the list.
    refused: String,
}

/// One key.
#[derive(Debug, PartialEq, Eq)]
struct KeyOption {
    /// `KMSKeyId`; empty for what comes of naming none.
    value: String,
    text: String,
    usable: bool,
    chosen: bool,
}

impl KeyChoice {
    pub(super) async fn of(visit: &Visit, image: &Image, region: &str, names: &KeyNames, chosen: &str) -> Self {
        let texts = KeyTexts::of(visit.language);
        let mut options = of_service(image, region == visit.region, names, texts);
        let filters = [("Filters", OWN)];
        let refused = match visit.all_in(region, Product::Kms, "ListKeys", &filters, ("Keys", "Key")).await {
            Ok(keys) => {
                for key in keys.iter().take(KEYS_MAX) {
                    let id = text(key, "KeyId");
                    let known = visit.call_in(region, Product::Kms, "DescribeKey", &[("KeyId", &id)]).await;
                    options.push(option(&id, known.ok().as_ref().map(|known| &known["KeyMetadata"]), names, texts));
                }
                String::new()
            }
            Err(refusal) => fill(texts.refused, &[&refusal.message]),
        };
        for option in &mut options {
            option.chosen = option.value == chosen;
        }
        Self { texts, region: region.to_owned(), options, refused }
    }
}

/// What comes of naming no key, and the service's key where that is something else.
fn of_service(image: &Image, stays: bool, names: &KeyNames, texts: &KeyTexts) -> Vec<KeyOption> {
    let usable = |value: &str, text: String| KeyOption { value: value.to_owned(), text, usable: true, chosen: false };
    let service = |value| usable(value, texts.service.to_owned());
    let keeps = stays && image.disks.iter().all(|disk| disk.is_encrypted);
    if !keeps {
        return vec![service("")];
    }
    let present = image.keys().iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut options = vec![usable("", fill(texts.keep, &[&present]))];
    if names.has(SERVICE_ALIAS) {
        options.push(service(SERVICE_ALIAS));
    }
    options
}

/// An own key. `known`: what DescribeKey says of it.
fn option(id: &str, known: Option<&Value>, names: &KeyNames, texts: &KeyTexts) -> KeyOption {
    let name = names.alias(id).map_or(id.to_owned(), |alias| format!("{alias} ({id})"));
    let unusable = |why: &str| (false, why.to_owned());
    let (usable, words) = match known {
        None => unusable(texts.unseen),
        Some(key) if !key["KeySpec"].as_str().is_some_and(|spec| spec.starts_with("Aliyun_")) => unusable(texts.asymmetric),
        Some(key) => {
            let origin = if key["Origin"] == "EXTERNAL" { texts.external } else { texts.of_kms };
            let (usable, state) = state(key["KeyState"].as_str().unwrap_or_default(), texts);
            (usable, format!("{state} · {origin}"))
        }
    };
    KeyOption { value: id.to_owned(), text: format!("{name} · {words}"), usable, chosen: false }
}

/// Whether a key in this state can be used, and the word for it.
fn state(state: &str, texts: &KeyTexts) -> (bool, &'static str) {
    match state {
        "Enabled" => (true, texts.enabled),
        "PendingDeletion" => (false, texts.pending_deletion),
        "PendingImport" => (false, texts.pending_import),
        _ => (false, texts.disabled),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::image::tests::answered;
    use super::*;
    use crate::language::Language;

    fn names() -> KeyNames {
        let pairs = [("k-1", "alias/golden"), ("k-0", SERVICE_ALIAS)];
        KeyNames::from_iter(pairs.map(|(id, alias)| (id.to_owned(), alias.to_owned())))
    }

    /// A key can be chosen when it is enabled and symmetric; else the list says why not.
    #[test]
    fn keys_that_cannot_be_used_say_why() {
        let texts = KeyTexts::of(Language::English);
        for (state, spec, origin, wanted) in [
            ("Enabled", "Aliyun_AES_256", "Aliyun_KMS", (true, "alias/golden (k-1) · enabled · made by KMS")),
            ("Enabled", "Aliyun_SM4", "EXTERNAL", (true, "alias/golden (k-1) · enabled · imported material")),
            ("Disabled", "Aliyun_AES_256", "Aliyun_KMS", (false, "alias/golden (k-1) · disabled · made by KMS")),
            ("PendingDeletion", "Aliyun_AES_256", "EXTERNAL", (false, "alias/golden (k-1) · will be deleted · imported material")),
            ("PendingImport", "Aliyun_AES_256", "EXTERNAL", (false, "alias/golden (k-1) · has no key material · imported material")),
            ("Enabled", "RSA_2048", "Aliyun_KMS", (false, "alias/golden (k-1) · cannot encrypt disks")),
        ] {
            let key = json!({ "KeyState": state, "KeySpec": spec, "Origin": origin });
            let option = option("k-1", Some(&key), &names(), texts);
            assert_eq!((option.usable, option.text.as_str()), wanted);
        }
        let unseen = option("k-9", None, &names(), texts);
        assert_eq!((unseen.usable, unseen.text.as_str()), (false, "k-9 · you may not see it"));
    }

    /// Where naming no key keeps the present one, the list says so; elsewhere the service's key comes first.
    #[test]
    fn the_first_choice_says_what_comes_of_no_key() {
        let texts = KeyTexts::of(Language::English);
        let mut found = answered();
        let values = |found: &Value, stays, names: &KeyNames| {
            let image = Image::read(found, names, Language::English);
            let options = of_service(&image, stays, names, texts);
            options.into_iter().map(|option| (option.value, option.text)).collect::<Vec<_>>()
        };
        let service = |value: &str| (value.to_owned(), texts.service.to_owned());
        assert_eq!(values(&found, true, &names()), [service("")], "a plain disk comes under the service's key");
        found["DiskDeviceMappings"]["DiskDeviceMapping"][0]["Encrypted"] = true.into();
        let keep = (String::new(), "Keep the present key (key-1)".to_owned());
        assert_eq!(values(&found, true, &names()), [keep.clone(), service(SERVICE_ALIAS)]);
        assert_eq!(values(&found, true, &KeyNames::default()), [keep]);
        assert_eq!(values(&found, false, &names()), [service("")], "another region has other keys");
    }

    /// Names of keys with markup are text.
    #[test]
    fn markup_in_names_is_text() {
        for language in [Language::English, Language::Chinese] {
            let names = KeyNames::from_iter([("k".to_owned(), "alias/<script>".to_owned())]);
            let texts = KeyTexts::of(language);
            let options = vec![option("k", None, &names, texts)];
            let html = KeyChoice { texts, region: "r".to_owned(), options, refused: "<script>".to_owned() }.render().unwrap();
            assert!(!html.contains("<script>") && html.matches("&#60;script&#62;").count() == 2, "{html}");
        }
    }
}
