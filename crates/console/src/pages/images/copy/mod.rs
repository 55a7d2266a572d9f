//! The copy dialog: where to, under which name, and under which key; what will happen is said before it is sent.

mod checks;
mod disk_keys;
mod key_choice;
mod outcome;
mod preview;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

use super::image::Image;
use super::{Of, found, key_ids};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::{fill, texts};
use crate::pages::own_keys::KeyNames;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Options, choices, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};
use key_choice::KeyChoice;
use preview::Preview;

texts! {
    /// Texts of the dialog.
    CopyTexts {
        title: "Copy image" | "复制镜像";
        images: "Images" | "镜像";
        source: "Source: " | "源镜像：";
        destination: "Destination region" | "目标地域";
        name: "Name of the copy" | "镜像名称";
        name_hint: "2 to 128 characters, a letter first; letters, digits and . : _ -" | "2–128 个字符，以字母或中文开头，可包含数字和 . : _ -";
        description: "Description" | "镜像描述";
        encryption: "Encryption" | "加密";
        encrypt: "Encrypt" | "加密";
        encrypt_hint: "A copy of an encrypted image is always encrypted. Nothing that is encrypted becomes plain." | "加密镜像的副本始终加密，加密数据不会变为明文。";
        mode: "When the key is replaced" | "更换密钥时";
        reencrypt: "Re-encrypt all data under a new data key" | "以新的数据密钥重新加密全部数据";
        rewrap: "Re-wrap the data key only: quick, but the old data key still opens the copy" | "仅重新封装数据密钥：速度快，但旧数据密钥仍可打开副本";
        what_happens: "What will happen" | "复制结果预览";
        preview: "Preview" | "预览";
        ok: "OK" | "确定";
        back: "Cancel" | "取消";
        name_of: "{}-copy" | "{}-copy";
        description_of: "Copy of {} ({}, {}): {}, {} GiB" | "复制自 {}（{}，{}）：{}，{} GiB";
    }
}

/// Characters that a name and a description may have. Source: ecs-images.md 2.
const NAME_CHARS_MAX: usize = 128;
const DESCRIPTION_CHARS_MAX: usize = 256;

/// Fields of the form that are parameters of CopyImage.
const PARAMETERS: [&str; 6] =
    ["DestinationRegionId", "DestinationImageName", "DestinationDescription", "Encrypted", "KMSKeyId", "RekeyMode"];

#[derive(Template)]
#[template(path = "images/copy.html")]
struct CopyPage {
    shell: Shell,
    texts: &'static CopyTexts,
    image: Image,
    fields: Fields,
    regions: Options,
    modes: Options,
    keys: KeyChoice,
    preview: Preview,
    trouble: Option<Trouble>,
    token: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/images/{id}/copy", get(dialog).post(send)).route("/images/{id}/copy/preview", get(look_ahead))
}

async fn dialog(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    show(&visit, &id, None, None).await
}

async fn send(Path(Of { id }): Path<Of>, Posted { visit, fields }: Posted) -> Response {
    if fields.is_on("preview") {
        return show(&visit, &id, Some(fields), None).await;
    }
    let (counting, disks) = (counting(&fields), disk_keys::parameters(&fields));
    let mut parameters = parameters(&id, &counting, &disks);
    parameters.push(("ClientToken", fields.get("ClientToken")));
    match visit.call(Product::Ecs, "CopyImage", &parameters).await {
        Ok(answer) => {
            let region = destination(&visit, &fields);
            Redirect::to(&format!("/console/{region}/images/{}", text(&answer, "ImageId"))).into_response()
        }
        Err(refusal) => show(&visit, &id, Some(fields), Some(refusal)).await,
    }
}

/// What the form as it stands would do, for the script.
async fn look_ahead(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    let mut fields = visit.query();
    let image = match image(&visit, &id).await {
        Ok(Some(image)) => image,
        Ok(None) => return visit.not_found(),
        Err(refusal) => return visit.trouble(Section::Images, &refusal),
    };
    let region = destination(&visit, &fields).to_owned();
    let keys = if fields.get("KeysOf") == region {
        None
    } else {
        // The keys are those of another region: the list comes anew, with nothing chosen.
        fields.clear("KMSKeyId");
        disk_keys::clear(&mut fields);
        Some(KeyChoice::of(&visit, &image, &region, &fields).await)
    };
    let mut preview = Preview::of(&visit, &image, &fields).await;
    preview.keys = keys;
    rendered(StatusCode::OK, &preview)
}

async fn show(visit: &Visit, id: &str, typed: Option<Fields>, refused: Option<Refusal>) -> Response {
    let page = look(visit, id, typed, refused.as_ref()).await;
    visit.answer_found(Section::Images, page, refused.as_ref())
}

