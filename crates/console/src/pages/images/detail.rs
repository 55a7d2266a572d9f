//! One image: its disks, how it was made, and what can be done with it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use super::image::Image;
use super::{Of, found, key_ids};
use crate::calls::{Product, Refusal};
use crate::form::Fields;
use crate::language::{Language, texts};
use crate::pages::own_keys::KeyNames;
use crate::pages::tasks::{self, TaskTable};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Time, list, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of an image's page.
    DetailTexts {
        images: "Images" | "镜像";
        copy: "Copy image" | "复制镜像";
        run: "Run an instance" | "创建实例";
        export: "Export" | "导出";
        delete: "Delete" | "删除";
        cancel: "Cancel" | "取消";
        facts: "Details" | "基本信息";
        progress: "Progress" | "进度";
        description: "Description" | "描述";
        family: "Family" | "镜像族系";
        system: "Operating system" | "操作系统";
        size: "Size, each disk rounded up" | "容量（每块磁盘向上取整）";
        encryption: "Encryption" | "加密";
        source: "Source" | "来源";
        created: "Created" | "创建时间";
        used: "In use" | "使用情况";
        is_used: "By instances" | "有实例正在使用";
        is_unused: "By no instance" | "没有实例使用";
        failure: "It could not be made" | "创建失败";
        failure_remedy: "Delete it, mend what is said here, and start again." | "请删除此镜像，解决上述问题后重试。";
        disks: "Disks" | "磁盘";
        device: "Device" | "设备";
        disk_size: "Size" | "容量";
        format: "Format" | "格式";
        snapshot: "Snapshot" | "快照";
        key: "Key and key version" | "密钥与密钥版本";
        made: "How it was made" | "制作方式";
        verified: "Verified" | "校验时间";
        not_verified: "Not compared" | "未校验";
        verified_hint: "Verified: the disk was opened with its key and compared with its source, byte by byte, before the image became available." | "校验：镜像可用之前，已用密钥打开该磁盘并与源磁盘逐字节比对。";
        plain: "Not encrypted" | "未加密";
        edit: "Name and description" | "名称与描述";
        name: "Name" | "名称";
        edit_hint: "A field that is left empty stays as it is." | "留空的字段保持不变。";
        save: "Save" | "保存";
        tags: "Tags" | "标签";
        no_tags: "No tags." | "没有标签。";
        tag_key: "Tag key" | "标签键";
        tag_value: "Tag value" | "标签值";
        add_tag: "Add tag" | "添加标签";
        remove: "Remove" | "移除";
        sharing: "Sharing" | "共享";
        not_shared: "Shared with nobody." | "未共享给任何账号。";
        no_share: "An encrypted image is not shared: another account could not use its key." | "加密镜像不支持共享：其他账号无法使用其密钥。";
        account: "Account ID" | "账号 ID";
        since: "Since" | "共享时间";
        share: "Share" | "共享";
        tasks: "Tasks" | "任务";
        all_tasks: "All tasks of this image" | "此镜像的全部任务";
        no_tasks: "No tasks." | "没有任务。";
        gone: "This image is gone: it was cancelled or deleted." | "此镜像已被取消或删除。";
        of_other: "This image belongs to another account. Copy it to have one of your own." | "此镜像属于其他账号。复制后即可获得自己的镜像。";
    }
}

#[derive(Template)]
#[template(path = "images/detail.html")]
struct Detail {
    shell: Shell,
    texts: &'static DetailTexts,
    live: Live,
    failed: Option<Failed>,
    shares: Result<Vec<Share>, Trouble>,
    tasks: Result<TaskTable, Trouble>,
}

/// The part that changes while the image is made.
#[derive(Template)]
#[template(path = "images/live.html")]
struct Live {
    shell: Shell,
    texts: &'static DetailTexts,
    image: Image,
    address: String,
}

/// What is left in its place when the image is gone.
#[derive(Template)]
#[template(path = "images/gone.html")]
struct Gone {
    texts: &'static DetailTexts,
    address: String,
}

/// A form of the page that was refused: shown again with what was typed.
pub(super) struct Failed {
    /// Which form: `edit`, `tags`, `sharing`, `cancel`.
    at: &'static str,
    fields: Fields,
    trouble: Trouble,
    status: StatusCode,
}

impl Failed {
    pub(super) fn new(at: &'static str, fields: Fields, refusal: &Refusal, language: Language) -> Self {
        Self { at, fields, trouble: Trouble::new(refusal, language), status: refusal.http_status() }
    }
}

/// Another account that may use the image.
struct Share {
    account: String,
    since: Time,
}

