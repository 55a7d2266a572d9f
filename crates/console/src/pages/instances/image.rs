//! An image of an instance.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use super::Of;
use super::instance::{Instance, instance_of};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::text;
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the form.
    ImageTexts {
        instances: "Instances" | "实例";
        title: "Create an image of the instance" | "用实例创建自定义镜像";
        about: "All disks of the instance become an image. Encrypted disks stay under their keys. The instance is not started until the image is made." | "实例的所有磁盘将制作成镜像，加密磁盘保持原密钥加密。制作完成之前实例不能启动。";
        name: "Image name" | "镜像名称";
        name_hint: "2 to 128 characters, a letter first. Without a name it goes by its ID." | "2–128 个字符，以字母或中文开头；留空则使用镜像 ID。";
        description: "Description" | "描述";
        create: "Create the image" | "创建镜像";
        back: "Cancel" | "取消";
    }
}

#[derive(Template)]
#[template(path = "instances/image.html")]
struct MakeImage {
    shell: Shell,
    texts: &'static ImageTexts,
    trouble: Option<Trouble>,
    instance: Instance,
    fields: Fields,
    token: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/instances/{id}/image", get(form).post(make))
}

async fn form(visit: Visit, Path(of): Path<Of>) -> Response {
    shown(&visit, &of.id, Fields::default(), None).await
}

async fn make(Path(of): Path<Of>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let given = fields.given(&["ImageName", "Description", "ClientToken"]);
    let parameters = [&[("InstanceId", of.id.as_str())], &*given].concat();
    match visit.call(Product::Ecs, "CreateImage", &parameters).await {
        Ok(answer) => visit.go(format!("images/{}", text(&answer, "ImageId"))),
        Err(refusal) => shown(&visit, &of.id, fields, Some(&refusal)).await,
    }
}

async fn shown(visit: &Visit, id: &str, fields: Fields, refusal: Option<&Refusal>) -> Response {
    let page = instance_of(visit, id).await.map(|instance| {
        instance.map(|instance| MakeImage {
            shell: visit.shell(Section::Instances),
            texts: ImageTexts::of(visit.language),
            trouble: refusal.map(|refusal| visit.told(refusal)),
            instance,
            token: visit.form_token(&fields),
            fields,
        })
    });
    visit.answer_found(Section::Instances, page, refusal)
}
