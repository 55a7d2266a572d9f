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
use crate::language::texts;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{number, text};
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
    let root_key = warnings::of_root_key(visit).await;
    let refusals = [images.as_ref().err(), instances.as_ref().err(), keys.as_ref().err(), root_key.as_ref().err()];
    let missing = refusals.into_iter().flatten().map(|refusal| Trouble::new(refusal, visit.language)).collect();
    let (keys, of_keys) = keys.ok().unzip();
    Overview {
        shell: visit.shell(Section::Overview),
        texts,
        missing,
        warnings: root_key.ok().flatten().into_iter().chain(of_keys.unwrap_or_default()).collect(),
        images: count(images, |image| image["Reseal"]["Encrypted"] == true),
        instances: count(instances, |instance| instance["Status"] == "Running"),
        keys,
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

/// Those of them that can be used.
const USABLE: &str = r#"[{"Key":"CreatorType","Values":["User"]},{"Key":"KeyState","Values":["Enabled"]}]"#;

/// The user's keys of the region, all and usable ones, and what to know of them.
async fn own_keys(visit: &Visit) -> Result<((u64, u64), Vec<Warning>), Refusal> {
    let counts = (key_count(visit, OWN).await?, key_count(visit, USABLE).await?);
    Ok((counts, warnings::of_keys(visit).await?))
}

async fn key_count(visit: &Visit, filters: &str) -> Result<u64, Refusal> {
    let answer = visit.call(Product::Kms, "ListKeys", &[("Filters", filters), ("PageSize", "1")]).await?;
    Ok(number(&answer, "TotalCount"))
}