impl Detail {
    /// The refusal of a form, if it is this one's.
    fn trouble_at(&self, form: &str) -> Option<&Trouble> {
        self.failed.as_ref().filter(|failed| failed.at == form).map(|failed| &failed.trouble)
    }

    /// What was typed into a form that was refused, else `stored`.
    fn typed<'a>(&'a self, form: &str, name: &str, stored: &'a str) -> &'a str {
        match &self.failed {
            Some(failed) if failed.at == form => failed.fields.get(name),
            _ => stored,
        }
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/images/{id}", get(detail))
        .route("/images/{id}/live", get(live))
        .route("/images/{id}/tasks", get(rows))
}

async fn detail(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    show(&visit, &id, None).await
}

async fn live(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    match found(&visit, &id).await {
        Ok(Some(found)) => rendered(StatusCode::OK, &live_part(&visit, &found).await),
        Ok(None) => {
            let texts = DetailTexts::of(visit.language);
            rendered(StatusCode::OK, &Gone { texts, address: visit.path("images") })
        }
        Err(refusal) => visit.trouble(Section::Images, &refusal),
    }
}

/// The tasks of an image, as they are now.
async fn rows(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    let page = tasks::of_image(&visit, &id).await;
    visit.show(Section::Images, page)
}

/// The page of an image; `failed`: a form of it that was refused.
pub(super) async fn show(visit: &Visit, id: &str, failed: Option<Failed>) -> Response {
    let found = match found(visit, id).await {
        Ok(Some(found)) => found,
        Ok(None) => return visit.not_found(),
        Err(refusal) => return visit.trouble(Section::Images, &refusal),
    };
    let of_image = async {
        let live = live_part(visit, &found).await;
        (shares(visit, &live.image).await, live)
    };
    let ((shares, live), tasks) = tokio::join!(of_image, tasks::of_image(visit, id));
    let refused = |refusal| visit.told(&refusal);
    let page = Detail {
        shell: visit.shell(Section::Images),
        texts: DetailTexts::of(visit.language),
        shares: shares.map_err(refused),
        tasks: tasks.map_err(refused),
        live,
        failed,
    };
    let status = page.failed.as_ref().map_or(StatusCode::OK, |failed| failed.status);
    rendered(status, &page)
}

async fn live_part(visit: &Visit, found: &Value) -> Live {
    let mut image = Image::read(found, &KeyNames::default(), visit.language);
    // Names of keys cost a call of KMS, and an image that is being made is looked at every second.
    if image.is_encrypted() && !image.moves() {
        let names = KeyNames::of(visit, &visit.region, key_ids(std::slice::from_ref(found))).await;
        image = Image::read(found, &names, visit.language);
    }
    let address = visit.path(format!("images/{}/live", image.id));
    Live {
        shell: visit.shell(Section::Images),
        texts: DetailTexts::of(visit.language),
        address: if image.moves() { address } else { String::new() },
        image,
    }
}

/// With whom an image is shared; an encrypted one with nobody.
async fn shares(visit: &Visit, image: &Image) -> Result<Vec<Share>, Refusal> {
    if !image.is_own || image.is_encrypted() {
        return Ok(Vec::new());
    }
    // With fifty at most.
    let of = [("ImageId", image.id.as_str()), ("PageSize", "100")];
    let answer = visit.call(Product::Ecs, "DescribeImageSharePermission", &of).await?;
    let share = |share: &Value| Share { account: text(share, "AliyunId"), since: Time::of(share, "SharedTime") };
    Ok(list(&answer, "Accounts", "Account").iter().map(share).collect())
}

#[cfg(test)]
mod tests {
    use super::super::image::tests::answered;
    use super::*;

    /// Names, tags and reasons with markup are text on the page, in both languages.
    #[test]
    fn markup_is_shown_as_text() {
        for language in [Language::English, Language::Chinese] {
            let mut image = answered();
            let markup = "<script>alert(1)</script>";
            image["Description"] = markup.into();
            image["ImageName"] = markup.into();
            image["Reseal"]["Failure"] = markup.into();
            image["Status"] = "CreateFailed".into();
            image["DiskDeviceMappings"]["DiskDeviceMapping"][0]["ImportOSSObject"] = markup.into();
            let image = Image::read(&image, &KeyNames::default(), language);
            let shell = Shell::sample(language);
            let html =
                Live { shell, texts: DetailTexts::of(language), image, address: String::new() }.render().unwrap();
            assert!(!html.contains("<script"), "{html}");
            assert!(html.matches("&#60;script").count() >= 3, "{html}");
        }
    }
}
