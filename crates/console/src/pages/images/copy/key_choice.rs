//! The list of keys in the copy dialog: the service's first, then the account's own of the destination region, each with its state and origin.

use askama::Template;

use super::super::image::Image;
use super::disk_keys::{DiskKeyTexts, DiskKeys};
use crate::calls::Product;
use crate::form::Fields;
use crate::language::{Language, fill, texts};
use crate::pages::own_keys::{KeyOption, KeyOptions, OtherTexts, OwnKeys};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the list.
    KeyTexts {
        key: "Key" | "密钥";
        hint: "Keys of the destination region." | "目标地域的密钥。";
        create: "Create a key" | "创建密钥";
        refused: "Your keys cannot be listed:" | "无法列出您的密钥：";
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
    options: KeyOptions,
    disk_texts: &'static DiskKeyTexts,
    /// A list for each disk, where there are several.
    disks: Vec<DiskKeys>,
    /// Whether the account has more keys than are listed.
    has_more: bool,
    other_texts: &'static OtherTexts,
    /// Why the account's keys are not in the list.
    refused: Option<Trouble>,
}

impl KeyChoice {
    /// `region`: of the copy.
    pub(super) async fn of(visit: &Visit, image: &Image, region: &str, fields: &Fields) -> Self {
        let (own, refused) = match OwnKeys::of(visit, region).await {
            Ok(own) => (own, None),
            Err(refusal) => (OwnKeys::default(), Some(visit.told(&refusal))),
        };
        let service = Service::of(visit, image, region).await;
        let mut options = of_service(image, service, visit.language);
        options.extend(own.options.iter().cloned());
        Self {
            texts: KeyTexts::of(visit.language),
            region: region.to_owned(),
            options: KeyOptions::of(options, fields.get("KMSKeyId")),
            disk_texts: DiskKeyTexts::of(visit.language),
            disks: DiskKeys::all(image, (service, &own.options), fields, visit.language),
            has_more: own.has_more,
            other_texts: OtherTexts::of(visit.language),
            refused,
        }
    }

    /// Whether something is chosen for a single disk.
    fn has_own(&self) -> bool {
        self.disks.iter().any(|disk| !disk.options.chosen.is_empty())
    }
}

/// What naming no key comes to for a disk that is encrypted already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// In another region: the service's key of that one.
    Moves,
    /// In the same region: the key stays, and there is a key of the service to choose.
    StaysBeside,
    /// In the same region: the key stays, and the service has no key there yet.
    StaysAlone,
}

/// Keys of services.
const OF_SERVICE: &str = r#"[{"Key":"CreatorType","Values":["Service"]}]"#;

impl Service {
    async fn of(visit: &Visit, image: &Image, region: &str) -> Self {
        if region != visit.region {
            return Self::Moves;
        }
        // Only then is it a choice.
        let is_asked = image.is_encrypted();
        let count = visit.count(Product::Kms, "ListKeys", &[("Filters", OF_SERVICE)]);
        if is_asked && count.await.is_ok_and(|count| count > 0) { Self::StaysBeside } else { Self::StaysAlone }
    }
}

/// The service's key as one to choose.
pub(super) fn service_key(value: &str, language: Language) -> KeyOption {
    KeyOption { value: value.to_owned(), text: KeyTexts::of(language).service.to_owned(), usable: true }
}

/// What comes of naming no key, and the service's key where that is something else.
fn of_service(image: &Image, service: Service, language: Language) -> Vec<KeyOption> {
    let keeps = service != Service::Moves && image.disks.iter().all(|disk| disk.is_encrypted);
    if !keeps {
        return vec![service_key("", language)];
    }
    let present = image.keys().iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ");
    let text = fill(KeyTexts::of(language).keep, &[&present]);
    let mut options = vec![KeyOption { value: String::new(), text, usable: true }];
    if service == Service::StaysBeside {
        options.push(service_key(SERVICE_ALIAS, language));
    }
    options
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::super::image::tests::answered;
    use super::*;
    use crate::pages::own_keys::KeyNames;

    /// Where naming no key keeps the present one, the list says so; elsewhere the service's key comes first.
    #[test]
    fn the_first_choice_says_what_comes_of_no_key() {
        let texts = KeyTexts::of(Language::English);
        let mut found = answered();
        let values = |found: &Value, service| {
            let names = KeyNames::from_iter([("k-1".to_owned(), "alias/golden".to_owned())]);
            let image = Image::read(found, &names, Language::English);
            let options = of_service(&image, service, Language::English);
            options.into_iter().map(|option| (option.value, option.text)).collect::<Vec<_>>()
        };
        let service = |value: &str| (value.to_owned(), texts.service.to_owned());
        assert_eq!(values(&found, Service::StaysBeside), [service("")], "a plain disk comes under the service's key");
        found["DiskDeviceMappings"]["DiskDeviceMapping"][0]["Encrypted"] = true.into();
        let keep = (String::new(), "Keep the present key (key-1)".to_owned());
        assert_eq!(values(&found, Service::StaysBeside), [keep.clone(), service(SERVICE_ALIAS)]);
        assert_eq!(values(&found, Service::StaysAlone), [keep]);
        assert_eq!(values(&found, Service::Moves), [service("")], "another region has other keys");
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
                options: KeyOptions::of(vec![option.clone()], ""),
            };
            let page = KeyChoice {
                texts: KeyTexts::of(language),
                region: "r".to_owned(),
                options: KeyOptions::of(vec![option], "k"),
                disk_texts: DiskKeyTexts::of(language),
                disks: vec![disk],
                has_more: true,
                other_texts: OtherTexts::of(language),
                refused: Some(Trouble::of_form(language, "<script>", "<script>")),
            };
            let html = page.render().unwrap();
            assert!(!html.contains("<script>") && html.matches("&#60;script&#62;").count() == 7, "{html}");
        }
    }
}