async fn look(
    visit: &Visit,
    id: &str,
    typed: Option<Fields>,
    refused: Option<&Refusal>,
) -> Result<Option<CopyPage>, Refusal> {
    let Some(image) = image(visit, id).await? else { return Ok(None) };
    let texts = CopyTexts::of(visit.language);
    let fields = typed.unwrap_or_else(|| filled_in(&image, &visit.region, texts));
    let region = destination(visit, &fields).to_owned();
    let regions = visit.shared.calls.regions().iter().map(|name| (name.as_str(), name.as_str()));
    let (keys, preview) =
        tokio::join!(KeyChoice::of(visit, &image, &region, &fields), Preview::of(visit, &image, &fields));
    Ok(Some(CopyPage {
        shell: visit.shell(Section::Images),
        texts,
        regions: choices(regions, &region),
        modes: choices([("Reencrypt", texts.reencrypt), ("Rewrap", texts.rewrap)], fields.get("RekeyMode")),
        keys,
        preview,
        trouble: refused.map(|refusal| visit.told(refusal)),
        token: visit.form_token(&fields),
        image,
        fields,
    }))
}

async fn image(visit: &Visit, id: &str) -> Result<Option<Image>, Refusal> {
    let Some(found) = found(visit, id).await? else { return Ok(None) };
    let names = KeyNames::of(visit, &visit.region, key_ids(std::slice::from_ref(&found))).await;
    Ok(Some(Image::read(&found, &names, visit.language)))
}

fn destination<'a>(visit: &'a Visit, fields: &'a Fields) -> &'a str {
    match fields.get("DestinationRegionId") {
        "" => &visit.region,
        region => region,
    }
}

/// What of the form counts: the key of all disks and how it is replaced do so with the tick only, because they are out of sight without it.
fn counting(fields: &Fields) -> Fields {
    let mut counting = fields.clone();
    if !fields.is_on("Encrypted") {
        counting.clear("KMSKeyId");
        counting.clear("RekeyMode");
    }
    counting
}

/// `disks`: the parameters of single disks.
fn parameters<'a>(id: &'a str, fields: &'a Fields, disks: &'a [(String, String)]) -> Vec<(&'a str, &'a str)> {
    let mut parameters = fields.given(&PARAMETERS);
    parameters.extend(disks.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    parameters.push(("ImageId", id));
    parameters
}

/// The form as it is first shown.
fn filled_in(image: &Image, region: &str, texts: &CopyTexts) -> Fields {
    let cut = |text: String, max| text.chars().take(max).collect::<String>();
    let name = fill(texts.name_of, &[&cut(image.title().to_owned(), NAME_CHARS_MAX - "-copy".len())]);
    let facts = fill(texts.description_of, &[&image.title(), &image.id, &region, &image.system, &image.all_gib()]);
    let encrypted = if image.is_encrypted() { "true" } else { "" };
    Fields::from_iter([
        ("DestinationImageName", name),
        ("DestinationDescription", cut(facts, DESCRIPTION_CHARS_MAX)),
        ("Encrypted", encrypted.to_owned()),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::image::tests::answered;
    use super::*;
    use crate::language::Language;

    /// What is out of sight without the tick is neither sent nor told; a key of one disk is in sight, and always counts.
    #[test]
    fn without_the_tick_only_keys_of_single_disks_count() {
        let typed = |encrypted: &str| {
            let names = ["KMSKeyId", "RekeyMode", "DiskDeviceMapping.2.Device", "DiskDeviceMapping.2.KMSKeyId"];
            let typed = names.map(|name| (name, name.to_lowercase())).into_iter();
            counting(&Fields::from_iter(typed.chain([("Encrypted", encrypted.to_owned())])))
        };
        let (with, without) = (typed("true"), typed(""));
        assert_eq!((with.get("KMSKeyId"), with.get("RekeyMode")), ("kmskeyid", "rekeymode"));
        assert_eq!((without.get("KMSKeyId"), without.get("RekeyMode")), ("", ""));
        for fields in [with, without] {
            assert_eq!(disk_keys::chosen(&fields).len(), 1, "{fields:?}");
        }
    }

    /// The description says what the source is, and names that are as long as can be stay names.
    #[test]
    fn the_form_begins_with_the_facts_of_the_source() {
        let mut found = answered();
        found["ImageName"] = "n".repeat(128).into();
        let image = Image::read(&found, &KeyNames::default(), Language::English);
        let fields = filled_in(&image, "cn-a", CopyTexts::of(Language::English));
        let (name, description) = (fields.get("DestinationImageName"), fields.get("DestinationDescription"));
        assert!(name.len() == 128 && name.ends_with("n-copy"), "{name}");
        assert!(description.ends_with("(m-1, cn-a): Debian, x86_64, UEFI, 42 GiB"), "{description}");
        assert!(fields.is_on("Encrypted"), "one of its disks is encrypted");
    }
}
