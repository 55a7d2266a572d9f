//! The first page: what there is, what is going on, and what needs attention.

mod warnings;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use crate::calls::{Product, Refusal};
use crate::language::{fill, texts};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{list, number, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};
use warnings::Warning;

texts! {
    /// Texts of the overview.
    OverviewTexts {
        title: "Overview" | "概览";
        images: "Images" | "镜像";
        encrypted: "encrypted" | "已加密";
        instances: "Instances" | "实例";
        running: "running" | "运行中";
        keys: "Own keys" | "自有密钥";
        usable: "usable" | "可用";
        in_progress: "In progress" | "进行中";
        nothing_in_progress: "Nothing is being made in this region." | "本地域没有正在进行的操作。";
        attention: "Needs attention" | "需要关注";
        nothing_wrong: "Nothing needs attention." | "没有需要关注的事项。";
        first_steps: "First steps" | "开始使用";
        first_import: "Import a disk image" | "导入磁盘镜像";
        first_key: "Create a key, or use the service key" | "创建密钥，或使用服务密钥";
        first_copy: "Copy the image and encrypt it" | "复制镜像并加密";
        name: "Name" | "名称";
        progress: "Progress" | "进度";
        more: "and {} more" | "另有 {} 个";
    }
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    shell: Shell,
    texts: &'static OverviewTexts,
    /// All, and those that are encrypted.
    images: Option<(u64, u64)>,
    /// All, and those that run.
    instances: Option<(u64, u64)>,
    /// All, and those that can be used.
    keys: Option<(u64, u64)>,
    progress: Option<Progress>,
    warnings: Vec<Warning>,
    /// Why parts are left out.
    missing: Vec<Trouble>,
}

/// What is being made, as a part of the page that renews itself.
#[derive(Template)]
#[template(path = "overview_progress.html")]
struct Progress {
    texts: &'static OverviewTexts,
    address: String,
    region: String,
    /// Id, name, percent: of the newest.
    copies: Vec<(String, String, u64)>,
    /// How many more there are, in words.
    more: Option<String>,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/overview", get(overview)).route("/overview/progress", get(progress))
}

async fn overview(visit: Visit) -> Response {
    rendered(StatusCode::OK, &look(&visit).await)
}

async fn progress(visit: Visit) -> Response {
    let page = being_made(&visit).await;
    visit.show(Section::Overview, page)
}

/// A part that is refused is left out, and the page says why: nobody has to have every right to see the others.
async fn look(visit: &Visit) -> Overview {
    let images = counts(visit, (Product::Ecs, "DescribeImages"), IMAGES);
    let instances = counts(visit, (Product::Ecs, "DescribeInstances"), INSTANCES);
    let keys = counts(visit, (Product::Kms, "ListKeys"), KEYS);
    let (of_keys, of_root_key) = (warnings::of_keys(visit), warnings::of_root_key(visit));
    // At once: each call is written down before it is answered, and what is written down together costs one flush.
    let (images, instances, keys, of_keys, of_root_key, progress) =
        tokio::join!(images, instances, keys, of_keys, of_root_key, being_made(visit));
    let keys = keys.and_then(|keys| Ok((keys, of_keys?)));
    let refusals = [images.as_ref().err(), instances.as_ref().err(), keys.as_ref().err(), of_root_key.as_ref().err()];
    let missing = refusals.into_iter().flatten().map(|refusal| visit.told(refusal)).collect();
    let (keys, of_keys) = keys.ok().unzip();
    Overview {
        shell: visit.shell(Section::Overview),
        texts: OverviewTexts::of(visit.language),
        missing,
        warnings: of_root_key.ok().flatten().into_iter().chain(of_keys.unwrap_or_default()).collect(),
        images: images.ok(),
        instances: instances.ok(),
        keys,
        progress: progress.ok(),
    }
}

/// Filters that say which are counted: all, and those that the figure tells apart.
type Counted = [&'static [(&'static str, &'static str)]; 2];

const IMAGES: Counted = [&[("Status", "Available")], &[("Status", "Available"), ("Encrypted", "true")]];
const INSTANCES: Counted = [&[], &[("Status", "Running")]];
/// Keys that people made, and none of a service.
const KEYS: Counted = [
    &[("Filters", r#"[{"Key":"CreatorType","Values":["User"]}]"#)],
    &[("Filters", r#"[{"Key":"CreatorType","Values":["User"]},{"Key":"KeyState","Values":["Enabled"]}]"#)],
];

async fn counts(
    visit: &Visit,
    (product, action): (Product, &'static str),
    [all, some]: Counted,
) -> Result<(u64, u64), Refusal> {
    let (all, some) = tokio::join!(visit.count(product, action, all), visit.count(product, action, some));
    Ok((all?, some?))
}

async fn being_made(visit: &Visit) -> Result<Progress, Refusal> {
    let texts = OverviewTexts::of(visit.language);
    let newest = [("Status", "Creating,Waiting"), ("PageSize", "20")];
    let answer = visit.call(Product::Ecs, "DescribeImages", &newest).await?;
    let images = list(&answer, "Images", "Image");
    let more = number(&answer, "TotalCount").saturating_sub(images.len() as u64);
    let copy = |image: &Value| (text(image, "ImageId"), text(image, "ImageName"), number(image, "Progress"));
    Ok(Progress {
        texts,
        address: visit.path("overview/progress"),
        region: visit.region.clone(),
        copies: images.iter().map(copy).collect(),
        more: (more > 0).then(|| fill(texts.more, &[&more])),
    })
}
