//! The first page: what there is, what is going on, and what needs attention.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::calls::{Product, Refusal};
use crate::language::{fill, texts};
use crate::pages::own_keys::described;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Time, number, text};
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
        key_expires: "The material of key {} expires soon. Images under it do not open from then on. Time:" | "密钥 {} 的密钥材料即将过期，届时用其加密的镜像将无法打开。过期时间：";
        key_pending: "Key {} will be deleted. What was encrypted under it is lost then. Time:" | "密钥 {} 将被删除，届时用其加密的数据将无法恢复。删除时间：";
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
    keys: Option<(u64, u64)>,
    progress: Option<Progress>,
    warnings: Vec<Warning>,
    /// Why parts are left out.
    missing: Vec<Trouble>,
}

/// What should be known of a key before it is too late.
#[derive(Debug, PartialEq, Eq)]
struct Warning {
    words: String,
    /// When it happens; empty if it is so already.
    at: Time,
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
    let refusals = [images.as_ref().err(), instances.as_ref().err(), keys.as_ref().err()].into_iter().flatten();
    let missing = refusals.map(|refusal| Trouble::new(refusal, visit.language)).collect();
    let (keys, warnings) = keys.ok().unzip();
    Overview {
        shell: visit.shell(Section::Overview),
        texts,
        missing,
        warnings: warnings.unwrap_or_default(),
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

/// Those that may need attention: no key is in both lists.
const DOUBTFUL: [&str; 2] = [
    r#"[{"Key":"CreatorType","Values":["User"]},{"Key":"KeyState","Values":["PendingDeletion","PendingImport"]}]"#,
    r#"[{"Key":"CreatorType","Values":["User"]},{"Key":"Origin","Values":["EXTERNAL"]},{"Key":"KeyState","Values":["Enabled","Disabled"]}]"#,
];

/// Material that expires later is no news yet.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The user's keys of the region, all and usable ones, and what to know of them.
async fn own_keys(visit: &Visit) -> Result<((u64, u64), Vec<Warning>), Refusal> {
    let counts = (key_count(visit, OWN).await?, key_count(visit, USABLE).await?);
    let (texts, now) = (OverviewTexts::of(visit.language), visit.shared.clock.now());
    let mut doubtful = Vec::new();
    for filters in DOUBTFUL {
        doubtful.extend(visit.all(Product::Kms, "ListKeys", &[("Filters", filters)], ("Keys", "Key")).await?);
    }
    let known = described(visit, &visit.region, &doubtful).await;
    let warnings = known.iter().filter_map(|(_, key)| warning(key.as_ref()?, now, texts)).collect();
    Ok((counts, warnings))
}

async fn key_count(visit: &Visit, filters: &str) -> Result<u64, Refusal> {
    let answer = visit.call(Product::Kms, "ListKeys", &[("Filters", filters), ("PageSize", "1")]).await?;
    Ok(number(&answer, "TotalCount"))
}

/// What `KeyMetadata` says that should be known at the time `now`.
fn warning(key: &Value, now: Timestamp, texts: &OverviewTexts) -> Option<Warning> {
    let warning = |words, at| Some(Warning { words: fill(words, &[&text(key, "KeyId")]), at });
    let expires = Time::of(key, "MaterialExpireTime");
    let is_soon = |at: &Time| at.at.parse::<Timestamp>().is_ok_and(|at| at.duration_since(now) <= EXPIRES_SOON);
    match key["KeyState"].as_str() {
        Some("PendingDeletion") => warning(texts.key_pending, Time::of(key, "DeleteDate")),
        Some("PendingImport") => warning(texts.key_no_material, Time::default()),
        _ if is_soon(&expires) => warning(texts.key_expires, expires),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::language::Language;

    /// A key warns of what is near: of its deletion, of material that is gone or soon will be, and of nothing else.
    #[test]
    fn keys_warn_in_time() {
        let texts = OverviewTexts::of(Language::English);
        let now = "2026-11-28T10:00:00Z".parse().unwrap();
        for (state, expires, deleted, wanted) in [
            ("Enabled", "", "", None),
            ("Enabled", "2026-12-28T10:00:00Z", "", Some((texts.key_expires, "2026-12-28T10:00:00Z"))),
            ("Disabled", "2026-11-28T09:00:00Z", "", Some((texts.key_expires, "2026-11-28T09:00:00Z"))),
            ("Enabled", "2026-12-28T10:00:01Z", "", None),
            ("PendingDeletion", "", "2027-11-28T10:00:00Z", Some((texts.key_pending, "2027-11-28T10:00:00Z"))),
            ("PendingImport", "", "", Some((texts.key_no_material, ""))),
        ] {
            let key = json!({ "KeyId": "k", "KeyState": state, "MaterialExpireTime": expires, "DeleteDate": deleted });
            let found = warning(&key, now, texts).map(|warning| (warning.words, warning.at.at));
            assert_eq!(found, wanted.map(|(words, at): (&str, &str)| (fill(words, &[&"k"]), at.to_owned())), "{key}");
        }
    }
}
