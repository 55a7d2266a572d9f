//! The first page: what there is, what is going on, and what needs attention.

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
use crate::shown::{number, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

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
        key_expires: "The material of key {} expires at {}." | "密钥 {} 的密钥材料将于 {} 过期。";
        key_pending: "Key {} will be deleted at {}. What was encrypted under it is lost then." | "密钥 {} 将于 {} 删除，届时用其加密的数据将无法恢复。";
        key_no_material: "Key {} has no material: images under it do not open until it is imported again." | "密钥 {} 没有密钥材料：重新导入之前，用其加密的镜像无法打开。";
    }
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    shell: Shell,
    texts: &'static OverviewTexts,
    /// All, and those that are encrypted.
    images: Option<(usize, usize)>,
    /// All, and those that run.
    instances: Option<(usize, usize)>,
    /// All, and those that can be used.
    keys: Option<(usize, usize)>,
    progress: Option<Progress>,
    warnings: Vec<String>,
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
    /// Id, name, percent.
    copies: Vec<(String, String, u64)>,
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
    let texts = OverviewTexts::of(visit.language);
    let images = visit.all(Product::Ecs, "DescribeImages", &[("Status", "Available")], ("Images", "Image")).await;
    let instances = visit.all(Product::Ecs, "DescribeInstances", &[], ("Instances", "Instance")).await;
    let keys = own_keys(visit).await;
    let refusals = [&images, &instances, &keys].into_iter().filter_map(|part| part.as_ref().err());
    Overview {
        shell: visit.shell(Section::Overview),
        texts,
        missing: refusals.map(|refusal| Trouble::new(refusal, visit.language)).collect(),
        warnings: keys.iter().flatten().filter_map(|key| warning(key, texts)).collect(),
        images: count(images, |image| image["Reseal"]["Encrypted"] == true),
        instances: count(instances, |instance| instance["Status"] == "Running"),
        keys: count(keys, |key| key["KeyState"] == "Enabled"),
        progress: being_made(visit).await.ok(),
    }
}

/// How many there are, and how many of these are so.
fn count(found: Result<Vec<Value>, Refusal>, is_so: impl Fn(&Value) -> bool) -> Option<(usize, usize)> {
    let found = found.ok()?;
    Some((found.len(), found.iter().filter(|one| is_so(one)).count()))
}

async fn being_made(visit: &Visit) -> Result<Progress, Refusal> {
    let making = [("Status", "Creating,Waiting")];
    let images = visit.all(Product::Ecs, "DescribeImages", &making, ("Images", "Image")).await?;
    let copy = |image: &Value| (text(image, "ImageId"), text(image, "ImageName"), number(image, "Progress"));
    Ok(Progress {
        texts: OverviewTexts::of(visit.language),
        address: visit.path("overview/progress"),
        region: visit.region.clone(),
        copies: images.iter().map(copy).collect(),
    })
}

/// Keys that people made, and none of a service.
const OWN: &str = r#"[{"Key":"CreatorType","Values":["User"]}]"#;

/// The user's keys of the region with their facts.
async fn own_keys(visit: &Visit) -> Result<Vec<Value>, Refusal> {
    let mut keys = Vec::new();
    for key in visit.all(Product::Kms, "ListKeys", &[("Filters", OWN)], ("Keys", "Key")).await? {
        let answer = visit.call(Product::Kms, "DescribeKey", &[("KeyId", &text(&key, "KeyId"))]).await?;
        keys.push(answer["KeyMetadata"].clone());
    }
    Ok(keys)
}

/// What should be known of a key before it is too late.
fn warning(key: &Value, texts: &OverviewTexts) -> Option<String> {
    let (id, expires, deleted) = (text(key, "KeyId"), text(key, "MaterialExpireTime"), text(key, "DeleteDate"));
    match key["KeyState"].as_str() {
        Some("PendingDeletion") => Some(fill(texts.key_pending, &[&id, &deleted])),
        Some("PendingImport") => Some(fill(texts.key_no_material, &[&id])),
        _ if !expires.is_empty() => Some(fill(texts.key_expires, &[&id, &expires])),
        _ => None,
    }
}
