//! The list of keys in the copy dialog: the service's first, then the account's own of the destination region, each with its state and origin.

use askama::Template;

use super::super::image::Image;
use super::disk_keys::{DiskKeyTexts, DiskKeys};
use crate::language::{Language, fill, texts};
use crate::pages::own_keys::{KeyNames, KeyOption, own_keys};
use crate::visit::{Fields, Visit};

texts! {
    /// Texts of the list.
    KeyTexts {
        key: "Key" | "密钥";
        hint: "Keys of the destination region." | "目标地域的密钥。";
        create: "Create a key" | "创建密钥";
        refused: "Your keys cannot be listed: {}" | "无法列出您的密钥：{}";
        service: "Default Service CMK" | "默认服务密钥（Default Service CMK）";
        keep: "Keep the present key ({})" | "保留当前密钥（{}）";
    }
}

/// Alias of the service's key. Source: ecs-images.md 2.
pub(super) const SERVICE_ALIAS: &str = "alias/acs/ecs";

/// The list with what belongs to it. It comes anew when the destination changes.
#[derive(Template)]
#[template(path = "images/copy_keys.html")]
pub(super) struct KeyChoice {
    texts: &'static KeyTexts,
    /// Region of the keys.
    region: String,
    options: Vec<KeyOption>,
    chosen: String,
    disk_texts: &'static DiskKeyTexts,
    /// A list for each disk, where there are several.
    disks: Vec<DiskKeys>,
    /// Why the account's keys are not in the list.
    refused: String,
}

impl KeyChoice {
    pub(super) async fn of(visit: &Visit, image: &Image, region: &str, names: &KeyNames, fields: &Fields) -> Self {
        let texts = KeyTexts::of(visit.language);
        let stays = region == visit.region;
        let (own, refused) = match own_keys(visit, region, names).await {
            Ok(own) => (own, String::new()),
            Err(refusal) => (Vec::new(), fill(texts.refused, &[&refusal.message])),
        };
        let disks = DiskKeys::all(image, (stays, &own), names, fields, visit.language);
        let mut options = of_service(image, stays, names, visit.language);
        options.extend(own);
        Self {
            texts,
            region: region.to_owned(),
            options,
            chosen: fields.get("KMSKeyId").to_owned(),
            disk_texts: DiskKeyTexts::of(visit.language),
            disks,
            refused,
        }
    }

    /// Whether something is chosen for a single disk.
    fn has_own(&self) -> bool {
        self.disks.iter().any(|disk| !disk.chosen.is_empty())
    }
}

/// The service's key as one to choose.
pub(super) fn service_key(value: &str, language: Language) -> KeyOption {
    KeyOption { value: value.to_owned(), text: KeyTexts::of(language).service.to_owned(), usable: true }
}

/// What comes of naming no key, and the service's key where that is something else.
fn of_service(image: &Image, stays: bool, names: &KeyNames, language: Language) -> Vec<KeyOption> {
    let keeps = stays && image.disks.iter().all(|disk| disk.is_encrypted);
    if !keeps {
        return vec![service_key("", language)];
    }
    let present = image.keys().iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ");
    let text = fill(KeyTexts::of(language).keep, &[&present]);
    let mut options = vec![KeyOption { value: String::new(), text, usable: true }];
    if names.has(SERVICE_ALIAS) {
        options.push(service_key(SERVICE_ALIAS, language));
    }
    options
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::super::image::tests::answered;
    use super::*;

    fn names() -> KeyNames {
        let pairs = [("k-1", "alias/golden"), ("k-0", SERVICE_ALIAS)];
        KeyNames::from_iter(pairs.map(|(id, alias)| (id.to_owned(), alias.to_owned())))
    }

    /// Where naming no key keeps the present one, the list says so; elsewhere the service's key comes first.
    #[test]
    fn the_first_choice_says_what_comes_of_no_key() {
        let texts = KeyTexts::of(Language::English);
        let mut found = answered();
        let values = |found: &Value, stays, names: &KeyNames| {
            let image = Image::read(found, names, Language::English);
            let options = of_service(&image, stays, names, Language::English);
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
            let option = KeyOption { value: "k".to_owned(), text: "alias/<script>".to_owned(), usable: true };
            let disk = DiskKeys {
                number: 1,
                device: "<script>".to_owned(),
                kind: "",
                options: vec![option.clone()],
                chosen: String::new(),
            };
            let page = KeyChoice {
                texts: KeyTexts::of(language),
                region: "r".to_owned(),
                options: vec![option],
                chosen: "k".to_owned(),
                disk_texts: DiskKeyTexts::of(language),
                disks: vec![disk],
                refused: "<script>".to_owned(),
            };
            let html = page.render().unwrap();
            assert!(!html.contains("<script>") && html.matches("&#60;script&#62;").count() == 5, "{html}");
        }
    }
}
