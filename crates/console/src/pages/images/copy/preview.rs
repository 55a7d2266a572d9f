//! What the copy dialog as it stands would do, by a dry run.

use askama::Template;

use super::super::image::Image;
use super::checks::{Check, checks, refusals};
use super::key_choice::KeyChoice;
use super::outcome::{OutcomeTexts, Wish, sentences};
use super::{counting, destination, disk_keys, parameters};
use crate::calls::Product;
use crate::form::Fields;
use crate::language::{fill, texts};
use crate::pages::own_keys::KeyNames;
use crate::trouble::Trouble;
use crate::visit::{Visit, form_urlencoded};

texts! {
    /// Texts of the preview.
    PreviewTexts {
        cannot: "It cannot be copied like this:" | "无法按此设置复制：";
        checks: "All checks" | "全部检查项";
        too_large: "An image of this size needs an approved ticket." | "此大小的镜像需要先通过工单申请。";
        ticket: "Ask for a larger limit" | "提交工单申请提高上限";
        reason: "Copy of image {} ({}), {} GiB, from {} to {}." | "将镜像 {}（{}，{} GiB）从 {} 复制到 {}。";
    }
}

/// Code for an image that is larger than the account may copy.
const TOO_LARGE: &str = "SizeExceed.Image";

/// The preview, as a part of the dialog.
#[derive(Template)]
#[template(path = "images/copy_preview.html")]
pub(super) struct Preview {
    texts: &'static PreviewTexts,
    /// What will happen; empty if it is refused.
    happens: Vec<String>,
    refusals: Vec<Trouble>,
    checks: Vec<Check>,
    /// Address of the ticket form, filled in, for an image that is too large.
    ticket: String,
    /// The keys of another destination, where they are to be shown now.
    pub(super) keys: Option<KeyChoice>,
}

impl Preview {
    pub(super) async fn of(visit: &Visit, image: &Image, fields: &Fields) -> Self {
        let texts = PreviewTexts::of(visit.language);
        let (fields, disks) = (&counting(fields), disk_keys::parameters(fields));
        let mut parameters = parameters(&image.id, fields, &disks);
        parameters.push(("DryRun", "true"));
        let (refusals, checks) = match visit.call(Product::Ecs, "CopyImage", &parameters).await {
            // A dry run is always answered with a refusal, also when it passes.
            Ok(_) => (Vec::new(), Vec::new()),
            Err(answer) => (refusals(&answer, visit.language), checks(&answer, visit.language)),
        };
        let is_too_large = refusals.iter().any(|trouble| trouble.code == TOO_LARGE);
        let (region, listed) = (destination(visit, fields), disk_keys::chosen(fields));
        let named = listed.iter().map(|(_, key)| *key).chain([fields.get("KMSKeyId")]);
        let names = KeyNames::of(visit, region, named.map(str::to_owned)).await;
        let wish = Wish {
            encrypt: fields.is_on("Encrypted"),
            key: names.name(fields.get("KMSKeyId")),
            rewrap: fields.get("RekeyMode") == "Rewrap",
            to: (region != visit.region).then_some(region),
        };
        let listed: Vec<_> = listed.into_iter().map(|(device, key)| (device, names.name(key))).collect();
        let happens = sentences(image, &wish, &listed, OutcomeTexts::of(visit.language));
        Self {
            texts,
            happens: if refusals.is_empty() { happens } else { Vec::new() },
            refusals,
            checks,
            ticket: if is_too_large { ticket(image, &visit.region, region, texts) } else { String::new() },
            keys: None,
        }
    }
}

/// Address of the ticket form of the destination, which is where the limit counts.
fn ticket(image: &Image, from: &str, to: &str, texts: &PreviewTexts) -> String {
    let size = image.all_gib().to_string();
    let reason = fill(texts.reason, &[&image.title(), &image.id, &size, &from, &to]);
    format!("/console/{to}/tickets/create?{}", form_urlencoded(&[("Size", &size), ("Reason", &reason)]))
}
