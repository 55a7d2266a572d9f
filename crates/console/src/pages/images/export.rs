//! Exporting a plain image to a bucket.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use super::image::Image;
use super::{Of, found};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::once::{Made, Unmade};
use crate::pages::own_keys::KeyNames;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Options, choices, text};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the form.
    ExportTexts {
        title: "Export image" | "导出镜像";
        images: "Images" | "镜像";
        about: "Writes each disk of the image to a bucket, as a file that other programs read. The files are not encrypted." | "将镜像的每块磁盘写入存储空间，导出的文件可供其他程序读取，且不加密。";
        encrypted: "An encrypted image is not exported: its data would leave the protection of its key." | "加密镜像不支持导出：数据会失去密钥的保护。";
        bucket: "Bucket" | "存储空间（Bucket）";
        bucket_hint: "A name that the operator set up for exports: serve --export-directory NAME=DIR, or [export_bucket.NAME] of server.toml." | "由管理员为导出配置的名称：serve --export-directory NAME=DIR，或 server.toml 中的 [export_bucket.NAME]。";
        prefix: "Prefix of the files' names" | "文件名前缀";
        prefix_hint: "Up to 30 letters and digits; may be left empty." | "最多 30 个字母或数字，可留空。";
        format: "Format" | "格式";
        export: "Export" | "导出";
        back: "Cancel" | "取消";
    }
}

/// Formats that are written, each with its name.
const FORMATS: [(&str, &str); 3] = [("qcow2", "QCOW2"), ("raw", "RAW"), ("vhd", "VHD")];

#[derive(Template)]
#[template(path = "images/export.html")]
struct Export {
    shell: Shell,
    texts: &'static ExportTexts,
    image: Image,
    formats: Options,
    fields: Fields,
    token: String,
    trouble: Option<Trouble>,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/images/{id}/export", get(form).post(export))
}

async fn form(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    show(&visit, &id, Fields::default(), None).await
}

async fn export(Path(Of { id }): Path<Of>, Posted { visit, fields }: Posted) -> Response {
    let given = fields.given(&["OSSBucket", "OSSPrefix", "ImageFormat"]);
    let parameters = [&[("ImageId", id.as_str())], &given[..]].concat();
    let make = async {
        let answer = visit.call(Product::Ecs, "ExportImage", &parameters).await?;
        Ok(Made::plain(text(&answer, "TaskId")))
    };
    match visit.once(&fields, make).await {
        Ok(made) => visit.go(format!("tasks/{}", made.name)),
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => show(&visit, &id, fields, Some(refusal)).await,
    }
}

async fn show(visit: &Visit, id: &str, fields: Fields, refused: Option<Refusal>) -> Response {
    let page = found(visit, id).await.map(|found| {
        found.map(|found| Export {
            shell: visit.shell(Section::Images),
            texts: ExportTexts::of(visit.language),
            image: Image::read(&found, &KeyNames::default(), visit.language),
            formats: choices(FORMATS, fields.get("ImageFormat")),
            token: visit.form_token(&fields),
            fields,
            trouble: refused.as_ref().map(|refusal| visit.told(refusal)),
        })
    });
    visit.answer_found(Section::Images, page, refused.as_ref())
}
